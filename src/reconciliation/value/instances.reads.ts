import type { Look } from '../checks.types.js';
import { newSeed } from './deal-digests.reads.js';
import type { WrongInstance } from './instances.rules.js';

/** How many instances one part has. */
export const instancesOfPart = 4_000;

const ways = {
  after: `where id > $3::uuid order by id limit ${instancesOfPart}`,
  ids: 'where id = any($3::uuid[])',
};

export interface InstancePart {
  seen: number;
  movements: number;
  /** The last instance of the part, also where the run is not about it. */
  last: string | null;
  /** How many instances the part has in all. */
  many: number;
  wrong: WrongInstance[];
}

/** What deals have given of the instances of a part without naming it. */
const unnamedOnes = `
      select l.instance, json_agg(json_build_object('cause', l.cause, 'to', l.to_owner,
        'isBesideItsDeal', l.kind = 'mint' and l.mints is not null) order by l.version) as moved
      from (
        select l.*, h.mints from linked l
        left join lateral (
          select mints, moves from inventory.holds where exchange = l.cause and title = l.title offset 0) h on true
        where l.kind in ('mint', 'move') and l.cause ~ '^(trd|pur|rfd)_'
          and not coalesce(case when l.kind = 'move' then h.moves else h.mints end
            @> jsonb_build_array(jsonb_build_object('instance', 'ins_' || l.instance)), false)
        -- What was minted by hand has no index. It is looked for where there is no hold alone.
        offset 0) l
      where
        -- Whoever mints by hand says why in words of their own, and may name a deal.
        not (l.kind = 'mint' and exists (select from inventory.outcomes o
          where o.title = l.title and o.command = 'mint' and o.instance = l.instance and o.cause_code is null))
      group by l.instance`;

/** What there is of an instance at a version: whose it is, and what may come next. */
const stateHash = (instance: string, version: string, owner: string, state: string): string =>
  `uuid_hash_extended(${instance}, hashtextextended(${owner},
    hashtextextended(${state}, hashint8extended(${version}, $4::bigint))))`;

/**
 * Looks at the instances behind one, in one snapshot. Every movement but a first one begins where another has ended,
 * and where no other begins there is the instance. So the ends come to the same as the beginnings and the instances,
 * and PostgreSQL need not put them in order. Where they do not, it looks at them one by one.
 */
export async function lookAtInstancesBehind(look: Look, after: string): Promise<InstancePart> {
  const { read, cut, run } = look;
  const [row] = await read.inventory.query<Omit<InstancePart, 'wrong'> & { isWhole: boolean }>(
    `with part as materialized (
      select id, owner, state, hold_exchange, version,
        transaction_id < $1::xid8 and ($2::text is null or title = $2) as seen
      from inventory.instances ${ways.after}),
    moved as (
      select count(*)::int as movements,
        coalesce(sum(${stateHash(
          'instance',
          'm.version',
          'coalesce(to_owner, from_owner)',
          `case kind
          when 'hold' then 'held ' || cause when 'burn' then 'burned' else 'owned' end`,
        )}), 0) as ends,
        coalesce(sum(${stateHash(
          'instance',
          'm.version - 1',
          'from_owner',
          `case
          when kind in ('move', 'release') then 'held ' || cause else 'owned' end`,
        )})
          filter (where kind <> 'mint'), 0) as beginnings,
        count(*) filter (where (kind = 'mint') <> (m.version = 1)
          or kind in ('hold', 'release') and to_owner is distinct from from_owner) as odd
      from part p join inventory.movements m on m.instance = p.id where p.seen),
    there as (
      select coalesce(sum(${stateHash(
        'id',
        'version',
        'owner',
        `case state
        when 'held' then 'held ' || hold_exchange else state end`,
      )}), 0) as states,
        count(*) filter (where state = 'held' and not exists (
          select from inventory.holds h where h.exchange = p.hold_exchange and h.state = 'held'
            and h.moves @> jsonb_build_array(jsonb_build_object('instance', 'ins_' || p.id)))) as lost
      from part p where seen)
    select (select id from part order by id desc limit 1) as last, (select count(*)::int from part) as many,
      (select count(*)::int from part where seen) as seen, movements,
      ends = beginnings + states and odd = 0 and lost = 0 as "isWhole"
    from moved, there`,
    [cut.inventory.xmax, run.title, after, newSeed()],
  );
  if (row === undefined) throw new Error('The part was not answered.');
  const { isWhole, ...part } = row;
  return isWhole ? { ...part, wrong: [] } : lookAtInstances(look, { after });
}

/**
 * Looks at instances in one snapshot: in the order of their ids, or at some by name. It answers those whose movements
 * do not go on from one another, or are not what the instance says. Of those by name it answers as well what deals have
 * given of them without naming it.
 */
export async function lookAtInstances(
  { read, cut, run }: Look,
  wanted: { after: string } | { ids: readonly string[] },
): Promise<InstancePart> {
  const [way, place] = 'ids' in wanted ? (['ids', wanted.ids] as const) : (['after', wanted.after] as const);
  const [row] = await read.inventory.query<{ part: InstancePart }>(
    `with part as materialized (
      select id, title, item, owner, state, hold_exchange, version, created_at,
        transaction_id < $1::xid8 and ($2::text is null or title = $2) as seen
      from inventory.instances ${ways[way]}),
    linked as (
      select m.*, p.title, row_number() over one as place, lag(m.to_owner) over one as before,
        lag(m.kind) over one as kind_before, lag(m.cause) over one as cause_before,
        lead(m.version) over one is null as is_last
      from part p join inventory.movements m on m.instance = p.id
      where p.seen window one as (partition by m.instance order by m.version)),
    chains as (
      select instance, count(*) as many,
        min(place) filter (where version <> place or (kind = 'mint') <> (place = 1)
          or place > 1 and from_owner is distinct from before
          or kind in ('hold', 'release') and to_owner is distinct from from_owner
          or (kind in ('move', 'release')) <> (kind_before is not distinct from 'hold')
          or kind in ('move', 'release') and cause_before is distinct from cause) as broken_at,
        max(kind) filter (where is_last) as last_kind, max(cause) filter (where is_last) as last_cause,
        max(coalesce(to_owner, from_owner)) filter (where is_last) as last_owner
      from linked group by instance),
    unnamed as (${'ids' in wanted ? unnamedOnes : 'select null::uuid as instance, null::json as moved where false'}),
    holders as (
      select p.id, exists (select from inventory.holds h where h.exchange = p.hold_exchange and h.state = 'held'
        and h.moves @> jsonb_build_array(jsonb_build_object('instance', 'ins_' || p.id))) as is_held
      from part p where p.seen and p.state = 'held')
    select json_build_object(
      'seen', (select count(*) from part where seen), 'movements', (select count(*) from linked),
      'last', (select id from part order by id desc limit 1), 'many', (select count(*) from part),
      'wrong', coalesce((select json_agg(json_build_object(
        'id', p.id, 'title', p.title, 'item', p.item, 'owner', p.owner, 'state', p.state, 'version', p.version,
        'createdAt', p.created_at, 'many', coalesce(c.many, 0), 'brokenAt', c.broken_at, 'lastOwner', c.last_owner,
        'stateSaid', case c.last_kind when 'hold' then 'held' when 'burn' then 'burned' else 'owned' end,
        'isHeldByNobody', h.is_held is false or p.hold_exchange is distinct from
          case when c.last_kind = 'hold' then c.last_cause end,
        'unnamed', coalesce(u.moved, '[]')) order by p.id)
        from part p left join chains c on c.instance = p.id left join unnamed u on u.instance = p.id
        left join holders h on h.id = p.id
        where p.seen and (c.many is null or c.many <> p.version or c.broken_at is not null or c.last_owner <> p.owner
          or p.state <> case c.last_kind when 'hold' then 'held' when 'burn' then 'burned' else 'owned' end
          or p.hold_exchange is distinct from case when c.last_kind = 'hold' then c.last_cause end
          or h.is_held is false or u.moved is not null)), '[]')) as part`,
    [cut.inventory.xmax, run.title, place],
  );
  if (row === undefined) throw new Error('The part was not answered.');
  return row.part;
}
