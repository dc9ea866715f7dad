import type { EntityManager } from 'typeorm';
import type { Refusal } from '../errors.js';
import { idPrefixes } from '../forms.js';
import { idOf, uuidOf } from '../ids.js';
import { outcomeKey } from './account-names.rules.js';
import { balancesAfter, type EntryBalance } from './books.rules.js';
import type { CancelElement, KeptOutcome, Posted, TransferLeg } from './ledger.types.js';

/**
 * The query for what is kept under these titles and keys, as storedOutcome reads it.
 * @param titles the parameter of the titles, for example `$1`
 * @param keys the parameter of the keys
 */
export function outcomeProbe(titles: string, keys: string): string {
  return `
    select o.* from unnest(${titles}::text[], ${keys}::text[]) as g(title, key) cross join lateral (
      select title, key, state, transfer_id as transfer, cause_code as code, cause_detail as detail,
        encode(fingerprint, 'hex') as fingerprint, xmin::text as kept_by
      from ledger.outcomes where title = g.title and key = g.key offset 0) o`;
}

/** A row of outcomes. */
export interface OutcomeRow {
  title: string;
  key: string;
  state: KeptOutcome['outcome'];
  transfer: string | null;
  code: string | null;
  detail: string | null;
  /** Hexadecimal. */
  fingerprint: string | null;
  /** The number of the transaction that has kept it. */
  kept_by: string;
}

/** What a row of outcomes says. */
export function storedOutcome(row: OutcomeRow): KeptOutcome & { fingerprint?: Buffer } {
  const fingerprint = row.fingerprint === null ? {} : { fingerprint: Buffer.from(row.fingerprint, 'hex') };
  if (row.state === 'posted')
    return { outcome: 'posted', transferId: idOf(idPrefixes.transfer, row.transfer ?? ''), ...fingerprint };
  const cause = { code: row.code ?? '', detail: row.detail ?? '' };
  if (row.state === 'cancelled') return { outcome: 'cancelled', cause, ...fingerprint };
  return { outcome: 'refused', cause: cause as Refusal, ...fingerprint };
}

/**
 * Keeps a cancellation under each key that nothing is kept under. Keys are inserted in ascending order; a transfer
 * that is about to keep one of them is waited for.
 */
export async function keepCancellations(tx: EntityManager, elements: readonly CancelElement[]): Promise<void> {
  await tx.query(
    `insert into ledger.outcomes (title, key, state, cause_code, cause_detail)
     select title, key, 'cancelled', code, detail
     from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as g(title, key, code, detail)
     order by title collate "C", key collate "C" on conflict do nothing`,
    [
      elements.map(({ title }) => title),
      elements.map(({ key }) => key),
      elements.map(({ cause }) => cause.code),
      elements.map(({ cause }) => cause.detail),
    ],
  );
}

/** What is kept under these keys, by outcomeKey. */
export async function readOutcomes(
  tx: EntityManager,
  elements: readonly { title: string; key: string }[],
): Promise<Map<string, KeptOutcome>> {
  const rows = await tx.query<OutcomeRow[]>(outcomeProbe('$1', '$2'), [
    elements.map(({ title }) => title),
    elements.map(({ key }) => key),
  ]);
  return new Map(
    rows.map((row) => {
      const { fingerprint: _, ...outcome } = storedOutcome(row);
      return [outcomeKey(row), outcome];
    }),
  );
}

interface PostedRow {
  transfer: string;
  sequence: string;
  created_at: Date;
  account_id: string;
  owner: string;
  asset: string;
  amount: string;
  posted: string;
  available: string;
}

/** What was told of these transfers (`trf_…`) when they were booked. */
export async function readPosted(tx: EntityManager, transfers: readonly string[]): Promise<Posted[]> {
  if (transfers.length === 0) return [];
  type Found = Omit<Posted, 'balances' | 'legs'> & { legs: TransferLeg[]; entries: EntryBalance[] };
  const found = new Map<string, Found>();
  const rows = await tx.query<PostedRow[]>(
    `select t.id as transfer, t.sequence, t.created_at, e.account_id, a.owner, a.asset, e.amount, e.posted, e.available
     from ledger.transfers t
     join ledger.entries e on e.sequence = t.sequence
     join ledger.accounts a on a.id = e.account_id
     where t.id = any($1::uuid[]) order by t.sequence, e.leg, e.amount > 0`,
    [transfers.map((transfer) => uuidOf(idPrefixes.transfer, transfer))],
  );
  for (const row of rows) {
    const transferId = idOf(idPrefixes.transfer, row.transfer);
    const transfer = found.get(transferId) ?? {
      transferId,
      sequence: BigInt(row.sequence),
      createdAt: row.created_at,
      legs: [],
      entries: [],
    };
    const account = { id: row.account_id, owner: row.owner, asset: row.asset };
    transfer.entries.push({ account, posted: BigInt(row.posted), available: BigInt(row.available) });
    const [amount, last] = [BigInt(row.amount), transfer.legs.at(-1)];
    if (amount < 0n) transfer.legs.push({ from: row.owner, to: row.owner, asset: row.asset, amount: -amount });
    else if (last !== undefined) last.to = row.owner;
    found.set(transferId, transfer);
  }
  return [...found.values()].map(({ entries, ...transfer }) => ({ ...transfer, balances: balancesAfter(entries) }));
}
