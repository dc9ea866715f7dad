import type { Look, Snapshot } from '../checks.types.js';
import type { Counted } from './counters.reads.js';

/*
 * What is counted of items. There may be more instances and holds than one statement can count in its time, so they are
 * counted slice by slice within one snapshot.
 */

/** How many instances and how many holds one statement counts, and how many items one has. */
const sizesOfCount = { instances: 50_000, holds: 50_000, items: 1_000 };

interface Count {
  minted: bigint;
  burned: bigint;
  reserved: bigint;
}

/** What there is of each item, by its title and code. */
type Counts = Map<string, Count>;

interface Slice {
  last: string | null;
  many: number;
  counts: { title: string; item: string; minted?: number; burned?: number; reserved?: number }[];
}

/** The counters of items that are not what their instances and open holds come to. It is one snapshot of all. */
export async function readItems(
  { read, run: { title } }: Pick<Look, 'read' | 'run'>,
  sizes = sizesOfCount,
): Promise<Counted[]> {
  return read.inventory.inOneSnapshot(async (snapshot) => {
    const counts: Counts = new Map();
    const count = async (slices: (after: string | null) => Promise<Slice>, size: number): Promise<void> => {
      for (let after: string | null = null, goesOn = true; goesOn;) {
        const slice: Slice = await slices(after);
        for (const one of slice.counts) add(counts, one);
        after = slice.last;
        goesOn = slice.many === size;
      }
    };
    await count((after) => readInstances(snapshot, after, title, sizes.instances), sizes.instances);
    await count((after) => readHolds(snapshot, after, title, sizes.holds), sizes.holds);
    const wrong: Counted[] = [];
    for (let after: Pick<ItemRow, 'title' | 'item'> | null = { title: '', item: '' }; after !== null;) {
      const items: ItemRow[] = await readCounters(snapshot, after, title, sizes.items);
      wrong.push(...items.flatMap((item) => wrongOf(item, counts.get(keyOf(item)))));
      after = items.length === sizes.items ? (items.at(-1) ?? null) : null;
    }
    return wrong;
  });
}

const keyOf = ({ title, item }: { title: string; item: string }): string => `${title} ${item}`;

function add(counts: Counts, { title, item, minted = 0, burned = 0, reserved = 0 }: Slice['counts'][number]): void {
  const before = counts.get(keyOf({ title, item })) ?? { minted: 0n, burned: 0n, reserved: 0n };
  counts.set(keyOf({ title, item }), {
    minted: before.minted + BigInt(minted),
    burned: before.burned + BigInt(burned),
    reserved: before.reserved + BigInt(reserved),
  });
}

/** Instances are in the order of their ids, those of other titles too: nothing else leads to those of one title. */
async function readInstances(
  inventory: Snapshot,
  after: string | null,
  title: string | null,
  size: number,
): Promise<Slice> {
  const [row] = await inventory.query<{ slice: Slice }>(
    `with slice as materialized (
      select id, title, item, state from inventory.instances
      where $1::uuid is null or id > $1 order by id limit $3::int),
    counts as (
      select title, item, count(*) as minted, count(*) filter (where state = 'burned') as burned
      from slice where $2::text is null or title = $2 group by title, item)
    select json_build_object('many', (select count(*) from slice),
      'last', (select id from slice order by id desc limit 1),
      'counts', coalesce((select json_agg(c) from counts c), '[]')) as slice`,
    [after, title, size],
  );
  if (row === undefined) throw new Error('The slice was not answered.');
  return row.slice;
}

async function readHolds(
  inventory: Snapshot,
  after: string | null,
  title: string | null,
  size: number,
): Promise<Slice> {
  const [row] = await inventory.query<{ slice: Slice }>(
    `with slice as materialized (
      select exchange, title, state, mints from inventory.holds
      where $1::text is null or exchange > $1 order by exchange limit $3::int),
    counts as (
      select s.title, m->>'item' as item, count(*) as reserved
      from slice s, jsonb_array_elements(s.mints) m
      where s.state = 'held' and ($2::text is null or s.title = $2) group by 1, 2)
    select json_build_object('many', (select count(*) from slice),
      'last', (select exchange from slice order by exchange desc limit 1),
      'counts', coalesce((select json_agg(c) from counts c), '[]')) as slice`,
    [after, title, size],
  );
  if (row === undefined) throw new Error('The slice was not answered.');
  return row.slice;
}

/** An item with its counters, as decimal strings. */
interface ItemRow {
  title: string;
  item: string;
  isLimited: boolean;
  issued: string;
  reserved: string;
  minted: string;
  burned: string;
}

async function readCounters(
  inventory: Snapshot,
  after: Pick<ItemRow, 'title' | 'item'>,
  title: string | null,
  size: number,
): Promise<ItemRow[]> {
  return inventory.query(
    `select i.title, i.code as item, i.minting_limit is not null as "isLimited", i.issued::text, i.reserved::text,
       t.minted::text, t.burned::text
     from (
       select * from inventory.items
       where (title, code) > ($1::text, $2::text) and ($3::text is null or title = $3)
       order by title, code limit $4::int) i
     cross join lateral (
       select coalesce(sum(minted), 0) as minted, coalesce(sum(burned), 0) as burned from inventory.tallies
       where title = i.title and item = i.code) t
     order by i.title, i.code`,
    [after.title, after.item, title, size],
  );
}

/** Only what is limited has instances issued and reserved. */
function wrongOf(item: ItemRow, is: Count = { minted: 0n, burned: 0n, reserved: 0n }): Counted[] {
  const counted = {
    burned: is.burned,
    issued: item.isLimited ? is.minted : 0n,
    minted: is.minted,
    reserved: item.isLimited ? is.reserved : 0n,
  };
  return (Object.keys(counted) as (keyof typeof counted)[]).flatMap((of): Counted[] => {
    if (BigInt(item[of]) === counted[of]) return [];
    const { title, item: subject } = item;
    return [{ title, of, subject, asset: subject, said: item[of], counted: counted[of].toString() }];
  });
}
