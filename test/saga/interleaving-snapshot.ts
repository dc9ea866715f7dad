import type { DealState } from '../../src/exchanges/deals.types.js';
import type { Cause } from '../../contracts/nouns.js';

/** What the databases say of some deals and their players. Causes are null where there are none. */
export interface Snapshot {
  /** What the saga has closed it with: of a purchase the row says `completed`, `declined`, `cancelled` or `expired`. */
  rows: { id: string; state: Exclude<DealState, 'completed'>; cause: Cause | null; closed_at: string | null }[];
  facts: { id: string; type: string }[];
  holds: { id: string; state: string; cause: Cause | null }[];
  outcomes: { id: string; state: string; cause: Cause | null }[];
  transfers: { id: string }[];
  balances: { player: string; gold: number }[];
  instances: { id: string; owner: string; state: string }[];
  movements: { instance: string; kind: string; cause: string }[];
  editions: { code: string; max: number; issued: number; reserved: number; serials: number[] }[];
}

/** The title of every deal. */
export const title = 'arena';

const cause = `case when cause_code is not null then
  json_build_object('code', cause_code, 'detail', cause_detail) end as cause`;

const rowsOf = (prefix: string, table: string, uuids: string): string =>
  `select '${prefix}_' || id as id, case when state = 'completed' then 'settled'
     when state in ('declined', 'cancelled', 'expired') then 'compensated' else state end as state,
     case when reason_code is not null then
       json_build_object('code', reason_code, 'detail', reason_detail) end as cause, closed_at
   from ${table} where id = any(${uuids}::uuid[])`;

/** What was told before the deals were accepted is not taken apart, or each look would cost more than the last. */
const factsOf = (prefix: string, schema: string, uuids: string): string =>
  `select subject, type, id, place from ${schema}.facts
   where transaction_id >= (
     select transaction_id from ${schema}.${schema} where id = any(${uuids}::uuid[]) order by transaction_id limit 1)
     and subject in (select '${prefix}_' || id from unnest(${uuids}::uuid[]) id)`;

/**
 * One statement, so that it is one moment. $1 the ids of the deals, $2 players and $3 instances, $4 trades and $5
 * purchases without their prefixes, $6 editions.
 */
export const snapshot = `
  select
    (select coalesce(json_agg(r order by id), '[]') from (
      ${rowsOf('trd', 'trades.trades', '$4')} union all ${rowsOf('pur', 'purchases.purchases', '$5')}) r) as rows,
    (select coalesce(json_agg(json_build_object('id', subject, 'type', type) order by id, place), '[]') from (
      ${factsOf('trd', 'trades', '$4')} union all ${factsOf('pur', 'purchases', '$5')}) f) as facts,
    (select coalesce(json_agg(h order by id), '[]') from (
      select exchange as id, state, ${cause} from inventory.holds where exchange = any($1::text[])) h) as holds,
    (select coalesce(json_agg(o order by id), '[]') from (
      select substr(key, 10) as id, state, ${cause}
      from ledger.outcomes
      where title = '${title}' and key in (select 'exchange/' || id from unnest($1::text[]) id)) o) as outcomes,
    (select coalesce(json_agg(json_build_object('id', reference) order by sequence), '[]') from ledger.transfers
      where title = '${title}' and reference = any($1::text[])) as transfers,
    (select coalesce(json_agg(b order by player), '[]') from (
      select substr(owner, 8) as player, credits_posted - debits_posted as gold from ledger.accounts
      where title = '${title}' and asset = 'gold'
        and owner in (select 'player:' || p from unnest($2::text[]) p)) b) as balances,
    (select coalesce(json_agg(i order by id), '[]') from (
      select 'ins_' || id as id, owner, state from inventory.instances where id = any($3::uuid[])) i) as instances,
    (select coalesce(json_agg(json_build_object('instance', 'ins_' || instance, 'kind', kind, 'cause', cause)
      order by instance, version), '[]')
      from inventory.movements where instance = any($3::uuid[])) as movements,
    (select coalesce(json_agg(e order by code), '[]') from (
      select code, minting_limit as max, issued, reserved,
        array(select serial from inventory.instances n where n.title = i.title and n.item = i.code order by serial)
          as serials
      from inventory.items i where title = '${title}' and code = any($6::text[])) e) as editions`;
