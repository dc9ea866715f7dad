import { expect } from '@jest/globals';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { loadConfig } from '../../src/process/config.js';
import { AccountSettingsService } from '../../src/ledger/account-settings.service.js';
import { AssetsService } from '../../src/ledger/assets.service.js';
import { LedgerService } from '../../src/ledger/ledger.service.js';
import type {
  AccountState,
  KeptOutcome,
  PlayerBalance,
  TransferAnswer,
  TransferElement,
  TransferLeg,
} from '../../src/ledger/ledger.types.js';
import { makeDataSource } from '../../src/postgres/data-sources.js';
import { createDatabase } from '../harness/database.js';
import { countDeadlocks } from '../harness/deadlocks.js';
import { patient } from '../harness/meeting.js';

export const title = 'arena';

/** A migrated database of a test's own, with the ledger's services on it. */
export interface LedgerDatabase {
  dataSource: DataSource;
  ledger: LedgerService;
  assets: AssetsService;
  settings: AccountSettingsService;
  /** A session beside the service's pool, to hold locks and to look from outside. */
  session: pg.Client;
  /** The services of another process on the same database; close() ends it too. */
  another(): Promise<LedgerService>;
  /** Closes everything, after it has seen that PostgreSQL never had to end a deadlock. */
  close(): Promise<void>;
}

/** Defines the assets `gold`, `gems`, `dust`, of which a player can hold 1000, and `honour`, which is not tradeable. */
export async function defineAssets(assets: AssetsService, title: string): Promise<void> {
  const asset = { title, kind: 'currency', scale: 0, tradeable: true } as const;
  await assets.put({ ...asset, code: 'gold', name: 'Gold' });
  await assets.put({ ...asset, code: 'gems', name: 'Gems' });
  await assets.put({ ...asset, code: 'dust', name: 'Dust', maxBalance: 1000n });
  await assets.put({ ...asset, code: 'honour', name: 'Honour', tradeable: false });
}

/** Opens a database with the assets of defineAssets in the title `arena`. */
export async function openLedger(): Promise<LedgerDatabase> {
  const database = await createDatabase();
  const config = loadConfig({
    VELTRIX_ADMIN_KEY: 'not-used-by-this-test',
    DATABASE_URL: database.url,
    DATABASE_POOL_SIZE: '12',
  });
  const open = (): Promise<DataSource> => makeDataSource(config, 'ledger', 'test', patient).initialize();
  const dataSource = await open();
  const sources = [dataSource];
  const session = new pg.Client({ connectionString: database.url });
  await session.connect();
  const assets = new AssetsService(dataSource);
  await defineAssets(assets, title);
  return {
    dataSource,
    ledger: new LedgerService(dataSource),
    assets,
    settings: new AccountSettingsService(dataSource),
    session,
    async another() {
      const source = await open();
      sources.push(source);
      return new LedgerService(source);
    },
    async close() {
      await Promise.all(sources.map((source) => source.destroy()));
      const deadlocks = await countDeadlocks(session);
      await session.end();
      await database.drop();
      expect(deadlocks).toBe(0);
    },
  };
}

let keys = 0;

/** A key that no other element of the test has. */
export function newKey(): string {
  return `transfers/test ${++keys}`;
}

/** A leg, with players named by their ids alone. */
export function leg(from: string, to: string, amount: bigint, asset = 'gold'): TransferLeg {
  const owner = (name: string): string => (name.startsWith('system:') ? name : `player:${name}`);
  return { from: owner(from), to: owner(to), asset, amount };
}

/** An element of kind `transfer` with a new key, unless it is said otherwise. */
export function element(legs: readonly TransferLeg[], rest: Partial<TransferElement> = {}): TransferElement {
  return { title, key: newKey(), kind: 'transfer', legs, reason: 'test', ...rest };
}

/** Gives a player something from the mint, and holds that it was booked. */
export async function grant(db: LedgerDatabase, player: string, amount: bigint, asset = 'gold'): Promise<void> {
  const results = await db.ledger.transfer([element([leg('system:mint', player, amount, asset)])]);
  expect(results).toMatchObject([{ outcome: 'posted' }]);
}

/** Sets the account of a player, as an operator does. */
export function set(
  db: Pick<LedgerDatabase, 'settings'>,
  player: string,
  set: { state: AccountState } | { debtLimit: bigint },
  asset = 'gold',
): Promise<PlayerBalance> {
  return db.settings.set({ title, owner: `player:${player}`, asset, set, operator: 'olga', reason: 'test' });
}

/** What was told, as one word for each element: `posted`, the code of a refusal or cancellation, or `key-reused`. */
export function told(results: readonly (TransferAnswer | KeptOutcome)[]): string[] {
  return results.map((result) => ('cause' in result ? result.cause.code : result.outcome));
}

/** What an owner has of an asset, 0 where there is no account. */
export async function balanceOf(db: LedgerDatabase, owner: string, asset = 'gold'): Promise<bigint> {
  const { rows } = await db.session.query<{ posted: string }>(
    `select credits_posted - debits_posted as posted from ledger.accounts
     where title = $1 and owner = $2 and asset = $3`,
    [title, owner.startsWith('system:') ? owner : `player:${owner}`, asset],
  );
  return BigInt(rows[0]?.posted ?? 0);
}

/** How many rows the tables of the books have. Nothing is written exactly if this stays the same. */
export async function rowsOf(db: LedgerDatabase): Promise<Record<string, number>> {
  const tables = [
    'accounts',
    'account_changes',
    'debts',
    'debt_payments',
    'mint_totals',
    'transfers',
    'entries',
    'outcomes',
    'outbox',
  ];
  const { rows } = await db.session.query<Record<string, number>>(
    `select ${tables.map((table) => `(select count(*)::int from ledger.${table}) as ${table}`).join(', ')}`,
  );
  return rows[0] ?? {};
}

/** Queries that find something only if the books are wrong. */
const mistakes = {
  'an asset whose accounts do not sum to zero': `
    select title, asset from ledger.accounts group by title, asset having sum(credits_posted - debits_posted) <> 0`,
  'an account that was made and never used': `
    select id from ledger.accounts a where version = 0
      and not exists (select from ledger.account_changes where account_id = a.id)`,
  'a gap in the versions of an account': `
    select a.id from ledger.accounts a left join ledger.entries e on e.account_id = a.id
    group by a.id having count(e.*) <> a.version or min(e.version) <> 1 or max(e.version) <> a.version`,
  'totals that are not those of the entries': `
    select a.id from ledger.accounts a join ledger.entries e on e.account_id = a.id group by a.id
    having sum(e.amount) filter (where e.amount > 0) is distinct from nullif(a.credits_posted, 0)
      or -sum(e.amount) filter (where e.amount < 0) is distinct from nullif(a.debits_posted, 0)`,
  'a running balance that does not follow from the one before': `
    select account_id, version from (
      select *, lag(posted, 1, 0::numeric) over (partition by account_id order by version) as before
      from ledger.entries) e
    where posted <> before + amount or available <> posted`,
  'a sequence that does not grow with the versions': `
    select account_id, version from (
      select *, lag(sequence) over (partition by account_id order by version) as before
      from ledger.entries) e
    where sequence < before`,
  'an account below what it must have, after a whole transfer': `
    select account_id, sequence from (
      select distinct on (account_id, sequence) account_id, sequence, available
      from ledger.entries
      order by account_id, sequence, version desc) e
    join ledger.accounts a on a.id = e.account_id where e.available < least(a.min_available, (
      select -max(new_value::numeric) from ledger.account_changes where account_id = a.id and setting = 'debtLimit'))
      and not exists (select from ledger.debts where account_id = a.id)`,
  'a leg of which more is reversed than it has moved, or other than its reversals have booked': `
    select r.reverses, r.leg from ledger.reversed_legs r
    join ledger.transfers t on t.id = r.reverses
    left join ledger.entries e on e.sequence = t.sequence and e.leg = r.leg and e.amount > 0
    group by r.reverses, r.leg
    having sum(r.amount) > max(e.amount) or max(r.leg_amount) <> max(e.amount) or count(e.*) <> count(*)`,
  'a reversal that says another sum than it has booked': `
    select t.id from ledger.transfers t
    left join lateral (select sum(amount) as said from ledger.reversed_legs where transfer_id = t.id) r on true
    left join lateral (
      select sum(amount) as booked from ledger.entries where sequence = t.sequence and amount > 0) e on true
    where t.kind = 'reversal' and said is distinct from booked`,
  'an account that may owe more than it is allowed to and owes': `
    select id from ledger.accounts
    where min_available <> least(-debt_limit, credits_posted - debits_posted - debits_pending)`,
  'debts and payments that are not what the account is below zero': `
    select a.id from ledger.accounts a
    cross join lateral (select coalesce(sum(amount), 0) as made from ledger.debts where account_id = a.id) d
    cross join lateral (select coalesce(sum(amount), 0) as paid from ledger.debt_payments where account_id = a.id) p
    where a.owner ^@ 'player:'
      and (made <> a.owed or made - paid <> greatest(0, a.debits_posted - a.credits_posted))`,
  'a debt or a payment that does not go on where the one before has ended': `
    select * from (
      select account_id, sequence, owed_before as before, lag(owed_before + amount, 1, 0::numeric) over (
        partition by account_id order by sequence) as wanted from ledger.debts
      union all
      select account_id, sequence, paid_before, lag(paid_before + amount, 1, 0::numeric) over (
        partition by account_id order by sequence) from ledger.debt_payments) l
    where before <> wanted`,
  'a debt or a payment of a transfer that did not touch the account': `
    select * from (select account_id, sequence, transfer_id from ledger.debts
      union all select account_id, sequence, transfer_id from ledger.debt_payments) d
    where not exists (select from ledger.entries e
      where e.account_id = d.account_id and e.sequence = d.sequence and e.transfer_id = d.transfer_id)`,
  'a leg without its two equal ends': `
    select t.id, e.leg from ledger.transfers t
    left join ledger.entries e on e.transfer_id = t.id and e.sequence = t.sequence
    left join ledger.accounts a on a.id = e.account_id
    group by t.id, e.leg having count(*) <> 2 or sum(e.amount) <> 0
      or count(distinct (a.title, a.asset)) <> 1 or min(a.title) <> t.title`,
  'totals of a mint that are not those of its entries': `
    select * from (
      select account_id, day, flow, sum(amount) as said from ledger.mint_totals group by account_id, day, flow) t
    full join (
      select e.account_id, (x.created_at at time zone 'UTC')::date as day,
        case when e.amount < 0 then 'faucet' else 'sink' end as flow, sum(abs(e.amount)) as booked
      from ledger.entries e
      join ledger.transfers x on x.id = e.transfer_id join ledger.accounts a on a.id = e.account_id
      where a.owner = 'system:mint' group by 1, 2, 3) b using (account_id, day, flow)
    where said is distinct from booked`,
  'an entry without its transfer': `
    select * from ledger.entries e where not exists (
      select from ledger.transfers t where t.id = e.transfer_id and t.sequence = e.sequence)`,
  'a transfer without its outcome, or the reverse': `
    select * from ledger.transfers t
    full join (select title, transfer_id from ledger.outcomes where state = 'posted') o
      on o.transfer_id = t.id and o.title = t.title
    where t.id is null or o.transfer_id is null`,
  'a transfer without its fact, or the reverse': `
    select * from (select title, 'trf_' || id as subject, sequence from ledger.transfers) t
    full join (
      select title, subject, (data->>'sequence')::bigint as sequence from ledger.facts where type = 'transfer.posted') f
      using (title, subject, sequence)
    group by title, subject, sequence having count(*) <> 1 or bool_or(t is null) or bool_or(f is null)`,
};

/** Holds the whole database to what must be true whenever nothing is running. */
export async function expectBooksInOrder(db: LedgerDatabase): Promise<void> {
  for (const [mistake, sql] of Object.entries(mistakes)) {
    const { rows } = await db.session.query(sql);
    expect({ [mistake]: rows }).toEqual({ [mistake]: [] });
  }
}
