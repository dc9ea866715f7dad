import type { EntityManager } from 'typeorm';
import { lockedHow } from '../postgres/held-rows.js';
import { accountKey, accountOfKey, mintTotalOfRow, mintTotalRow, type MintTotalName } from './account-names.rules.js';
import { findAccounts } from './account.statements.js';
import type { AccountName } from './ledger.types.js';

/* Which rows somebody holds now, as FindHeld says. The locks of these statements end with them. */

/**
 * @param rows accounts, and totals of mints, as `rowsOf` names them
 * @returns those that somebody holds. An account that is not there is held where its asset is, without which it cannot
 *   be made
 */
export async function findHeld(manager: EntityManager, rows: readonly string[], waits: boolean): Promise<string[]> {
  const totals = rows.flatMap((row) => mintTotalOfRow(row) ?? []);
  const names = rows.filter((row) => mintTotalOfRow(row) === undefined).map(accountOfKey);
  const accounts = await findAccounts(manager, names);
  const free = await manager.query<{ id: string }[]>(
    `select id from ledger.accounts where id = any($1::bigint[]) for no key update ${lockedHow(waits)}`,
    [accounts.map(({ id }) => id)],
  );
  const freeIds = new Set(free.map(({ id }) => id));
  const found = new Set(accounts.map(accountKey));
  return [
    ...accounts.filter(({ id }) => !freeIds.has(id)).map(accountKey),
    ...(await withHeldAsset(
      manager,
      names.filter((name) => !found.has(accountKey(name))),
    )),
    ...(await heldTotals(manager, totals, waits)),
  ];
}

/** Those of these accounts whose asset is held. Nothing of ours holds one like that, so none is waited for. */
async function withHeldAsset(manager: EntityManager, names: readonly AccountName[]): Promise<string[]> {
  if (names.length === 0) return [];
  const held = await manager.query<{ title: string; code: string }[]>(
    `with asked as (select * from unnest($1::text[], $2::text[]) as asked (title, code)),
     free as (
       select title, code from ledger.assets where (title, code) in (select title, code from asked)
       for key share skip locked)
     select title, code from ledger.assets where (title, code) in (select title, code from asked)
     except select title, code from free`,
    [names.map(({ title }) => title), names.map(({ asset }) => asset)],
  );
  const assets = new Set(held.map(({ title, code }) => `${title} ${code}`));
  return names.filter(({ title, asset }) => assets.has(`${title} ${asset}`)).map(accountKey);
}

/** Those of these totals of mints that are held. What the day does not know by its reason shares the empty one. */
async function heldTotals(manager: EntityManager, names: readonly MintTotalName[], waits: boolean): Promise<string[]> {
  if (names.length === 0) return [];
  const totals = await findAccounts(manager, names);
  const held = await manager.query<{ n: number }[]>(
    `with asked as (
       select g.account_id, g.flow, g.n, exists (
         select from ledger.mint_totals t where t.account_id = g.account_id and t.day = now()::date
         and t.flow = g.flow and t.reason = g.reason) as known, g.reason
       from unnest($1::bigint[], $2::text[], $3::text[]) with ordinality as g(account_id, flow, reason, n)),
     needed as (select account_id, flow, case when known then reason else '' end as reason, n from asked),
     free as (
       select account_id, flow, reason from ledger.mint_totals
       where day = now()::date and (account_id, flow, reason) in (select account_id, flow, reason from needed)
       for no key update ${lockedHow(waits)})
     select n::int from needed join ledger.mint_totals t using (account_id, flow, reason)
     where t.day = now()::date and (account_id, flow, reason) not in (select account_id, flow, reason from free)`,
    [totals.map(({ id }) => id), totals.map(({ flow }) => flow), totals.map(({ reason }) => reason)],
  );
  return held.map(({ n }) => totals[n - 1]).flatMap((total) => (total === undefined ? [] : mintTotalRow(total)));
}
