import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { ClosedDeal } from '../../contracts/answers.js';
import type { Exchange } from '../../contracts/nouns.js';
import { VeltrixError, messageOf } from '../errors.js';
import { uuidOf } from '../ids.js';
import { HeldRows, RowsHeld } from '../postgres/held-rows.js';
import { runCommand } from '../postgres/run-command.js';
import { isLockTimeout } from '../postgres/sql-errors.js';
import { outageOf, splitOnFailure, type ElementResult } from '../postgres/split-on-failure.js';
import type { Deal, DealBook, Looked, StartedExchange } from './deals.js';
import { DealStatements } from './deals.statements.js';
import type { DealKind, DealRow, StoredDeal } from './deals.types.js';
import { findHeldDeals } from './held-deals.statements.js';

/** The deal book of one kind, which is its table. */
export class StoredDeals<Terms> implements DealBook {
  readonly kind: string;
  readonly prefix: string;
  readonly path: string;
  private readonly log: Logger;
  private readonly statements: DealStatements<Terms>;
  private readonly held = new HeldRows<string>(
    (uuid) => [uuid],
    (uuids, waits) => {
      const tables = { deals: this.statements.table, open: `${this.described.schema}.open` };
      return findHeldDeals(this.dataSource.manager, tables, uuids, waits);
    },
  );

  constructor(
    private readonly described: DealKind<Terms>,
    private readonly dataSource: DataSource,
  ) {
    this.kind = described.kind;
    this.prefix = described.prefix;
    this.path = described.path;
    this.log = new Logger(`${StoredDeals.name}(${described.kind})`);
    this.statements = new DealStatements(described);
  }

  /** @throws VeltrixError `not-found`, also for the deal of another title */
  async read(title: string, id: string): Promise<StoredDeal<Terms>> {
    const { columns, table } = this.statements;
    const [row] = await this.dataSource.query<DealRow[]>(
      `select ${columns} from ${table} where title = $1 and id = $2`,
      [title, uuidOf(this.prefix, id)],
    );
    if (row === undefined) throw new VeltrixError('not-found', `There is no ${this.kind} ${id}.`);
    return this.statements.dealOf(row);
  }

  /** A deal as its row says since it was closed. */
  closed(deal: StoredDeal<Terms>, closed: ClosedDeal): StoredDeal<Terms> {
    return {
      ...deal,
      state: this.statements.stateOf(closed),
      reason: closed.state === 'settled' ? null : closed.cause,
      closedAt: new Date(closed.closedAt),
    };
  }

  /** A row that somebody holds is passed over, since no start waits for it. The sweep records it later. */
  async recordStart(ids: readonly string[], workflowId: string): Promise<void> {
    const uuids = ids.map((id) => this.statements.uuidOf(id));
    const record = (waits: boolean): Promise<void> =>
      runCommand(this.dataSource, (tx) => this.statements.recordStart(tx, uuids, workflowId, waits));
    try {
      await record(true);
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      await record(false);
    }
  }

  recordFailedStart(ids: readonly string[], workflowId: string): Promise<void> {
    return runCommand(this.dataSource, (tx) =>
      this.statements.recordFailedStart(
        tx,
        ids.map((id) => this.statements.uuidOf(id)),
        workflowId,
      ),
    );
  }

  async withoutRun(olderThanSeconds: number, limit: number): Promise<Looked<Exchange>> {
    const rows = await this.lookAt(
      't.workflow_id is null and o.waits_until is null and o.created_at < now() - make_interval(secs => $2)',
      'o.created_at',
      [limit, olderThanSeconds],
    );
    return this.readable(rows, (row) => this.exchangeOf(row));
  }

  async stillOpen(olderThanSeconds: number, limit: number): Promise<Looked<StartedExchange>> {
    const rows = await this.lookAt(
      `coalesce(o.started_at, o.created_at) < now() - make_interval(secs => $2) and t.workflow_id is not null
         and o.waits_until is null`,
      'coalesce(o.started_at, o.created_at)',
      [limit, olderThanSeconds],
    );
    return this.readable(rows, (row) => ({ exchange: this.exchangeOf(row), workflowId: row.workflow_id as string }));
  }

  async dueAgain(limit: number): Promise<Looked<Exchange>> {
    const rows = await this.lookAt('o.waits_until <= now()', 'o.waits_until', [limit]);
    return this.readable(rows, (row) => this.exchangeOf(row));
  }

  async wake(ids: readonly string[]): Promise<{ waited: Exchange[]; notWoken: string[] }> {
    const uuids = this.statements.uuidsAmong(ids);
    const results = await this.tryToWake(uuids);
    // Beside others nobody waits for a row that is known to be held, and by now it may be free.
    const held = [...results.keys()].filter((uuid) => isHeld(results.get(uuid)));
    if (held.length < uuids.length) for (const [uuid, result] of await this.tryToWake(held)) results.set(uuid, result);
    const outage = outageOf([...results.values()]);
    if (outage !== undefined) throw outage.error;
    const notWoken: string[] = [];
    const rows = [...results].flatMap(([uuid, result]) => {
      if ('answer' in result) return result.answer ?? [];
      const id = this.statements.idOf(uuid);
      this.log.warn(`${id} is not woken, and waits until it is due: ${messageOf(result.error)}`);
      notWoken.push(id);
      return [];
    });
    return { waited: this.readable(rows, (row) => this.exchangeOf(row)).found, notWoken };
  }

  /** @returns by UUID the row of a deal that has waited, nothing for one that has not, or why it is not woken */
  private async tryToWake(uuids: readonly string[]): Promise<Map<string, ElementResult<DealRow | undefined>>> {
    const results = await splitOnFailure(uuids, async (some) => {
      const command = () => runCommand(this.dataSource, (tx) => this.statements.wake(tx, some));
      const byId = new Map((await this.held.run(some, command)).map((row) => [row.id, row]));
      return some.map((uuid) => byId.get(uuid));
    });
    return new Map(results.map((result, place) => [uuids[place] ?? '', result]));
  }

  async find(title: string, ids: readonly string[]): Promise<Deal[]> {
    const { columns, table } = this.statements;
    const uuids = this.statements.uuidsAmong(ids);
    if (uuids.length === 0) return [];
    const rows = await this.dataSource.query<DealRow[]>(
      `select ${columns} from ${table} where title = $1 and id = any($2::uuid[])`,
      [title, uuids],
    );
    return rows.map((row) => this.dealOf(row));
  }

  async openDeals(
    title: string,
    player: string | undefined,
    limit: number,
    before: string | undefined,
  ): Promise<Deal[]> {
    const { columnsOfT, table, kind } = this.statements;
    const players = kind.players.map((name) => `t.${name}`).join(', ');
    // `open` has few rows, and is read in the order of its key.
    const rows = await this.dataSource.query<DealRow[]>(
      `select ${columnsOfT} from ${kind.schema}.open o join ${table} t on t.id = o.id
       where ($4::uuid is null or o.id < $4) and t.title = $1 and t.closed_at is null
         and ($3::text is null or $3 in (${players}))
       order by o.id desc limit $2`,
      [title, limit, player, before],
    );
    return rows.map((row) => this.dealOf(row));
  }

  async there(ids: readonly string[]): Promise<string[]> {
    const uuids = this.statements.uuidsAmong(ids);
    if (uuids.length === 0) return [];
    const rows = await this.dataSource.query<{ id: string }[]>(
      `select id from ${this.statements.table} where id = any($1::uuid[])`,
      [uuids],
    );
    return rows.map(({ id }) => this.statements.idOf(id));
  }

  async openAmong(ids: readonly string[], on: DataSource): Promise<Set<string>> {
    const uuids = this.statements.uuidsAmong(ids);
    if (uuids.length === 0) return new Set();
    const rows = await on.query<{ id: string }[]>(
      `select id from ${this.described.schema}.open where id = any($1::uuid[])`,
      [uuids],
    );
    return new Set(rows.map(({ id }) => this.statements.idOf(id)));
  }

  async oldestOpen(on: DataSource): Promise<{ started: number; waiting: number }> {
    const age = (since: string, condition: string): string =>
      `coalesce((select extract(epoch from now() - min(${since})) from ${this.described.schema}.open
        where ${condition}), 0)::float8`;
    const started = age('created_at', 'started_at is not null and waits_until is null');
    const neverStarted = age('created_at', 'started_at is null and waits_until is null');
    const due = age('waits_until', 'waits_until <= now()');
    const [row] = await on.query<[{ started: number; waiting: number }]>(
      `select ${started} as started, greatest(${neverStarted}, ${due}) as waiting`,
    );
    return row;
  }

  /**
   * Reads open rows and notes that they were looked at. They go to the end of the line, so that many that run for long,
   * or cannot be read, hide no other for ever.
   */
  private lookAt(
    condition: string,
    since: string,
    parameters: [limit: number, olderThanSeconds?: number],
  ): Promise<DealRow[]> {
    const { columnsOfT, table, kind } = this.statements;
    return this.dataSource.query<DealRow[]>(
      `with picked as (
         select o.id from ${kind.schema}.open o join ${table} t on t.id = o.id
         where ${condition} and t.closed_at is null
         order by greatest(${since}, o.checked_at) limit $1 for no key update of o skip locked
       ), checked as (
         update ${kind.schema}.open o set checked_at = now() from picked p where o.id = p.id
       )
       select ${columnsOfT} from picked p join ${table} t on t.id = p.id`,
      parameters,
    );
  }

  /** What rows say. One that cannot be read is for somebody to look at, and must not keep the others. */
  private readable<T>(rows: readonly DealRow[], read: (row: DealRow) => T): Looked<T> {
    const found = rows.flatMap((row) => {
      try {
        return [read(row)];
      } catch (error) {
        this.log.error(
          `The row of ${this.statements.idOf(row.id)} cannot be read, and is left out: ${messageOf(error)}`,
        );
        return [];
      }
    });
    return { looked: rows.length, found };
  }

  private exchangeOf(row: DealRow): Exchange {
    return this.described.exchangeOf(this.statements.dealOf(row));
  }

  private dealOf(row: DealRow): Deal {
    const { state, reason, workflowId, createdAt, closedAt } = this.statements.dealOf(row);
    return { exchange: this.exchangeOf(row), state, reason, workflowId, acceptedAt: createdAt, closedAt };
  }
}

function isHeld(result: ElementResult<unknown> | undefined): boolean {
  return result !== undefined && 'error' in result && result.error instanceof RowsHeld;
}
