/**
 * The outbox of a boundary: a table in the boundary's own schema that receives one row for every fact,
 * in the transaction that makes it true. It is the one file that a boundary may import from another.
 */

/** Something that happened, as the event feed will tell it. */
export interface Fact {
  title: string;
  /** What happened, as `<subject>.<verb in the past>`, for example `trade.settled`. */
  type: string;
  /** The id of what it happened to, for example `trd_…`. */
  subject: string;
  /** The rest of the fact. Amounts are decimal strings. */
  data: Record<string, unknown>;
}

/** The DDL of the outbox table of one schema, for the boundary's first migration. */
export function outboxTable(schema: string): string {
  return `
    create table ${schema}.outbox (
      id bigint generated always as identity primary key,
      transaction_id xid8 not null default pg_current_xact_id(),
      title text not null,
      type text not null,
      subject text not null,
      data jsonb not null,
      created_at timestamptz not null default now()
    )`;
}

/**
 * The head of an insert of facts that a statement makes of its own rows: a `select` of title, type, subject and data
 * comes behind it.
 */
export function outboxInsertFrom(schema: string): string {
  return `insert into ${schema}.outbox (title, type, subject, data)`;
}

/**
 * The insert as a fragment for a boundary's own statement, usually inside a CTE.
 * It reads one JSON array parameter, so that a list of any length is one parameter; see outboxParameter.
 * @param parameter the number of the parameter, 1 for `$1`
 */
export function outboxInsert(schema: string, parameter: number): string {
  return `${outboxInsertFrom(schema)}
    select f->>'title', f->>'type', f->>'subject', f->'data'
    from jsonb_array_elements($${parameter}::jsonb) with ordinality as facts(f, n) order by n`;
}

/** The parameter that outboxInsert reads. */
export function outboxParameter(facts: readonly Fact[]): string {
  return JSON.stringify(facts);
}

/**
 * How many facts an outbox holds, as a query that answers one `depth`. It goes by the ids at both ends, which costs
 * the same however many there are; ids that a rolled back transaction has used make it a little too large.
 */
export function outboxDepth(schema: string): string {
  return `select coalesce(max(id) - min(id) + 1, 0) as depth from ${schema}.outbox`;
}
