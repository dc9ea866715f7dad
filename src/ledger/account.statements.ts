import type { EntityManager } from 'typeorm';
import { accountKey } from './account-names.rules.js';
import type { AccountName } from './ledger.types.js';

/*
 * How a call comes by the accounts that it needs: find them, make those that are missing, lock them all, each in a
 * statement of its own. The order is global: names ascending while accounts are made, then ids ascending while they
 * are locked, then keys ascending while outcomes are kept. Nothing else is locked.
 */

interface AccountRow extends AccountName {
  id: string;
}

/** The accounts of a call by accountKey, and those among them that the call has made itself. */
export interface Found {
  ids: ReadonlyMap<string, string>;
  made: readonly string[];
}

/**
 * Finds these accounts, and makes those that are missing, with nothing on them, where the asset is defined.
 * Whoever makes one at the same moment is waited for.
 */
export async function findOrMakeAccounts(tx: EntityManager, names: readonly AccountName[]): Promise<Found> {
  const ids = await findAccounts(tx, names);
  const missing = names.filter((name) => !ids.has(accountKey(name)));
  if (missing.length === 0) return { ids, made: [] };
  const made = await makeAccounts(tx, missing);
  // The statement that has waited for another's account does not see it. The next one does.
  return { ids: new Map([...ids, ...(await findAccounts(tx, missing))]), made };
}

async function findAccounts(tx: EntityManager, names: readonly AccountName[]): Promise<Map<string, string>> {
  const rows = await tx.query<AccountRow[]>(
    `select a.id, a.title, a.owner, a.asset from unnest($1::text[], $2::text[], $3::text[]) as g(title, owner, asset)
     join ledger.accounts a on a.title = g.title and a.owner = g.owner and a.asset = g.asset`,
    columnsOf(names),
  );
  return new Map(rows.map((row) => [accountKey(row), row.id]));
}

async function makeAccounts(tx: EntityManager, names: readonly AccountName[]): Promise<string[]> {
  const rows = await tx.query<{ id: string }[]>(
    `insert into ledger.accounts (title, owner, asset, min_available)
     select g.title, g.owner, g.asset, case g.owner when 'system:mint' then -999999999999999999 else 0 end
     from unnest($1::text[], $2::text[], $3::text[]) as g(title, owner, asset)
     join ledger.assets s on s.title = g.title and s.code = g.asset
     order by g.title collate "C", g.owner collate "C", g.asset collate "C"
     on conflict do nothing returning id`,
    columnsOf(names),
  );
  return rows.map((row) => row.id);
}

function columnsOf(names: readonly AccountName[]): string[][] {
  return [names.map((name) => name.title), names.map((name) => name.owner), names.map((name) => name.asset)];
}

/** Locks these accounts, in ascending order of their ids. */
export async function lockAccounts(tx: EntityManager, ids: Iterable<string>): Promise<void> {
  await tx.query('select from ledger.accounts where id = any($1::bigint[]) order by id for no key update', [[...ids]]);
}
