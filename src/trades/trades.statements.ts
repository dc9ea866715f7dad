import type { EntityManager } from 'typeorm';
import type { Closing } from '../../contracts/answers.js';
import { outboxInsertFrom } from '../events/outbox.js';
import { idOf, uuidOf } from '../ids.js';
import type { ClosedTrade, NewTrade, Parties, Trade, TradeState } from './trades.types.js';

/** A row as PostgreSQL gives it. */
export interface TradeRow {
  id: string;
  title: string;
  key: string;
  fingerprint: Buffer;
  state: TradeState;
  reason_code: string | null;
  reason_detail: string | null;
  parties: Parties;
  reference: string | null;
  workflow_id: string | null;
  created_at: Date;
  closed_at: Date | null;
  transaction_id: string;
  sequence: string;
}

export const tradeColumns =
  'id, title, key, fingerprint, state, reason_code, reason_detail, parties, reference, workflow_id, created_at, closed_at, transaction_id, sequence';

export function tradeOf(row: TradeRow): Trade {
  return {
    id: idOf('trd', row.id),
    title: row.title,
    state: row.state,
    reason: row.reason_code === null ? null : { code: row.reason_code, detail: row.reason_detail ?? '' },
    parties: row.parties,
    reference: row.reference,
    workflowId: row.workflow_id,
    createdAt: row.created_at,
    closedAt: row.closed_at,
  };
}

/** The UUID of an id that Veltrix itself made. */
export function tradeUuid(id: string): string {
  const uuid = uuidOf('trd', id);
  if (uuid === undefined) throw new Error(`${id} is not the id of a trade`);
  return uuid;
}

/**
 * Inserts trades and tells of each. A trade whose key is taken is left out.
 * @returns by id (`trd_…`) when each was accepted
 */
export async function insertTrades(tx: EntityManager, trades: readonly NewTrade[]): Promise<Map<string, Date>> {
  // Keys in one order for everybody, so that two inserts never wait for each other in a circle.
  const sorted = [...trades].sort((a, b) => compare(a.title, b.title) || compare(a.key, b.key));
  const rows = await tx.query<{ id: string; created_at: Date }[]>(
    `with accepted as (
       insert into trades.trades (id, title, key, fingerprint, player_a, player_b, parties, reference, workflow_id)
       select id, title, key, fingerprint, a, b, parties, reference, workflow_id
       from rows from (unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::text[]), jsonb_array_elements($9::jsonb))
         as g(id, title, key, fingerprint, a, b, reference, workflow_id, parties)
       on conflict (title, key) do nothing
       returning id, title, parties, reference, workflow_id, created_at, sequence
     ), opened as (
       insert into trades.open (id, created_at, started_at)
       select id, created_at, case when workflow_id is not null then created_at end from accepted
     ), told as (
       ${outboxInsertFrom('trades', { from: 'accepted', type: `'trade.accepted'`, subject: `'trd_' || id`, data: `json_build_object('parties', parties, 'reference', reference)`, order: 'sequence' })}
     )
     select id, created_at from accepted`,
    [
      sorted.map(({ id }) => tradeUuid(id)),
      sorted.map(({ title }) => title),
      sorted.map(({ key }) => key),
      sorted.map(({ fingerprint }) => fingerprint),
      sorted.map(({ parties }) => parties[0].player),
      sorted.map(({ parties }) => parties[1].player),
      sorted.map(({ reference }) => reference),
      sorted.map(({ workflowId }) => workflowId),
      // As one text: in an array of texts each quote would be escaped here, and read as such there.
      JSON.stringify(sorted.map(({ parties }) => parties)),
    ],
  );
  return new Map(rows.map(({ id, created_at: createdAt }) => [idOf('trd', id), createdAt]));
}

/** The trades that these keys stand for. */
export async function readByKeys(tx: EntityManager, keys: readonly { title: string; key: string }[]): Promise<TradeRow[]> {
  return tx.query<TradeRow[]>(
    `select ${tradeColumns} from trades.trades join unnest($1::text[], $2::text[]) as asked (asked_title, asked_key) on title = asked_title and key = asked_key`,
    [keys.map(({ title }) => title), keys.map(({ key }) => key)],
  );
}

/** Locks the rows of trades in one order for everybody, and answers for those that exist, by their ids, what they say. */
export async function lockTrades(tx: EntityManager, uuids: readonly string[]): Promise<Map<string, { state: TradeState; closedAt: Date | null }>> {
  const rows = await tx.query<{ id: string; state: TradeState; closed_at: Date | null }[]>('select id, state, closed_at from trades.trades where id = any($1::uuid[]) order by id for no key update', [uuids]);
  return new Map(rows.map(({ id, state, closed_at: closedAt }) => [idOf('trd', id), { state, closedAt }]));
}

/** Sets the state of rows that are open, in the order in which a close locks them. */
export async function markRows(tx: EntityManager, uuids: readonly string[], state: 'stuck' | 'accepted'): Promise<void> {
  await lockTrades(tx, uuids);
  await tx.query('update trades.trades set state = $2 where id = any($1::uuid[]) and closed_at is null and state <> $2', [uuids, state]);
}

const reasonOfClosed = `case when reason_code is null then '{}' else json_build_object('reason', json_build_object('code', reason_code, 'detail', reason_detail)) end`;

/**
 * Closes the rows that are still open. Only the state and cause of the first close count, and only it is told.
 * @returns what was closed by this call
 */
export async function closeRows(tx: EntityManager, closings: readonly Closing[]): Promise<ClosedTrade[]> {
  const rows = await tx.query<{ id: string; state: ClosedTrade['state']; reason_code: string | null; closed_at: Date; seconds: number }[]>(
    `with closed as (
       update trades.trades t
       set state = c.state, reason_code = c.code, reason_detail = c.detail, closed_at = statement_timestamp()
       from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) with ordinality as c (id, state, code, detail, place)
       where t.id = c.id and t.closed_at is null
       returning t.id, t.title, t.state, t.reason_code, t.reason_detail, t.closed_at, t.created_at, c.place
     ), gone as (
       delete from trades.open o using closed c where o.id = c.id
     ), told as (
       ${outboxInsertFrom('trades', { from: 'closed', type: `'trade.' || state`, subject: `'trd_' || id`, data: reasonOfClosed, order: 'place' })}
     )
     select id, state, reason_code, closed_at, extract(epoch from closed_at - created_at)::float8 as seconds from closed`,
    [
      closings.map(({ id }) => tradeUuid(id)),
      closings.map(({ state }) => state),
      closings.map((closing) => (closing.state === 'settled' ? null : closing.cause.code)),
      closings.map((closing) => (closing.state === 'settled' ? null : closing.cause.detail)),
    ],
  );
  return rows.map(({ id, state, reason_code: reason, closed_at: closedAt, seconds }) => ({ id: idOf('trd', id), state, reason: reason ?? '', closedAt, seconds }));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
