import type { EntityManager } from 'typeorm';
import type { Fact } from '../events/outbox.js';
import { accountKey } from './account-names.rules.js';
import { isCurrency } from './currency.rules.js';
import { makeCurrencies } from './currency.statements.js';
import type { AccountName } from './ledger.types.js';

/*
 * How a call comes by the accounts that it needs: find them, make those that are missing, lock them all, each in a
 * statement of its own. The order is global: codes ascending while currencies are made, names ascending while accounts
 * are made, then ids ascending while they are locked, then keys ascending while outcomes are kept. Nothing else is
 * locked.
 */

/** An account of a call: its name, and the id under which it is locked. */
export interface FoundAccount extends AccountName {
  /** A bigint as text. */
  id: string;
}

/** What a call has made so that it has its accounts. */
export interface Made {
  /** The ids of the accounts. */
  accounts: readonly string[];
  /** What is to be told of it. */
  facts: readonly Fact[];
}

/** The accounts of a call, and what the call has made itself. */
export interface Found {
  accounts: readonly FoundAccount[];
  made: Made;
}

/**
 * Finds these accounts, and makes those that are missing, with nothing on them, where the asset is defined. A currency
 * is defined by being named. Whoever makes an account at the same moment is waited for.
 */
export async function findOrMakeAccounts(tx: EntityManager, names: readonly AccountName[]): Promise<Found> {
  const accounts = await findAccounts(tx, names);
  if (accounts.length === names.length) return { accounts, made: { accounts: [], facts: [] } };
  const found = new Set(accounts.map(accountKey));
  const missing = names.filter((name) => !found.has(accountKey(name)));
  const currencies = missing
    .filter(({ asset }) => isCurrency(asset))
    .map(({ title, asset: code }) => ({ title, code }));
  const facts = currencies.length === 0 ? [] : await makeCurrencies(tx, currencies);
  const made = { accounts: await makeAccounts(tx, missing), facts };
  // The statement that has waited for another's account does not see it. The next one does.
  return { accounts: [...accounts, ...(await findAccounts(tx, missing))], made };
}

/**
 * Finds those of these accounts that are there. In this and other probes a lateral subquery with `offset 0` looks up
 * each element by index. A plain join lets PostgreSQL hash the whole table instead, whose cost grows with all that is
 * stored.
 */
export async function findAccounts<N extends AccountName>(
  tx: EntityManager,
  names: readonly N[],
): Promise<(N & FoundAccount)[]> {
  const rows = await tx.query<{ id: string; n: number }[]>(
    `select a.id, (g.n - 1)::int as n
     from unnest($1::text[], $2::text[], $3::text[]) with ordinality as g(title, owner, asset, n)
     cross join lateral (
       select id from ledger.accounts where title = g.title and owner = g.owner and asset = g.asset offset 0) a`,
    columnsOf(names),
  );
  return rows.flatMap(({ id, n }) => {
    const name = names[n];
    return name === undefined ? [] : { ...name, id };
  });
}

/** All accounts of these owners. */
export async function findAccountsOf(
  tx: EntityManager,
  owners: readonly { title: string; owner: string }[],
): Promise<FoundAccount[]> {
  return tx.query<FoundAccount[]>(
    `select a.id, a.title, a.owner, a.asset from unnest($1::text[], $2::text[]) as g(title, owner)
     cross join lateral (
       select id, title, owner, asset from ledger.accounts where title = g.title and owner = g.owner offset 0) a`,
    [owners.map(({ title }) => title), owners.map(({ owner }) => owner)],
  );
}

/**
 * The mint and the clearing of a provider may owe whatever fits. The rest owe nothing until they are allowed to. The
 * asset must stay while an account of it is made. Nothing of ours locks it against that, so it is not waited for.
 * @throws the error of a lock that was not to be had, where a stranger holds the asset
 */
async function makeAccounts(tx: EntityManager, names: readonly AccountName[]): Promise<string[]> {
  const rows = await tx.query<{ id: string }[]>(
    `insert into ledger.accounts (title, owner, asset, debt_limit, min_available)
     select g.title, g.owner, g.asset, most.owed, -most.owed
     from unnest($1::text[], $2::text[], $3::text[]) as g(title, owner, asset)
     cross join lateral (select
       case when g.owner = 'system:mint' or g.owner ^@ 'system:clearing:' then 999999999999999999 else 0 end
       as owed) most
     join ledger.assets s on s.title = g.title and s.code = g.asset
     order by g.title collate "C", g.owner collate "C", g.asset collate "C"
     for key share of s nowait
     on conflict do nothing returning id`,
    columnsOf(names),
  );
  return rows.map((row) => row.id);
}

function columnsOf(names: readonly AccountName[]): string[][] {
  return [names.map((name) => name.title), names.map((name) => name.owner), names.map((name) => name.asset)];
}

/** Takes accounts away again that a call has made itself, and that nothing came of. */
export async function deleteMade(tx: EntityManager, { accounts }: Made): Promise<void> {
  if (accounts.length > 0) await tx.query('delete from ledger.accounts where id = any($1::bigint[])', [accounts]);
}

/** Locks these accounts, in ascending order of their ids. */
export async function lockAccounts(tx: EntityManager, accounts: readonly FoundAccount[]): Promise<void> {
  await tx.query('select from ledger.accounts where id = any($1::bigint[]) order by id for no key update', [
    accounts.map(({ id }) => id),
  ]);
}
