import { outboxTable } from '../events/outbox.js';
import { openStatesOf, statesOf, type KindStates } from './deals.types.js';

/** What the migration of a kind of deal says. */
interface DealTables extends KindStates {
  schema: string;
  table: string;
  kind: string;
  /** The DDL of its own columns. */
  columns: readonly string[];
}

/** The DDL of what every kind of deal has in its schema. The migration runner has made the schema itself. */
export function createDealTables({ schema, table, kind, columns, ...states }: DealTables): string[] {
  return [
    // A close touches no tree of an index, and the fill factor leaves room for it on its page.
    `create table ${schema}.${table} (
        id uuid primary key,
        title text collate "C" not null,
        key text collate "C" not null,
        fingerprint bytea not null,
        state text not null default 'accepted'
          check (state in (${listed(statesOf(states))})),
        reason_code text,
        reason_detail text,
        ${columns.map((column) => `${column},`).join('\n        ')}
        workflow_id text,
        transaction_id xid8 not null default pg_current_xact_id(),
        sequence bigint generated always as identity,
        created_at timestamptz not null default now(),
        closed_at timestamptz,
        unique (title, key),
        check ((closed_at is null) = (state in (${listed(openStatesOf(states))}))),
        check ((state in (${listed(givenUpStatesOf(states))}))
          <= (reason_code is not null and reason_detail is not null))
      ) with (fillfactor = 55)`,
    // What is said of open deals alone has a table of its own, which is small however many deals are closed. An index
    // of open deals on the deals themselves would make every close a change of all their indexes.
    `create table ${schema}.open (
        id uuid primary key,
        created_at timestamptz not null,
        started_at timestamptz,
        waits_until timestamptz,
        woken boolean not null default false,
        checked_at timestamptz
      )`,
    // However many deals wait, nobody who looks for the others reads them.
    `create index open_by_age on ${schema}.open (created_at) where waits_until is null`,
    `create index open_by_wait on ${schema}.open (waits_until) where waits_until is not null`,
    // Who was closed when: a summary of ranges of pages, which a close may change and stay on its page.
    `create index ${table}_closed on ${schema}.${table} using brin (closed_at) with (autosummarize = on)`,
    `create index ${table}_by_title on ${schema}.${table} (title, transaction_id desc, sequence desc)`,
    outboxTable(schema),
    // A closed deal never changes again, whoever asks.
    `create function ${schema}.keep_closed() returns trigger language plpgsql as $$
      begin
        raise exception '${kind} % is closed and never changes', old.id using errcode = 'restrict_violation';
      end $$`,
    `create trigger keep_closed before update or delete on ${schema}.${table}
      for each row when (old.closed_at is not null) execute function ${schema}.keep_closed()`,
  ];
}

/** The SQL of a column that is true of the deals that were neither refused nor turned back. */
export function countsColumn(states: KindStates): string {
  return `counts boolean not null generated always as (state not in (${listed(givenUpStatesOf(states))})) stored`;
}

/** The states of closed deals that are not done. */
function givenUpStatesOf(states: KindStates): string[] {
  const others = new Set<string>([...openStatesOf(states), states.done]);
  return statesOf(states).filter((state) => !others.has(state));
}

function listed(states: readonly string[]): string {
  return states.map((state) => `'${state}'`).join(', ');
}

/** The index of the list of deals that have one value in a column of their own, the newest first. */
export function createDealList({ schema, table }: DealTables, column: string): string {
  return `create index ${table}_by_${column} on ${schema}.${table}
    (title, ${column}, transaction_id desc, sequence desc)`;
}

/** The DDL that takes all of it away. */
export function dropDealTables({ schema, table }: DealTables): string[] {
  return [
    `drop view ${schema}.facts`,
    `drop table ${schema}.${table}, ${schema}.open, ${schema}.outbox`,
    `drop function ${schema}.keep_closed`,
  ];
}
