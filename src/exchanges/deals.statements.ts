import type { EntityManager } from 'typeorm';
import type { Closing, Waiting } from '../../contracts/answers.js';
import { outboxInsertFrom } from '../events/outbox.js';
import { idOf, uuidOf } from '../ids.js';
import { lockedHow } from '../postgres/held-rows.js';
import { preparedAlone } from '../postgres/prepared-statements.js';
import { openStatesOf, waitingStates } from './deals.types.js';
import type { DealKind, DealRow, DealState, JustClosed, NewDeal, StoredDeal } from './deals.types.js';

const before = ['id', 'title', 'key', 'fingerprint', 'state', 'reason_code', 'reason_detail'];
const after = ['workflow_id', 'created_at', 'closed_at', 'transaction_id', 'sequence'];

const reasonOfClosed = `case when reason_code is null then '{}' else
  json_build_object('reason', json_build_object('code', reason_code, 'detail', reason_detail)) end`;

/** The statements of one kind of deal. Their texts are made once. */
export class DealStatements<Terms> {
  /** The columns of a row, for a select. */
  readonly columns: string;
  /** The same where other tables are read beside: the deals are `t`. */
  readonly columnsOfT: string;
  /** The table with its schema. */
  readonly table: string;
  private readonly insertText: string;
  private readonly closeText: string;

  constructor(readonly kind: DealKind<Terms>) {
    const names = [...before, ...kind.columns.map(({ name }) => name), ...after];
    this.columns = names.join(', ');
    this.columnsOfT = names.map((name) => `t.${name}`).join(', ');
    this.table = `${kind.schema}.${kind.table}`;
    this.insertText = preparedAlone(insertTextOf(kind, this.table));
    this.closeText = closeTextOf(kind, this.table);
  }

  /**
   * The condition of a list for the deals in a state, which is in a parameter. Open ones are few among all that are
   * kept, so they are read by their ids, which `open` has. The ids are an array, because a planner that is given a
   * join walks the list of the title from its newest deal on, and finds a few open ones at its very end.
   */
  stateIs(state: DealState, parameter: string): string {
    const isOpen = openStatesOf(this.kind).includes(state);
    return `state = ${parameter}${isOpen ? ` and id = any(array(select id from ${this.kind.schema}.open))` : ''}`;
  }

  /** @throws Error if the text is not the id of such a deal, which only a mistake in Veltrix can bring about */
  uuidOf(id: string): string {
    const uuid = uuidOf(this.kind.prefix, id);
    if (uuid === undefined) throw new Error(`${id} is not the id of a ${this.kind.kind}`);
    return uuid;
  }

  /** What the row of a deal says that comes to this end. */
  stateOf(closing: Closing): JustClosed['state'] {
    if (closing.state === 'settled') return this.kind.done;
    return this.kind.ends?.[closing.cause.code] ?? closing.state;
  }

  /** The UUIDs of those ids that are such deals'. */
  uuidsAmong(ids: readonly string[]): string[] {
    return ids.flatMap((id) => uuidOf(this.kind.prefix, id) ?? []);
  }

  idOf(uuid: string): string {
    return idOf(this.kind.prefix, uuid);
  }

  dealOf(row: DealRow): StoredDeal<Terms> {
    const { kind } = this;
    return {
      ...kind.termsOf(row),
      id: idOf(kind.prefix, row.id),
      title: row.title,
      state: row.state,
      reason: row.reason_code === null ? null : { code: row.reason_code, detail: row.reason_detail ?? '' },
      workflowId: row.workflow_id,
      createdAt: row.created_at,
      closedAt: row.closed_at,
    };
  }

  /**
   * Inserts deals and tells of each. A deal whose key is taken is left out.
   * @returns by id when each was accepted
   */
  async insert(tx: EntityManager, deals: readonly NewDeal<Terms>[]): Promise<Map<string, Date>> {
    // Keys in one order for everybody, so that two inserts never wait for each other in a circle.
    const sorted = [...deals].sort((a, b) => compare(a.title, b.title) || compare(a.key, b.key));
    const rows = await tx.query<{ id: string; created_at: Date }[]>(this.insertText, [
      sorted.map(({ id }) => this.uuidOf(id)),
      sorted.map(({ title }) => title),
      sorted.map(({ key }) => key),
      sorted.map(({ fingerprint }) => fingerprint),
      sorted.map(({ workflowId }) => workflowId),
      ...this.kind.columns.map(({ type, of }) => {
        const values = sorted.map((deal) => of(deal));
        // A list of JSON is sent as one JSON text. In a `text[]` parameter every quote would be escaped.
        return type === 'jsonb' ? JSON.stringify(values) : values;
      }),
    ]);
    return new Map(rows.map(({ id, created_at: createdAt }) => [this.idOf(id), createdAt]));
  }

  /** The deals that these keys stand for. */
  async readByKeys(tx: EntityManager, keys: readonly { title: string; key: string }[]): Promise<DealRow[]> {
    return tx.query<DealRow[]>(
      `select ${this.columns} from ${this.table}
       join unnest($1::text[], $2::text[]) as asked (asked_title, asked_key)
         on title = asked_title and key = asked_key`,
      [keys.map(({ title }) => title), keys.map(({ key }) => key)],
    );
  }

  /** Locks rows in one order for everybody, and answers for those that exist, by their ids, what they say. */
  async lock(
    tx: EntityManager,
    uuids: readonly string[],
  ): Promise<Map<string, { state: DealState; closedAt: Date | null }>> {
    const rows = await tx.query<{ id: string; state: DealState; closed_at: Date | null }[]>(
      `select id, state, closed_at from ${this.table} where id = any($1::uuid[]) order by id for no key update`,
      [uuids],
    );
    return new Map(rows.map(({ id, state, closed_at: closedAt }) => [this.idOf(id), { state, closedAt }]));
  }

  /** Sets the state of rows that are in the other one, in the order in which a close locks them. */
  async mark(tx: EntityManager, uuids: readonly string[], state: 'stuck' | 'accepted'): Promise<void> {
    await this.lock(tx, uuids);
    await tx.query(`update ${this.table} set state = $2 where id = any($1::uuid[]) and state = $3`, [
      uuids,
      state,
      state === 'stuck' ? 'accepted' : 'stuck',
    ]);
  }

  /**
   * Says on rows that are open whom they wait for and until when, in the order in which a close locks them. One that
   * was woken since its run was started waits no longer: the run may have looked before.
   */
  async wait(tx: EntityManager, waiting: readonly Waiting[]): Promise<void> {
    const uuids = waiting.map(({ id }) => this.uuidOf(id));
    await this.lock(tx, uuids);
    await tx.query(
      `with w as (select * from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as w (id, state, until)),
       noted as (update ${this.kind.schema}.open o set
         waits_until = case when o.woken then least(w.until, now()) else w.until end
         from w where o.id = w.id)
       update ${this.table} t set state = w.state from w where t.id = w.id and t.closed_at is null`,
      [uuids, waiting.map((one) => waitingStates[one.for]), waiting.map(({ until }) => until)],
    );
  }

  /**
   * Has rows that wait be due now, and says on the others that they were woken, in the order in which a close locks
   * them.
   * @returns those that have waited
   */
  async wake(tx: EntityManager, uuids: readonly string[]): Promise<DealRow[]> {
    await this.lock(tx, uuids);
    return tx.query<DealRow[]>(
      `with all_woken as (
         update ${this.kind.schema}.open set woken = true,
           waits_until = case when waits_until is not null then least(waits_until, now()) end
         where id = any($1::uuid[]) returning id, waits_until
       ), woken as (
         select id from all_woken where waits_until is not null
       ), going as (
         update ${this.table} t set state = 'accepted' from woken
         where t.id = woken.id and t.state = any($2) and t.closed_at is null
       )
       select ${this.columnsOfT} from woken join ${this.table} t on t.id = woken.id`,
      [uuids, Object.values(waitingStates)],
    );
  }

  /**
   * Records the workflow on rows that are open, which wait no more, in the order in which a close locks them.
   * @param waits false where rows are passed over that somebody holds
   */
  async recordStart(tx: EntityManager, asked: readonly string[], workflowId: string, waits: boolean): Promise<void> {
    const rows = await tx.query<{ id: string }[]>(
      `select t.id from ${this.table} t join ${this.kind.schema}.open o on o.id = t.id where t.id = any($1::uuid[])
       order by t.id for no key update ${lockedHow(waits)}`,
      [asked],
    );
    const uuids = rows.map(({ id }) => id);
    await tx.query(
      `with open as (
         update ${this.kind.schema}.open set started_at = now(), waits_until = null, woken = false
         where id = any($1::uuid[])
       )
       update ${this.table} set workflow_id = $2, state = case when state = any($3) then 'accepted' else state end
       where id = any($1::uuid[]) and closed_at is null`,
      [uuids, workflowId, Object.values(waitingStates)],
    );
  }

  /** Takes a start back from rows that still name its workflow, in the order in which a close locks them. */
  async recordFailedStart(tx: EntityManager, uuids: readonly string[], workflowId: string): Promise<void> {
    await this.lock(tx, uuids);
    await tx.query(
      `update ${this.kind.schema}.open o set started_at = null from ${this.table} t
       where o.id = any($1::uuid[]) and t.id = o.id and t.workflow_id = $2`,
      [uuids, workflowId],
    );
  }

  /**
   * Closes the rows that are still open. Only the state and cause of the first close count, and only it is told.
   * @returns what was closed by this call
   */
  async close(tx: EntityManager, closings: readonly Closing[]): Promise<JustClosed[]> {
    const rows = await tx.query<
      { id: string; state: JustClosed['state']; reason_code: string | null; closed_at: Date; seconds: number }[]
    >(this.closeText, [
      closings.map(({ id }) => this.uuidOf(id)),
      closings.map((closing) => this.stateOf(closing)),
      closings.map((closing) => (closing.state === 'settled' ? null : closing.cause.code)),
      closings.map((closing) => (closing.state === 'settled' ? null : closing.cause.detail)),
    ]);
    return rows.map(({ id, state, reason_code: reason, closed_at: closedAt, seconds }) => ({
      id: this.idOf(id),
      state,
      reason: reason ?? '',
      closedAt,
      seconds,
    }));
  }
}

/** Lists travel as arrays, and a list of JSON values as one JSON text. */
function insertTextOf<Terms>({ kind, prefix, schema, columns, told }: DealKind<Terms>, table: string): string {
  const given = columns.map(({ name, type }, index) => ({ name, type, parameter: `$${index + 6}` }));
  const arrayColumns = given.filter(({ type }) => type !== 'jsonb');
  const jsonbColumns = given.filter(({ type }) => type === 'jsonb');
  const arrays = [
    '$1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::text[]',
    ...arrayColumns.map(({ type, parameter }) => `${parameter}::${type}[]`),
  ].join(', ');
  const from = [
    `unnest(${arrays})`,
    ...jsonbColumns.map(({ parameter }) => `jsonb_array_elements(${parameter}::jsonb)`),
  ].join(', ');
  const names = [
    'id, title, key, fingerprint, workflow_id',
    ...[...arrayColumns, ...jsonbColumns].map(({ name }) => name),
  ].join(', ');
  const toldAs = (name: string): string => columns.find((column) => column.name === name)?.toldAs ?? name;
  const tell = outboxInsertFrom(schema, {
    from: 'accepted',
    type: `'${kind}.accepted'`,
    subject: `'${prefix}_' || id`,
    data: `json_build_object(${told.map((name) => `'${name}', ${toldAs(name)}`).join(', ')})`,
    order: 'sequence',
  });
  return `with accepted as (
       insert into ${table} (${names})
       select ${names} from rows from (${from}) as g(${names})
       on conflict (title, key) do nothing
       returning ${['id, title', ...told, 'workflow_id, created_at, sequence'].join(', ')}
     ), opened as (
       insert into ${schema}.open (id, created_at, started_at)
       select id, created_at, case when workflow_id is not null then created_at end from accepted
     ), told as (
       ${tell}
     )
     select id, created_at from accepted`;
}

function closeTextOf<Terms>({ kind, prefix, schema }: DealKind<Terms>, table: string): string {
  const tell = outboxInsertFrom(schema, {
    from: 'closed',
    type: `'${kind}.' || state`,
    subject: `'${prefix}_' || id`,
    data: reasonOfClosed,
    order: 'place',
  });
  return `with closed as (
       update ${table} t
       set state = c.state, reason_code = c.code, reason_detail = c.detail, closed_at = statement_timestamp()
       from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) with ordinality as c (id, state, code, detail, place)
       where t.id = c.id and t.closed_at is null
       returning t.id, t.title, t.state, t.reason_code, t.reason_detail, t.closed_at, t.created_at, c.place
     ), gone as (
       delete from ${schema}.open o using closed c where o.id = c.id
     ), told as (
       ${tell}
     )
     select id, state, reason_code, closed_at, extract(epoch from closed_at - created_at)::float8 as seconds
     from closed`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
