import type { Reader } from '../checks.types.js';
import { dealTables } from './deal-tables.rules.js';
import type { DealState } from './deals.types.js';

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const dealId = new RegExp(`^(${dealTables.map(({ prefix }) => prefix).join('|')})_${uuid}$`);

const paid = `case when pay ? 'currency' then json_build_object(
  'player', 'player:' || player, 'currency', pay->>'currency', 'amount', pay->>'amount') end`;

const statement = dealTables
  .map(
    ({ name, prefix, done }, place) =>
      `select '${prefix}_' || id as id, title, closed_at is null as "isOpen", state = '${done}' as "isDone",
         ${name === 'purchases' ? paid : 'null::json'} as paid
       from ${name}.${name} where id = any($${place + 1}::uuid[])`,
  )
  .join(' union all ');

/** The states of the deals among these ids, which may name no deal. */
export async function readDealStates(main: Reader, ids: readonly string[]): Promise<Map<string, DealState>> {
  const named = [...new Set(ids)].filter((id) => dealId.test(id));
  if (named.length === 0) return new Map();
  type Row = Omit<DealState, 'paid'> & {
    id: string;
    paid: { player: string; currency: string; amount: string } | null;
  };
  const rows = await main.query<Row>(
    statement,
    dealTables.map(({ prefix }) => named.filter((id) => id.startsWith(prefix)).map((id) => id.slice(4))),
  );
  return new Map(
    rows.map(({ id, paid: is, ...state }) => [id, { ...state, paid: is && { ...is, amount: BigInt(is.amount) } }]),
  );
}

/** What names deals: its own id, the id of the deal, and the title. They are PostgreSQL's own texts of arrays. */
export interface NamedDeals {
  ids: string;
  deals: string;
  titles: string;
}

/** Of which deals something may be there: those that are open or done, or those that are there at all. */
export type DealsWanted = 'open or done' | 'any';

const isAsWanted = (table: (typeof dealTables)[number], wanted: DealsWanted): string => {
  if (wanted === 'any') return 'true';
  return `closed_at is null or state = '${table.done}'`;
};

// A scalar subquery is looked up by the primary key, whatever PostgreSQL expects of the table.
const othersStatement = (wanted: DealsWanted, bare: string, isSame: string): string => `
  select n.id from (
    select id, title, left(deal, 4) as prefix, substr(deal, 5) as uuid, ${bare} as deal
    from unnest($1::text[], $2::text[], $3::text[]) as named (id, deal, title)) n
  where case n.prefix
    ${dealTables
      .map(
        (table) => `when '${table.prefix}_' then (select ${isAsWanted(table, wanted)} from ${table.name}.${table.name} d
      where d.id = n.deal and ${isSame} and d.title = n.title)`,
      )
      .join(' ')} end is not true`;

/** Whatever a name is. */
const ofAnyNames = (wanted: DealsWanted): string =>
  othersStatement(
    wanted,
    `case when substr(deal, 5) ~ '^${uuid}$' then substr(deal, 5)::uuid end`,
    'd.id::text = n.uuid',
  );
/** Where each name is that of a deal by its looks, PostgreSQL need not look at it, which is most of the work. */
const ofIds = (wanted: DealsWanted): string => othersStatement(wanted, 'substr(deal, 5)::uuid', 'true');

const othersStatements = {
  'open or done': { ids: ofIds('open or done'), any: ofAnyNames('open or done') },
  any: { ids: ofIds('any'), any: ofAnyNames('any') },
};

/** The ids of what names a deal that is not as wanted, or none of its title. */
export async function readNamingOthers(
  main: Reader,
  { ids, deals, titles }: NamedDeals,
  wanted: DealsWanted,
): Promise<string[]> {
  const areIds = deals
    .slice(1, -1)
    .split(',')
    .every((name) => dealId.test(name));
  const text = othersStatements[wanted][areIds ? 'ids' : 'any'];
  const rows = await main.query<{ id: string }>(text, [ids, deals, titles]);
  return rows.map(({ id }) => id);
}
