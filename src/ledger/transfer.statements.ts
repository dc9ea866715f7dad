import type { EntityManager } from 'typeorm';
import { outboxInsert, outboxParameter } from '../events/outbox.js';
import { idOf, newId, uuidOf } from '../ids.js';
import type { FoundAccount } from './account.statements.js';
import { accountKey, outcomeKey } from './account-names.rules.js';
import { transferFact } from './facts.rules.js';
import { keptOutcome, outcomeProbe, type OutcomeRow } from './outcome.statements.js';
import type { AccountState, KeptOutcome, NewOutcome, Stored, StoredAccount, TransferElement } from './ledger.types.js';
import type { Decision } from './transfer.rules.js';

/** id, posted, debits pending, credits pending, least available, version, state: a row as a list, because there are many. */
type AccountRow = [string, string, string, string, string, string, AccountState];

interface AssetRow {
  title: string;
  code: string;
  most: string | null;
  tradeable: boolean;
}

interface StoredRow {
  accounts: AccountRow[] | null;
  assets: AssetRow[] | null;
  outcomes: OutcomeRow[] | null;
  reversed: string[] | null;
  sequences: string[];
  now: Date;
}

const storedQuery = `
  select
    (select json_agg(json_build_array(id::text, (credits_posted - debits_posted)::text, debits_pending::text,
        credits_pending::text, min_available::text, version::text, state))
      from ledger.accounts where id = any($1::bigint[])) as accounts,
    (select json_agg(s) from (
      select title, code, max_balance::text as most, tradeable
      from unnest($2::text[], $3::text[]) as g(title, code) join ledger.assets using (title, code)) s) as assets,
    (select json_agg(o) from (${outcomeProbe('$4', '$5')}) o) as outcomes,
    (select json_agg(reverses) from ledger.transfers where reverses = any($6::uuid[])) as reversed,
    (select json_agg(nextval('ledger.transfers_sequence_seq')::text) from generate_series(1, $7::int)) as sequences,
    now() as now`;

/**
 * Reads, in one snapshot, what the locks of these accounts protect: the accounts, what is kept under the keys of the
 * elements, and what is reversed already. The sequences are drawn under the same locks, so that they grow with the
 * versions of every account.
 */
export async function readStored(tx: EntityManager, elements: readonly TransferElement[], accounts: readonly FoundAccount[]): Promise<Stored> {
  const assets = [...new Map(accounts.map(({ title, asset }) => [`${title} ${asset}`, { title, asset }])).values()];
  const [row] = await tx.query<[StoredRow]>(storedQuery, [
    accounts.map(({ id }) => id),
    assets.map(({ title }) => title),
    assets.map(({ asset }) => asset),
    elements.map(({ title }) => title),
    elements.map(({ key }) => key),
    elements.flatMap(({ reverses }) => (reverses === undefined ? [] : transferUuid(reverses))),
    elements.length,
  ]);
  return {
    accounts: storedAccounts(accounts, row),
    outcomes: new Map((row.outcomes ?? []).map((outcome) => [outcomeKey(outcome), keptOutcome(outcome)])),
    reversed: new Set((row.reversed ?? []).map((uuid) => idOf('trf', uuid))),
    names: row.sequences.map((sequence) => ({ transferId: newId('trf'), sequence: BigInt(sequence) })),
    now: row.now,
  };
}

function storedAccounts(found: readonly FoundAccount[], row: StoredRow): Map<string, StoredAccount> {
  const assets = new Map((row.assets ?? []).map((asset) => [`${asset.title} ${asset.code}`, asset]));
  const rows = new Map((row.accounts ?? []).map((account) => [account[0], account]));
  const accounts = new Map<string, StoredAccount>();
  for (const name of found) {
    const [asset, account] = [assets.get(`${name.title} ${name.asset}`), rows.get(name.id)];
    if (asset === undefined || account === undefined) throw new Error(`The account ${name.id} was found and is gone.`);
    const [, posted, debits, credits, least, version, state] = account;
    accounts.set(accountKey(name), {
      ...name,
      state,
      tradeable: asset.tradeable,
      posted: BigInt(posted),
      debitsPending: BigInt(debits),
      creditsPending: BigInt(credits),
      minAvailable: BigInt(least),
      version: BigInt(version),
      ...(asset.most !== null && { maxBalance: BigInt(asset.most) }),
    });
  }
  return accounts;
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
      where a.id = any($1::bigint[]) and a.id = g.id and a.version = g.before returning 1),
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

/** An array of numbers or UUIDs as PostgreSQL reads it. The driver would quote and escape each of them, at some cost. */
function plainArray(values: readonly (bigint | number | string)[]): string {
  return `{${values.join(',')}}`;
}

function changeColumns(changes: Decision['changes']): string[] {
  return [
    plainArray(changes.map(({ account }) => account.id)),
    plainArray(changes.map(({ account }) => account.version)),
    plainArray(changes.map(({ version }) => version)),
    plainArray(changes.map(({ debits }) => debits)),
    plainArray(changes.map(({ credits }) => credits)),
  ];
}

function transferColumns(transfers: Decision['transfers']): unknown[] {
  return [
    plainArray(transfers.map(({ transferId }) => transferUuid(transferId))),
    plainArray(transfers.map(({ sequence }) => sequence)),
    transfers.map(({ element }) => element.title),
    transfers.map(({ element }) => element.kind),
    transfers.map(({ element }) => element.reason),
    transfers.map(({ element }) => element.reference ?? null),
    transfers.map(({ element }) => (element.reverses === undefined ? null : transferUuid(element.reverses))),
  ];
}

function entryColumns(transfers: Decision['transfers']): string[] {
  const entries = transfers.flatMap((transfer) => transfer.entries);
  return [
    plainArray(entries.map(({ account }) => account.id)),
    plainArray(entries.map(({ version }) => version)),
    plainArray(transfers.flatMap((transfer) => new Array<string>(transfer.entries.length).fill(transferUuid(transfer.transferId)))),
    plainArray(transfers.flatMap((transfer) => new Array<bigint>(transfer.entries.length).fill(transfer.sequence))),
    plainArray(entries.map(({ leg }) => leg)),
    plainArray(entries.map(({ amount }) => amount)),
    plainArray(entries.map(({ posted }) => posted)),
    plainArray(entries.map(({ available }) => available)),
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
