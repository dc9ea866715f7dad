import type { EntityManager } from 'typeorm';
import { outboxInsert, outboxParameter } from '../events/outbox.js';
import { idOf, newId, uuidOf } from '../ids.js';
import { accountKey, outcomeKey } from './account-names.rules.js';
import { transferFact } from './facts.rules.js';
import { keptOutcome, outcomeColumns, type OutcomeRow } from './outcome.statements.js';
import type { AccountState, KeptOutcome, NewOutcome, Stored, StoredAccount, TransferElement } from './ledger.types.js';
import type { Decision } from './transfer.rules.js';

interface AccountRow {
  id: string;
  title: string;
  owner: string;
  asset: string;
  posted: string;
  debits: string;
  credits: string;
  least: string;
  version: string;
  state: AccountState;
  most: string | null;
  tradeable: boolean;
}

interface StoredRow {
  accounts: AccountRow[] | null;
  outcomes: OutcomeRow[] | null;
  reversed: string[] | null;
  sequences: string[];
  now: Date;
}

/**
 * Reads, in one snapshot, what the locks of these accounts protect: the accounts, what is kept under the keys of the
 * elements, and what is reversed already. The sequences are drawn under the same locks, so that they grow with the
 * versions of every account.
 */
export async function readStored(tx: EntityManager, elements: readonly TransferElement[], accounts: Iterable<string>): Promise<Stored> {
  const reversed = elements.flatMap(({ reverses }) => (reverses === undefined ? [] : transferUuid(reverses)));
  const [row] = await tx.query<[StoredRow]>(
    `select
      (select json_agg(a) from (
        select a.id::text, a.title, a.owner, a.asset, (a.credits_posted - a.debits_posted)::text as posted,
          a.debits_pending::text as debits, a.credits_pending::text as credits, a.min_available::text as least,
          a.version::text, a.state, s.max_balance::text as most, s.tradeable
        from ledger.accounts a join ledger.assets s on s.title = a.title and s.code = a.asset
        where a.id = any($1::bigint[])) a) as accounts,
      (select json_agg(o) from (
        select ${outcomeColumns} from unnest($2::text[], $3::text[]) as k(title, key)
        join ledger.outcomes o on o.title = k.title and o.key = k.key) o) as outcomes,
      (select json_agg(reverses) from ledger.transfers where reverses = any($4::uuid[])) as reversed,
      (select json_agg(nextval('ledger.transfers_sequence_seq')::text) from generate_series(1, $5::int)) as sequences,
      now() as now`,
    [[...accounts], elements.map(({ title }) => title), elements.map(({ key }) => key), reversed, elements.length],
  );
  return {
    accounts: new Map((row.accounts ?? []).map((account) => [accountKey(account), storedAccount(account)])),
    outcomes: new Map((row.outcomes ?? []).map((outcome) => [outcomeKey(outcome), keptOutcome(outcome)])),
    reversed: new Set((row.reversed ?? []).map((uuid) => idOf('trf', uuid))),
    names: row.sequences.map((sequence) => ({ transferId: newId('trf'), sequence: BigInt(sequence) })),
    now: row.now,
  };
}

function storedAccount(row: AccountRow): StoredAccount {
  const { id, title, owner, asset, state, tradeable } = row;
  return {
    id,
    title,
    owner,
    asset,
    state,
    tradeable,
    posted: BigInt(row.posted),
    debitsPending: BigInt(row.debits),
    creditsPending: BigInt(row.credits),
    minAvailable: BigInt(row.least),
    version: BigInt(row.version),
    ...(row.most !== null && { maxBalance: BigInt(row.most) }),
  };
}

/**
 * Writes everything that was decided in one statement: the accounts, the transfers with their entries, what is kept
 * by key, and a fact for each transfer. Keys are inserted in ascending order, so that two calls that meet wait for
 * each other one way only.
 * @param made the accounts that this call has made; those that nothing was booked on go again
 * @throws QueryFailedError with a unique violation if something was kept under one of the keys meanwhile
 * @throws Error if an account is not as it was when it was decided, which its lock rules out
 */
export async function writeDecision(tx: EntityManager, { transfers, changes, outcomes }: Decision, made: readonly string[]): Promise<void> {
  const used = new Set(changes.map(({ account }) => account.id));
  const unused = made.filter((id) => !used.has(id));
  if (outcomes.length === 0 && unused.length === 0) return;
  const [done] = await tx.query<[{ changed: number }]>(
    `with changed as (
      update ledger.accounts a set
        debits_posted = debits_posted + g.debits, credits_posted = credits_posted + g.credits, version = g.after
      from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::numeric[], $5::numeric[]) as g(id, before, after, debits, credits)
      where a.id = g.id and a.version = g.before returning 1),
    unused as (delete from ledger.accounts where id = any($6::bigint[])),
    booked as (
      insert into ledger.transfers (id, sequence, title, kind, reason, reference, reverses)
      select * from unnest($7::uuid[], $8::bigint[], $9::text[], $10::text[], $11::text[], $12::text[], $13::uuid[])),
    entered as (
      insert into ledger.entries (account_id, version, transfer_id, sequence, leg, amount, posted, available)
      select * from unnest($14::bigint[], $15::bigint[], $16::uuid[], $17::bigint[], $18::smallint[], $19::numeric[], $20::numeric[], $21::numeric[])),
    kept as (
      insert into ledger.outcomes (title, key, state, transfer_id, cause_code, cause_detail, fingerprint)
      select * from unnest($22::text[], $23::text[], $24::text[], $25::uuid[], $26::text[], $27::text[], $28::bytea[])
        as g(title, key, state, transfer_id, code, detail, fingerprint)
      order by g.title collate "C", g.key collate "C"),
    told as (${outboxInsert('ledger', 29)})
    select count(*)::int as changed from changed`,
    [
      ...changeColumns(changes),
      unused,
      ...transferColumns(transfers),
      ...entryColumns(transfers),
      ...outcomeValues(outcomes),
      outboxParameter(transfers.map(transferFact)),
    ],
  );
  if (done.changed !== changes.length) throw new Error(`${changes.length} accounts were to change; ${done.changed} did.`);
}

function changeColumns(changes: Decision['changes']): unknown[] {
  return [
    changes.map(({ account }) => account.id),
    changes.map(({ account }) => String(account.version)),
    changes.map(({ version }) => String(version)),
    changes.map(({ debits }) => String(debits)),
    changes.map(({ credits }) => String(credits)),
  ];
}

function transferColumns(transfers: Decision['transfers']): unknown[] {
  return [
    transfers.map(({ transferId }) => transferUuid(transferId)),
    transfers.map(({ sequence }) => String(sequence)),
    transfers.map(({ element }) => element.title),
    transfers.map(({ element }) => element.kind),
    transfers.map(({ element }) => element.reason),
    transfers.map(({ element }) => element.reference ?? null),
    transfers.map(({ element }) => (element.reverses === undefined ? null : transferUuid(element.reverses))),
  ];
}

function entryColumns(transfers: Decision['transfers']): unknown[] {
  const rows = transfers.flatMap(({ transferId, sequence, entries }) => entries.map((entry) => ({ entry, uuid: transferUuid(transferId), sequence: String(sequence) })));
  return [
    rows.map(({ entry }) => entry.account.id),
    rows.map(({ entry }) => String(entry.version)),
    rows.map(({ uuid }) => uuid),
    rows.map(({ sequence }) => sequence),
    rows.map(({ entry }) => entry.leg),
    rows.map(({ entry }) => String(entry.amount)),
    rows.map(({ entry }) => String(entry.posted)),
    rows.map(({ entry }) => String(entry.available)),
  ];
}

function outcomeValues(outcomes: readonly NewOutcome[]): unknown[] {
  const causes = outcomes.map(({ kept }) => ('cause' in kept ? kept.cause : undefined));
  return [
    outcomes.map(({ element }) => element.title),
    outcomes.map(({ element }) => element.key),
    outcomes.map(({ kept }) => kept.outcome),
    outcomes.map(({ kept }) => keptUuid(kept)),
    causes.map((cause) => cause?.code ?? null),
    causes.map((cause) => cause?.detail ?? null),
    outcomes.map(({ element }) => element.fingerprint ?? null),
  ];
}

function keptUuid(kept: KeptOutcome): string | null {
  return kept.outcome === 'posted' ? transferUuid(kept.transferId) : null;
}

/** @throws Error if the text is not the id of a transfer, which only a mistake in Veltrix can bring about */
export function transferUuid(transfer: string): string {
  const uuid = uuidOf('trf', transfer);
  if (uuid === undefined) throw new Error(`${transfer} is not the id of a transfer.`);
  return uuid;
}
