import type { Look } from '../checks.types.js';
import { grouped } from './grouped.rules.js';
import {
  readHolds,
  readPayments,
  readProvider,
  readPurchases,
  readTransfers,
  readWholeAccounts,
  type ObjectRow,
  type TransferRow,
} from './money-bundle.reads.js';
import type { IntentBundle, MoneyBundle, PaymentRow, Posting, Told } from './money-bundle.types.js';
import { keysOf, refundIdsOf } from './money-keys.rules.js';
import { lists } from './provider-pages.rules.js';

/** Reads all that is known of payments that belong to the run: the deals first, the ledger last. */
export async function readBundles(look: Look, ids: readonly string[]): Promise<MoneyBundle[]> {
  if (ids.length === 0) return [];
  const { main, payments: own, inventory, ledger } = look.read;
  const deals = await readPurchases(
    main,
    ids.flatMap((id) => uuidOf(id) ?? []),
  );
  const purchases = new Map(deals.map((deal) => [deal.id, deal]));
  const rows = await readPayments(
    own,
    ids,
    deals.flatMap(({ refunds }) => refunds),
  );
  const payments = rows.filter(({ id, createdAt }) => {
    const deal = purchases.get(id);
    return deal === undefined ? createdAt <= look.now : BigInt(deal.transactionId) < BigInt(look.cut.main.xmax);
  });
  const [holds, told, whole] = await Promise.all([
    readHolds(inventory, ids),
    readTold(look, payments),
    wholeFrom(look),
  ]);
  const intents = new Map(payments.map((payment) => [payment.id, intentsOf(payment, told)]));
  const named = payments.flatMap((payment) =>
    [payment.id, ...refundIdsOf(payment, intents.get(payment.id) ?? [])].map((reference) => ({
      title: payment.title,
      reference,
    })),
  );
  const keys = payments.flatMap((payment) =>
    keysOf(payment, intents.get(payment.id) ?? []).map((key) => ({ title: payment.title, key })),
  );
  const transfers = grouped(await readTransfers(ledger, named, keys), (one) => `${one.title} ${one.reference}`);
  const held = new Map(holds.map(({ id, state }) => [id, state]));
  return payments.map((payment) => {
    const its = intents.get(payment.id) ?? [];
    const booked = [payment.id, ...refundIdsOf(payment, its)].flatMap(
      (reference) => transfers.get(`${payment.title} ${reference}`) ?? [],
    );
    const from = whole.get(`${payment.title} ${payment.provider}`);
    return {
      payment,
      purchase: purchases.get(payment.id),
      intents: its,
      strays: straysOf(payment, its, told),
      postings: booked.flatMap((transfer) => postingsOf(transfer, `system:clearing:${payment.provider}`)),
      grantedAt: grantOf(payment.id, booked),
      hold: held.get(payment.id) ?? null,
      isRead: from !== undefined,
      isWhole: from !== undefined && from <= payment.createdAt.getTime(),
    };
  });
}

function uuidOf(id: string): string | undefined {
  return /^pur_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(id)?.[1];
}

/** From which moment on accounts were read whole in this run, by their names. */
async function wholeFrom({ read, run }: Look): Promise<Map<string, number>> {
  const rows = await readWholeAccounts(
    read.main,
    run.id,
    lists.map(({ name }) => name),
  );
  return new Map(rows.map(({ title, provider, from }) => [`${title} ${provider}`, from?.getTime() ?? 0]));
}

interface ToldRows {
  intents: (ObjectRow & { title: string; provider: string })[];
  about: Map<string, ObjectRow[]>;
}

async function readTold({ read }: Look, payments: readonly PaymentRow[]): Promise<ToldRows> {
  const asked = payments.map(({ id: name, title, provider }) => ({ title, provider, name }));
  const named = payments.flatMap(({ title, provider, reference, orphans }) =>
    [reference, ...orphans.map((one) => one.reference)].flatMap((name) =>
      name === null ? [] : [{ title, provider, name }],
    ),
  );
  const rows = await readProvider(read.main, asked, named);
  return {
    intents: rows.filter(({ kind }) => kind === 'payment_intent'),
    about: grouped(rows, ({ title, provider, about }) => `${title} ${provider} ${about}`),
  };
}

function intentsOf({ id, title, provider, reference, orphans }: PaymentRow, told: ToldRows): IntentBundle[] {
  const named = new Set([reference, ...orphans.map((one) => one.reference)]);
  return told.intents
    .filter((one) => one.title === title && one.provider === provider)
    .filter((one) => one.body['purchase'] === id || named.has(one.id))
    .map((one) => {
      const about = unique(told.about.get(`${title} ${provider} ${one.id}`) ?? []);
      const charges = ofKind(about, 'charge');
      return {
        intent: toldOf<'payment_intent'>(one),
        charges,
        refunds: ofKind(about, 'refund'),
        disputes: ofKind(about, 'dispute'),
        transactions: charges.flatMap((charge) =>
          ofKind(unique(told.about.get(`${title} ${provider} ${charge.id}`) ?? []), 'balance_transaction'),
        ),
      };
    });
}

/** What is about intents that are not told. */
function straysOf(
  { title, provider, reference, orphans }: PaymentRow,
  intents: readonly IntentBundle[],
  told: ToldRows,
): MoneyBundle['strays'] {
  const known = new Set(intents.map(({ intent }) => intent.id));
  const named = [reference, ...orphans.map((one) => one.reference)].filter((id) => id !== null && !known.has(id));
  const about = unique(named.flatMap((id) => told.about.get(`${title} ${provider} ${id}`) ?? []));
  return { refunds: ofKind(about, 'refund'), disputes: ofKind(about, 'dispute') };
}

function unique(rows: readonly ObjectRow[]): ObjectRow[] {
  return [...new Map(rows.map((row) => [`${row.kind} ${row.id}`, row])).values()];
}

function ofKind<Kind extends ObjectRow['kind']>(rows: readonly ObjectRow[], kind: Kind): Told<Kind>[] {
  return rows.filter((row) => row.kind === kind).map((row) => toldOf<Kind>(row));
}

/** A record as it is used. What was written by the import has this form. */
function toldOf<Kind extends ObjectRow['kind']>({ id, at, body }: ObjectRow): Told<Kind> {
  return { ...body, id, at } as unknown as Told<Kind>;
}

function postingsOf(transfer: TransferRow, clearing: string): Posting[] {
  const hasPlayer = transfer.entries.some(({ owner }) => owner.startsWith('player:'));
  const own = transfer.entries.filter(({ owner }) => owner === clearing);
  return [...grouped(own, ({ asset }) => asset)].map(([asset, entries]) => ({
    transfer: transfer.id,
    key: transfer.key,
    reason: transfer.reason,
    reference: transfer.reference,
    asset,
    amount: entries.reduce((sum, { amount }) => sum + BigInt(amount), 0n),
    at: transfer.at,
    hasPlayer,
  }));
}

function grantOf(id: string, booked: readonly TransferRow[]): Date | null {
  const grant = booked.find(
    ({ reference, reason, entries }) =>
      reference === id &&
      reason === 'exchange' &&
      entries.some(({ owner, amount }) => owner.startsWith('player:') && !amount.startsWith('-')),
  );
  return grant?.at ?? null;
}
