import type { Look } from '../checks.types.js';
import { newSeed } from './deal-digests.reads.js';
import type { NamedDeals } from './deal-states.reads.js';
import { dealTables } from './deal-tables.rules.js';

/** How many holds are looked at together. */
export const holdsOfSlice = 4_000;

/** Some holds in the order of their deals. */
export interface HoldSlice {
  /** The deal of the last hold, also where the run is not about it; null where there is none. */
  last: string | null;
  many: number;
  /** How many of them the run is about. */
  seen: number;
  /** Those that are open, or whose instances have not all gone or stayed as the hold says. */
  odd: string[];
  /** The bare ids of instances that deals have given, and that their holds do not name. */
  strangers: string[];
  /** The deals of all that the run is about; null where there is none. */
  named: NamedDeals | null;
}

/**
 * What deals have given behind one hold and until another, or until the end. Whoever mints by hand says why in words of
 * their own, which may sort between the ids of two deals, so each kind of deal is looked up by itself.
 */
const givenByDeals = dealTables
  .map(
    ({ prefix }) => `select cause, kind, instance from inventory.movements
        where kind in ('mint', 'move') and cause > greatest($2::text, '${prefix}_')
          and cause <= least((select until from ends), '${prefix}_~')`,
  )
  .join(' union all ');

const holdsBehind = `
    part as materialized (
      select exchange, title, state, moves, mints, $1::text is null or title = $1 as seen
      from inventory.holds where exchange > $2::text order by exchange limit ${holdsOfSlice}),
    ends as materialized (
      select max(exchange) as last, count(*)::int as many,
        -- What is behind the last hold of all belongs to the last slice.
        case when count(*) = ${holdsOfSlice} then max(exchange) end as until
      from part),
    said as (
      select exchange, title, 'move' as kind, substr(m->>'instance', 5)::uuid as instance, state, seen
      from part, jsonb_array_elements(moves) m
      union all
      select exchange, title, 'mint', substr(m->>'instance', 5)::uuid, state, seen
      from (select * from part where mints is not null) p, jsonb_array_elements(mints) m)`;

const pieceHash = (deal: string): string =>
  `uuid_hash_extended(instance, hashtextextended(kind, hashtextextended(${deal}, $3::bigint)))`;

/**
 * Looks at the holds behind one. Where the sums of what they name and of what deals have given are the same, there is
 * no more to it. Else PostgreSQL looks at them one by one, and names those of which more is to be known.
 */
export async function readHoldSlice(look: Look, after: string): Promise<HoldSlice> {
  const { read, run } = look;
  type Row = Pick<HoldSlice, 'last' | 'many' | 'seen'> & {
    isWhole: boolean;
    ids: string | null;
    titles: string | null;
  };
  const [row] = await read.inventory.query<Row>(
    `with ${holdsBehind},
    named as materialized (select * from said)
    select ends.last, ends.many, whole.*,
      ends.many = whole.seen and not exists (select from part where state in ('held', 'ended-by-hand'))
        and not exists (select from named n
          join lateral (select title from inventory.instances where id = n.instance offset 0) i on i.title <> n.title)
        and (select coalesce(sum(${pieceHash('exchange')}), 0) from named where state = 'moved')
          = (select coalesce(sum(${pieceHash('cause')}), 0) from (${givenByDeals}) given) as "isWhole"
    from ends, (
      select count(*)::int as seen, array_agg(exchange)::text as ids, array_agg(title)::text as titles
      from part where seen) whole`,
    [run.title, after, newSeed()],
  );
  if (row === undefined) throw new Error('The slice was not answered.');
  const { ids, titles, isWhole, ...rest } = row;
  const named = ids === null || titles === null ? null : { ids, deals: ids, titles };
  return { ...rest, ...(isWhole ? { odd: [], strangers: [] } : await readOddHolds(look, after)), named };
}

/** Looks at the same holds one by one, in one snapshot. */
async function readOddHolds({ read, run }: Look, after: string): Promise<Pick<HoldSlice, 'odd' | 'strangers'>> {
  const [row] = await read.inventory.query<Pick<HoldSlice, 'odd' | 'strangers'>>(
    `with ${holdsBehind},
    named as (
      select s.* from said s
      left join lateral (select title from inventory.instances where id = s.instance offset 0) i on true
      -- A hold can name nothing of another title.
      where i.title is null or i.title = s.title),
    grouped as materialized (
      select exchange, instance, max(state) as state, bool_or(seen) as seen, count(given) as many
      from (
        select exchange, kind, instance, state, seen, null::boolean as given from named
        union all
        select cause, kind, instance, null, null, true from (${givenByDeals}) given) all_of
      group by exchange, kind, instance)
    select array(select exchange from part where seen and state = 'held'
        union select exchange from grouped
          where seen and state not in ('held', 'ended-by-hand') and (state = 'moved') <> (many > 0)) as odd,
      array(select distinct instance from grouped where state is null) as strangers`,
    [run.title, after],
  );
  if (row === undefined) throw new Error('The slice was not answered.');
  return row;
}
