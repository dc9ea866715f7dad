import type { EntityManager } from 'typeorm';
import type { Mint, Move } from '../../contracts/nouns.js';
import { outboxInsert, outboxParameter } from '../events/outbox.js';
import { idPrefixes } from '../forms.js';
import { idOf, uuidOf } from '../ids.js';
import { Parameters } from '../postgres/parameters.js';
import { instanceFact } from './facts.rules.js';
import type {
  CountChange,
  InstanceChange,
  InstanceState,
  KeptHold,
  Stored,
  StoredInstance,
  StoredItem,
} from './inventory.types.js';
import { keyInTitle } from './key-in-title.js';

/*
 * The statements of the list commands: lock, then read in a later statement, then write all at once. A waiting
 * statement still sees its old snapshot, so what the locks protect is never read by the statement that takes them.
 * The lock of the instances is the token for everything that hangs on them, the rows of their holds included. A hold
 * that mints, or whose instances are missing, may have no instance, so its row is locked itself. The order is global:
 * limited items ascending, then instances ascending, then holds ascending, then new keys ascending, then tallies
 * ascending, then updates of what is locked already.
 */

/**
 * Locks the limited items among these, because they count what is minted. Other items are never locked for a mint.
 * @returns the locked ones, by `keyInTitle`
 */
export async function lockLimitedItems(
  tx: EntityManager,
  items: readonly { title: string; item: string }[],
): Promise<Set<string>> {
  if (items.length === 0) return new Set();
  const rows = await tx.query<{ title: string; code: string }[]>(
    `select title, code from inventory.items
     where (title, code) in (select * from unnest($1::text[], $2::text[])) and minting_limit is not null
     order by title, code for no key update`,
    [items.map(({ title }) => title), items.map(({ item }) => item)],
  );
  return new Set(rows.map(({ title, code }) => keyInTitle(title, code)));
}

/** Locks the rows of holds. */
export async function lockHolds(tx: EntityManager, exchanges: readonly string[]): Promise<void> {
  if (exchanges.length === 0) return;
  await tx.query('select from inventory.holds where exchange = any($1::text[]) order by exchange for no key update', [
    exchanges,
  ]);
}

/** Locks the instances among these ids, in ascending order. Ids that are not instances are passed over. */
export async function lockInstances(tx: EntityManager, ids: Iterable<string>): Promise<void> {
  const uuids = instanceUuids(ids);
  if (uuids.length === 0) return;
  await tx.query('select from inventory.instances where id = any($1::uuid[]) order by id for no key update', [uuids]);
}

interface InstanceRow {
  id: string;
  title: string;
  item: string;
  tradeable: boolean;
  owner: string;
  state: InstanceState;
  exchange: string | null;
  version: number;
}

interface HoldRow {
  exchange: string;
  title: string;
  state: KeptHold['state'];
  code: string | null;
  detail: string | null;
  moves: Move[];
  mints: Mint[] | null;
  missing: string[] | null;
}

interface Wanted {
  exchanges: readonly string[];
  /** Ids of instances. */
  instances?: Iterable<string>;
  /** Items that are minted. */
  items?: readonly { title: string; item: string }[];
  /** The limited ones of them that are locked. One that was defined after the locks is as good as not defined. */
  locked?: ReadonlySet<string>;
}

/** Reads, in one snapshot, what is kept for these exchanges, the instances among these ids, and these items. */
export async function readStored(
  tx: EntityManager,
  { exchanges, instances = [], items = [], locked = new Set() }: Wanted,
): Promise<Stored> {
  const [row] = await tx.query<
    [{ holds: HoldRow[] | null; instances: InstanceRow[] | null; items: StoredItem[] | null }]
  >(
    `select
      (select json_agg(h) from (
        select exchange, title, state, cause_code as code, cause_detail as detail, moves, mints,
          missing
        from inventory.holds where exchange = any($1::text[])) h) as holds,
      (select json_agg(i) from (
        select n.id, n.title, n.item, t.tradeable, n.owner, n.state, n.hold_exchange as exchange, n.version
        from inventory.instances n join inventory.items t on t.title = n.title and t.code = n.item
        where n.id = any($2::uuid[])) i) as instances,
      (select json_agg(m) from (
        select title, code, minting_limit as limit, retired, issued, reserved from inventory.items
        where (title, code) in (select * from unnest($3::text[], $4::text[]))) m) as items`,
    [exchanges, instanceUuids(instances), items.map(({ title }) => title), items.map(({ item }) => item)],
  );
  const read = (row.items ?? []).map((item) => [keyInTitle(item.title, item.code), item] as const);
  return {
    items: new Map(read.filter(([key, { limit }]) => limit === null || locked.has(key))),
    holds: new Map((row.holds ?? []).map((hold) => [hold.exchange, keptHold(hold)])),
    instances: new Map(
      (row.instances ?? []).map((instance) => [idOf(idPrefixes.instance, instance.id), storedInstance(instance)]),
    ),
  };
}

function keptHold(row: HoldRow): KeptHold {
  const { exchange, title, moves, mints, missing, state, code, detail } = row;
  const kept = { exchange, title, moves, ...(mints !== null && { mints }), ...(missing !== null && { missing }) };
  if (state === 'held' || state === 'moved' || state === 'ended-by-hand') return { ...kept, state };
  return { ...kept, state, cause: { code: code ?? '', detail: detail ?? '' } };
}

function storedInstance(row: InstanceRow): StoredInstance {
  const { title, item, tradeable, owner, state, version, exchange } = row;
  return {
    id: idOf(idPrefixes.instance, row.id),
    title,
    item,
    tradeable,
    owner,
    state,
    version,
    ...(exchange !== null && { heldFor: exchange }),
  };
}

/**
 * Keeps new holds, refusals and tombstones. They are inserted in ascending order of their key, so that two calls that
 * meet wait for each other one way only. It comes before writeChanges: the insert of a key waits while its row is
 * updated, so a transaction that has updated a hold must not wait for anything any more.
 * @throws QueryFailedError with a unique violation if something was kept for one of the exchanges meanwhile
 */
export async function keepHolds(tx: EntityManager, holds: readonly KeptHold[]): Promise<void> {
  if (holds.length === 0) return;
  await tx.query(
    `insert into inventory.holds (exchange, title, state, cause_code, cause_detail, moves, mints, missing)
     select exchange, title, state, code, detail, moves, nullif(mints, 'null'), nullif(missing, 'null')
     from rows from (
       unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]),
       jsonb_array_elements($6::jsonb), jsonb_array_elements($7::jsonb), jsonb_array_elements($8::jsonb))
       as k(exchange, title, state, code, detail, moves, mints, missing) order by exchange collate "C"`,
    [
      holds.map((hold) => hold.exchange),
      holds.map((hold) => hold.title),
      holds.map((hold) => hold.state),
      ...causes(holds),
      // As one text: in an array of texts each quote would be escaped here, and read as such there.
      JSON.stringify(holds.map((hold) => hold.moves)),
      JSON.stringify(holds.map((hold) => hold.mints ?? null)),
      JSON.stringify(holds.map((hold) => hold.missing ?? null)),
    ],
  );
}

/**
 * Writes what was decided about instances, and the holds that end by it, in one statement: the rows, a movement and
 * a fact each. It writes nothing if there is nothing to write.
 * @param changes at most one for each instance
 * @throws Error if a row is not as it was when it was decided, which its lock rules out
 */
export async function writeChanges(
  tx: EntityManager,
  changes: readonly InstanceChange[],
  ended: readonly KeptHold[] = [],
): Promise<void> {
  if (changes.length === 0 && ended.length === 0) return;
  const parameters = new Parameters();
  const given = parameters.columns({
    id: ['uuid', changes.map(({ id }) => instanceUuid(id))],
    version: ['bigint', changes.map(({ version }) => version)],
    kind: ['text', changes.map(({ kind }) => kind)],
    from_owner: ['text', changes.map(({ from }) => from)],
    to_owner: ['text', changes.map(({ to }) => to)],
    cause: ['text', changes.map(({ cause }) => cause)],
    exchange: ['text', changes.map(({ kind, cause }) => (kind === 'hold' ? cause : null))],
  });
  const [codes, details] = causes(ended);
  const end = parameters.columns({
    exchange: ['text', ended.map(({ exchange }) => exchange)],
    state: ['text', ended.map(({ state }) => state)],
    code: ['text', codes],
    detail: ['text', details],
  });
  const [done] = await tx.query<[{ changed: number; ended: number }]>(
    `with given as (select * from ${given.rows}),
    changed as (
      update inventory.instances i set
        version = g.version,
        owner = coalesce(g.to_owner, i.owner),
        state = case g.kind when 'hold' then 'held' when 'burn' then 'burned' else 'owned' end,
        hold_exchange = case g.kind when 'hold' then g.exchange end,
        burned_at = case g.kind when 'burn' then now() end,
        updated_at = now()
      from given g where i.id = g.id and i.version = g.version - 1 returning 1),
    ended as (
      update inventory.holds h set state = g.state, cause_code = g.code, cause_detail = g.detail, updated_at = now()
      from ${end.rows} where h.exchange = g.exchange returning 1),
    moved as (
      insert into inventory.movements (instance, version, kind, from_owner, to_owner, cause)
      select id, version, kind, from_owner, to_owner, cause from given),
    told as (${outboxInsert('inventory', parameters.number(outboxParameter(changes.map(instanceFact))))})
    select (select count(*) from changed)::int as changed, (select count(*) from ended)::int as ended`,
    parameters.values,
  );
  if (done.changed !== changes.length || done.ended !== ended.length) {
    throw new Error(
      `${changes.length} instances and ${ended.length} holds were to change; ${done.changed} and ${done.ended} did.`,
    );
  }
}

/**
 * Adds to what is issued and reserved of limited items, which are locked.
 * @throws Error if there is no such item, which its lock rules out
 */
export async function writeCounts(tx: EntityManager, counts: readonly CountChange[]): Promise<void> {
  if (counts.length === 0) return;
  const [done] = await tx.query<[{ counted: number }]>(
    `with counted as (
       update inventory.items i set issued = i.issued + g.issued, reserved = i.reserved + g.reserved
       from unnest($1::text[], $2::text[], $3::int[], $4::int[]) as g (title, code, issued, reserved)
       where i.title = g.title and i.code = g.code returning 1)
     select count(*)::int as counted from counted`,
    [
      counts.map(({ title }) => title),
      counts.map(({ item }) => item),
      counts.map(({ issued }) => issued),
      counts.map(({ reserved }) => reserved),
    ],
  );
  if (done.counted !== counts.length)
    throw new Error(`${counts.length} items were to be counted, and ${done.counted} were.`);
}

function causes(holds: readonly KeptHold[]): [(string | null)[], (string | null)[]] {
  const kept = holds.map((hold) => ('cause' in hold ? hold.cause : undefined));
  return [kept.map((cause) => cause?.code ?? null), kept.map((cause) => cause?.detail ?? null)];
}

/** @throws Error if the text is not the id of an instance */
export function instanceUuid(instance: string): string {
  const uuid = uuidOf(idPrefixes.instance, instance);
  if (uuid === undefined) throw new Error(`${instance} is not the id of an item instance.`);
  return uuid;
}

export function instanceUuids(ids: Iterable<string>): string[] {
  return [...new Set(ids)].flatMap((id) => uuidOf(idPrefixes.instance, id) ?? []);
}
