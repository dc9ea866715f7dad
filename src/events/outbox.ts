/**
 * The outbox of a boundary: a table in the boundary's own schema. Every call that makes facts true writes all of them
 * into it as one row, in the same transaction. The view `facts` beside it has a row for each fact. Of the folder
 * `events` a boundary may import this file alone.
 */

/** Something that happened, as the event feed will tell it. */
export interface Fact {
  title: string;
  /** What happened, as `<subject>.<verb in the past>`, for example `trade.settled`. */
  type: string;
  /** The id of the thing to which it happened, for example `trd_…`. */
  subject: string;
  /** The rest of the fact. Amounts are decimal strings. */
  data: Record<string, unknown>;
}

/** The DDL of the outbox of one schema: a row for each call, and a view of its facts. For the boundary's migration. */
export function outboxTable(schema: string): string {
  // The facts are `json`, because nobody asks inside of a row: they are checked, and kept as they came. LZ4 costs
  // an insert far less time than PostgreSQL's own compression does, but not every server was built with it.
  return `
    create table ${schema}.outbox (
      id bigint generated always as identity primary key,
      transaction_id xid8 not null default pg_current_xact_id(),
      facts json not null,
      created_at timestamptz not null default now()
    );
    do $$ begin
      alter table ${schema}.outbox alter column facts set compression lz4;
    exception when feature_not_supported then
      null;
    end $$;
    create view ${schema}.facts as
      select id, place, transaction_id, fact->>'title' as title, fact->>'type' as type, fact->>'subject' as subject,
        (fact->'data')::jsonb as data, created_at
      from ${schema}.outbox cross join lateral json_array_elements(facts) with ordinality as told (fact, place)`;
}

/** The facts that a statement makes of its own rows, as SQL. */
interface FactsOfRows {
  /** Where the rows are, for example the name of a CTE. They have a `title`. */
  from: string;
  type: string;
  subject: string;
  /** A `json` or `jsonb` value. */
  data: string;
  /** The order in which they are told. */
  order: string;
}

/** The insert of facts that a statement makes of its own rows, as a fragment. It inserts nothing if there are none. */
export function outboxInsertFrom(schema: string, { from, type, subject, data, order }: FactsOfRows): string {
  return `insert into ${schema}.outbox (facts)
    select json_agg(json_build_object('title', title, 'type', ${type}, 'subject', ${subject}, 'data', ${data})
      order by ${order})
    from ${from} having count(*) > 0`;
}

/**
 * The insert of facts as a fragment for a boundary's own statement, usually inside a CTE. It inserts nothing if there
 * are none.
 * @param parameter the number of the parameter, 1 for `$1`, that outboxParameter makes
 */
export function outboxInsert(schema: string, parameter: number): string {
  return `insert into ${schema}.outbox (facts) select $${parameter}::json where $${parameter}::json is not null`;
}

/**
 * The parameter that outboxInsert reads: the facts of one call in the order in which they are told, or null for none.
 */
export function outboxParameter(facts: readonly Fact[]): string | null {
  return facts.length === 0 ? null : JSON.stringify(facts);
}

/**
 * How many rows an outbox holds, as a query that answers one `depth`. It goes by the ids at both ends, which costs
 * the same however many there are; ids that a rolled back transaction has used make it a little too large.
 */
export function outboxDepth(schema: string): string {
  return `select coalesce(max(id) - min(id) + 1, 0) as depth from ${schema}.outbox`;
}
