import type { EntityManager } from 'typeorm';
import { idPrefixes } from '../forms.js';
import { idOf } from '../ids.js';
import { lockedHow } from '../postgres/held-rows.js';
import { instanceUuids } from './holds.statements.js';
import { keyInTitle, partsOfKey } from './key-in-title.js';

/* Which rows somebody holds now, as FindHeld says. The locks of these statements end with them. */

/**
 * @param rows instances by their ids, and items by `keyInTitle`
 * @returns those that somebody holds
 */
export async function findHeld(manager: EntityManager, rows: readonly string[], waits: boolean): Promise<string[]> {
  const items = rows.flatMap((row) => partsOfKey(row) ?? []);
  const instances = await manager.query<{ id: string }[]>(
    `with free as (
       select id from inventory.instances where id = any($1::uuid[]) for no key update ${lockedHow(waits)})
     select id from inventory.instances where id = any($1::uuid[]) except select id from free`,
    [instanceUuids(rows)],
  );
  const held = await manager.query<{ title: string; code: string }[]>(
    `with asked as (select * from unnest($1::text[], $2::text[]) as asked (title, code)),
     free_limited as (
       select title, code from inventory.items where (title, code) in (select title, code from asked)
       and minting_limit is not null for no key update ${lockedHow(waits)}),
     free_others as (
       select title, code from inventory.items where (title, code) in (select title, code from asked)
       and minting_limit is null for key share ${lockedHow(waits)})
     select title, code from inventory.items where (title, code) in (select title, code from asked)
     except select title, code from free_limited except select title, code from free_others`,
    [items.map(({ title }) => title), items.map(({ key }) => key)],
  );
  return [
    ...instances.map(({ id }) => idOf(idPrefixes.instance, id)),
    ...held.map(({ title, code }) => keyInTitle(title, code)),
  ];
}

/** @returns the exchanges whose holds, or whose instances or minted items, somebody holds */
export async function findHeldExchanges(
  manager: EntityManager,
  exchanges: readonly string[],
  waits: boolean,
): Promise<string[]> {
  const rows = await manager.query<HoldNeeds[]>(
    `with free as (
       select exchange from inventory.holds where exchange = any($1::text[]) for no key update ${lockedHow(waits)})
     select h.exchange, h.title, h.moves, h.mints, f.exchange is null as held
     from inventory.holds h left join free f using (exchange) where h.exchange = any($1::text[])`,
    [exchanges],
  );
  const needed = rows.map(({ title, moves, mints, ...row }) => ({
    ...row,
    rows: [...moves.map(({ instance }) => instance), ...(mints ?? []).map(({ item }) => keyInTitle(title, item))],
  }));
  const held = new Set(
    await findHeld(
      manager,
      needed.flatMap((one) => one.rows),
      waits,
    ),
  );
  return needed.filter((one) => one.held || one.rows.some((row) => held.has(row))).map(({ exchange }) => exchange);
}

/** What the end of a hold locks. */
interface HoldNeeds {
  exchange: string;
  title: string;
  moves: { instance: string }[];
  mints: { item: string }[] | null;
  held: boolean;
}
