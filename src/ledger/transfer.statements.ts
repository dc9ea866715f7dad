import type { EntityManager } from 'typeorm';
import { outboxInsert, outboxParameter } from '../events/outbox.js';
import { idPrefixes } from '../forms.js';
import { idOf, newId } from '../ids.js';
import { Parameters, plainArray, type Column } from '../postgres/parameters.js';
import { accountKey, largestAmount, outcomeKey } from './account-names.rules.js';
import type { FoundAccount, Made } from './account.statements.js';
import { transferFacts } from './facts.rules.js';
import type {
  AccountState,
  KeptOutcome,
  NewOutcome,
  NewTransfer,
  StoredBooks,
  StoredAccount,
  TransferElement,
} from './ledger.types.js';
import { mintTotalsUpsert } from './mint-totals.statements.js';
import { legKey } from './reversal.rules.js';
import { outcomeProbe, storedOutcome, type OutcomeRow } from './outcome.statements.js';
import { rareInserts } from './rare.statements.js';
import { transferUuid } from './transfer-ids.rules.js';
import type { Decision } from './transfer.rules.js';

/** What is read of an account, by its name here. A row is sent as a list in this order, because there are many. */
const accountColumns = {
  id: 'id::text',
  posted: '(credits_posted - debits_posted)::text',
  debitsPending: 'debits_pending::text',
  creditsPending: 'credits_pending::text',
  debtLimit: 'debt_limit::text',
  owed: 'owed::text',
  version: 'version::text',
  state: 'state',
} as const;
type AccountRow = Record<keyof typeof accountColumns, string>;
const accountNames = Object.keys(accountColumns);

function accountRow(list: readonly string[]): AccountRow {
  return Object.fromEntries(accountNames.map((name, index) => [name, list[index]])) as AccountRow;
}

interface AssetRow {
  title: string;
  code: string;
  max: string | null;
  tradeable: boolean;
}

interface StoredRow {
  accounts: string[][] | null;
  assets: AssetRow[] | null;
  outcomes: OutcomeRow[] | null;
  reversed: { transfer: string; leg: number; amount: string }[] | null;
  sequences: string[];
  transaction: string;
  now: Date;
}

/**
 * Reads, in one snapshot, what the locks of these accounts protect: the accounts, what is kept under the keys of the
 * elements, and what is reversed already. The sequences are drawn under the same locks, so that they grow with the
 * versions of every account.
 */
export async function readStored(
  tx: EntityManager,
  elements: readonly TransferElement[],
  accounts: readonly FoundAccount[],
): Promise<StoredBooks> {
  const assets = [...new Map(accounts.map(({ title, asset }) => [`${title} ${asset}`, { title, asset }])).values()];
  const parameters = new Parameters();
  const defined = parameters.columns({
    title: ['text', assets.map(({ title }) => title)],
    code: ['text', assets.map(({ asset }) => asset)],
  });
  const titles = parameters.add(elements.map(({ title }) => title));
  const keys = parameters.add(elements.map(({ key }) => key));
  const given = parameters.columns(reversedColumns(elements));
  const [row] = await tx.query<[StoredRow]>(
    `select
      (select json_agg(json_build_array(${Object.values(accountColumns).join(', ')}))
        from ledger.accounts where id = any(${parameters.add(
          accounts.map(({ id }) => id),
          'bigint[]',
        )})) as accounts,
      (select json_agg(s) from (
        select title, code, max_balance::text as max, tradeable
        from ${defined.rows} join ledger.assets using (title, code)) s) as assets,
      (select json_agg(o) from (${outcomeProbe(titles, keys)}) o) as outcomes,
      (select json_agg(r) from (
        select g.transfer, g.leg, last.amount from ${given.rows} cross join lateral (
          select (reversed_before + amount)::text as amount from ledger.reversed_legs
          where reverses = g.transfer and leg = g.leg order by reversed_before desc limit 1) last) r) as reversed,
      (select json_agg(nextval('ledger.transfers_sequence_seq')::text)
        from generate_series(1, ${parameters.add(elements.length, 'int')})) as sequences,
      pg_current_xact_id()::xid::text as transaction, now() as now`,
    parameters.values,
  );
  return {
    accounts: storedAccounts(accounts, row),
    outcomes: new Map(
      (row.outcomes ?? []).map((outcome) => [
        outcomeKey(outcome),
        { ...storedOutcome(outcome), keptBy: outcome.kept_by },
      ]),
    ),
    reversed: new Map(
      (row.reversed ?? []).map(({ transfer, leg, amount }) => [
        legKey(idOf(idPrefixes.transfer, transfer), leg),
        BigInt(amount),
      ]),
    ),
    drawn: row.sequences.map((sequence) => ({ transferId: newId(idPrefixes.transfer), sequence: BigInt(sequence) })),
    transaction: row.transaction,
    now: row.now,
  };
}

/**
 * The legs of which reversals are asked for. What earlier ones have given back of a leg is where the last piece of its
 * line ends, whatever their number is.
 */
function reversedColumns(elements: readonly TransferElement[]): Record<'transfer' | 'leg', Column> {
  const asked = elements.flatMap(({ reverses, parts, legs }) =>
    reverses === undefined
      ? []
      : (parts?.map(({ leg }) => leg) ?? [...legs.keys()]).map((leg) => ({ transfer: transferUuid(reverses), leg })),
  );
  return {
    transfer: ['uuid', plainArray(asked.map(({ transfer }) => transfer))],
    leg: ['smallint', plainArray(asked.map(({ leg }) => leg))],
  };
}

function storedAccounts(found: readonly FoundAccount[], row: StoredRow): Map<string, StoredAccount> {
  const assets = new Map((row.assets ?? []).map((asset) => [`${asset.title} ${asset.code}`, asset]));
  const rows = new Map((row.accounts ?? []).map(accountRow).map((account) => [account.id, account]));
  const accounts = new Map<string, StoredAccount>();
  for (const name of found) {
    const [asset, account] = [assets.get(`${name.title} ${name.asset}`), rows.get(name.id)];
    if (asset === undefined || account === undefined) throw new Error(`The account ${name.id} was found and is gone.`);
    accounts.set(accountKey(name), {
      ...name,
      state: account.state as AccountState,
      tradeable: asset.tradeable,
      posted: BigInt(account.posted),
      debitsPending: BigInt(account.debitsPending),
      creditsPending: BigInt(account.creditsPending),
      debtLimit: BigInt(account.debtLimit),
      owed: BigInt(account.owed),
      version: BigInt(account.version),
      ...(asset.max !== null && { maxBalance: BigInt(asset.max) }),
    });
  }
  return accounts;
}

/**
 * Writes everything that was decided in one statement: the accounts, the transfers with their entries, what is kept
 * by key, the totals of mints, and the facts of what was made and booked. Keys are inserted in ascending order, so that
 * two calls that meet wait for each other one way only.
 * @param made what this call has made; accounts that nothing was booked on go again
 * @throws QueryFailedError with a unique violation if something was kept under one of the keys meanwhile
 * @throws Error if an account is not as it was when it was decided, which its lock rules out
 */
export async function writeDecision(
  tx: EntityManager,
  { transfers, changes, outcomes }: Decision,
  made: Made,
): Promise<void> {
  const used = new Set(changes.map(({ account }) => account.id));
  const unused = made.accounts.filter((id) => !used.has(id));
  if (outcomes.length === 0 && unused.length === 0) return;
  const facts = [...made.facts, ...transfers.flatMap(transferFacts)];
  const parameters = new Parameters();
  const changed = parameters.columns(changeColumns(changes));
  const booked = parameters.columns(transferColumns(transfers));
  const entered = parameters.columns(entryColumns(transfers));
  const kept = parameters.columns(outcomeColumns(outcomes));
  const frozen = transfers.flatMap((transfer) => transfer.frozen.map(({ id }) => id));
  const state =
    frozen.length === 0
      ? ''
      : `, state = case when a.id = any(${parameters.add(frozen, 'bigint[]')}) then 'frozen' else state end`;
  const rare = rareInserts(parameters, transfers) + mintTotalsUpsert(parameters, transfers);
  const [done] = await tx.query<[{ changed: number }]>(
    `with changed as (
      update ledger.accounts a set
        debits_posted = debits_posted + g.debits, credits_posted = credits_posted + g.credits, version = g.after,
        owed = g.owed, min_available = greatest(case when g.forced then -${largestAmount} else min_available end, least(
          -debt_limit, credits_posted + g.credits - debits_posted - g.debits - debits_pending))${state}
      from ${changed.rows} where a.id = any(${changed.arrays.id}) and a.id = g.id and a.version = g.before returning 1),
    unused as (delete from ledger.accounts where id = any(${parameters.add(unused, 'bigint[]')})),
    booked as (insert into ledger.transfers (${booked.names}) select * from ${booked.rows}),
    entered as (insert into ledger.entries (${entered.names}) select * from ${entered.rows}),
    kept as (
      insert into ledger.outcomes (${kept.names}) select * from ${kept.rows}
      order by g.title collate "C", g.key collate "C"),
    ${rare}told as (${outboxInsert('ledger', parameters.number(outboxParameter(facts)))})
    select count(*)::int as changed from changed`,
    parameters.values,
  );
  if (done.changed !== changes.length)
    throw new Error(`${changes.length} accounts were to change; ${done.changed} did.`);
}

function changeColumns(
  changes: Decision['changes'],
): Record<'id' | 'before' | 'after' | 'debits' | 'credits' | 'owed' | 'forced', Column> {
  return {
    id: ['bigint', plainArray(changes.map(({ account }) => account.id))],
    before: ['bigint', plainArray(changes.map(({ account }) => account.version))],
    after: ['bigint', plainArray(changes.map(({ version }) => version))],
    debits: ['numeric', plainArray(changes.map(({ debits }) => debits))],
    credits: ['numeric', plainArray(changes.map(({ credits }) => credits))],
    owed: ['numeric', plainArray(changes.map(({ owed }) => owed))],
    forced: ['boolean', plainArray(changes.map(({ forced }) => forced))],
  };
}

function transferColumns(transfers: Decision['transfers']): Record<string, Column> {
  const elements = transfers.map(({ element }) => element);
  return {
    id: ['uuid', plainArray(transfers.map(({ transferId }) => transferUuid(transferId)))],
    sequence: ['bigint', plainArray(transfers.map(({ sequence }) => sequence))],
    title: ['text', elements.map(({ title }) => title)],
    kind: ['text', elements.map(({ kind }) => kind)],
    reason: ['text', elements.map(({ reason }) => reason)],
    reference: ['text', elements.map(({ reference }) => reference ?? null)],
    reverses: ['uuid', elements.map(({ reverses }) => (reverses === undefined ? null : transferUuid(reverses)))],
    forced: ['text', elements.map(({ debit }) => debit?.policy ?? null)],
  };
}

/** What the entries of a transfer have in common, once for each of them. */
function forEachEntry<T>({ entries }: NewTransfer, value: T): T[] {
  return new Array<T>(entries.length).fill(value);
}

function entryColumns(transfers: Decision['transfers']): Record<string, Column> {
  const entries = transfers.flatMap((transfer) => transfer.entries);
  return {
    account_id: ['bigint', plainArray(entries.map(({ account }) => account.id))],
    version: ['bigint', plainArray(entries.map(({ version }) => version))],
    transfer_id: [
      'uuid',
      plainArray(transfers.flatMap((transfer) => forEachEntry(transfer, transferUuid(transfer.transferId)))),
    ],
    sequence: ['bigint', plainArray(transfers.flatMap((transfer) => forEachEntry(transfer, transfer.sequence)))],
    leg: ['smallint', plainArray(entries.map(({ leg }) => leg))],
    amount: ['numeric', plainArray(entries.map(({ amount }) => amount))],
    posted: ['numeric', plainArray(entries.map(({ posted }) => posted))],
    available: ['numeric', plainArray(entries.map(({ available }) => available))],
  };
}

function outcomeColumns(outcomes: readonly NewOutcome[]): Record<string, Column> {
  const causes = outcomes.map(({ kept }) => ('cause' in kept ? kept.cause : undefined));
  return {
    title: ['text', outcomes.map(({ element }) => element.title)],
    key: ['text', outcomes.map(({ element }) => element.key)],
    state: ['text', outcomes.map(({ kept }) => kept.outcome)],
    transfer_id: ['uuid', outcomes.map(({ kept }) => keptUuid(kept))],
    cause_code: ['text', causes.map((cause) => cause?.code ?? null)],
    cause_detail: ['text', causes.map((cause) => cause?.detail ?? null)],
    fingerprint: ['bytea', outcomes.map(({ element }) => element.fingerprint ?? null)],
  };
}

function keptUuid(kept: KeptOutcome): string | null {
  return kept.outcome === 'posted' ? transferUuid(kept.transferId) : null;
}
