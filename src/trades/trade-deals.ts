import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Exchange } from '../../contracts/nouns.js';
import type { Deal, Deals, Looked, StartedExchange } from '../exchanges/deals.js';
import { idOf, uuidOf } from '../ids.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import { exchangeOf } from './trades.rules.js';
import { lockTrades, tradeColumns, tradeOf, tradeUuid, type TradeRow } from './trades.statements.js';
import { messageOf } from '../errors.js';

/** The columns of a trade where other tables are read beside. */
const qualified = tradeColumns.replace(/\w+/g, 't.$&');

/** What the starter, the sweep and the operator's view need of trades. */
@Injectable()
export class TradeDeals implements Deals {
  readonly kind = 'trade';
  readonly path = '/v1/trades';
  private readonly log = new Logger(TradeDeals.name);

  constructor(@Inject(MAIN_DATABASE) private readonly dataSource: DataSource) {}

  noteStart(ids: readonly string[], workflowId: string): Promise<void> {
    return runCommand(this.dataSource, async (tx) => {
      const uuids = ids.map(tradeUuid);
      // In the order in which a close locks them.
      await lockTrades(tx, uuids);
      await tx.query(
        `with open as (update trades.open set started_at = now() where id = any($1::uuid[]))
         update trades.trades set workflow_id = $2 where id = any($1::uuid[]) and closed_at is null`,
        [uuids, workflowId],
      );
    });
  }

  async neverStarted(olderThanSeconds: number, most: number): Promise<Looked<Exchange>> {
    const rows = await this.lookAt('o.started_at is null and o.created_at < now() - make_interval(secs => $1)', 'o.created_at', [olderThanSeconds, most]);
    return this.readable(rows, (row) => exchangeOf(tradeOf(row)));
  }

  async stillOpen(olderThanSeconds: number, most: number): Promise<Looked<StartedExchange>> {
    const rows = await this.lookAt('o.started_at < now() - make_interval(secs => $1) and t.workflow_id is not null', 'o.started_at', [olderThanSeconds, most]);
    return this.readable(rows, (row) => ({ exchange: exchangeOf(tradeOf(row)), workflowId: row.workflow_id as string }));
  }

  /**
   * Reads open rows and notes that they were looked at. They go to the end of the line, so that many that run for long, or
   * cannot be read, hide no other for ever.
   */
  private lookAt(condition: string, since: string, parameters: [olderThanSeconds: number, most: number]): Promise<TradeRow[]> {
    return this.dataSource.query<TradeRow[]>(
      `with picked as (
         select o.id from trades.open o join trades.trades t on t.id = o.id
         where ${condition} and t.closed_at is null
         order by greatest(${since}, o.checked_at) limit $2 for no key update of o skip locked
       ), checked as (
         update trades.open o set checked_at = now() from picked p where o.id = p.id
       )
       select ${qualified} from picked p join trades.trades t on t.id = p.id`,
      parameters,
    );
  }

  async deals(title: string, ids: readonly string[]): Promise<Deal[]> {
    const uuids = ids.flatMap((id) => uuidOf('trd', id) ?? []);
    if (uuids.length === 0) return [];
    const rows = await this.dataSource.query<TradeRow[]>(`select ${tradeColumns} from trades.trades where title = $1 and id = any($2::uuid[])`, [title, uuids]);
    return rows.map(dealOf);
  }

  async openDeals(title: string, player: string | undefined, limit: number, before: string | undefined): Promise<Deal[]> {
    // Led by the open ones, of which there are few, in the order of their key.
    const rows = await this.dataSource.query<TradeRow[]>(
      `select ${qualified} from trades.open o join trades.trades t on t.id = o.id
       where ($4::uuid is null or o.id < $4) and t.title = $1 and t.closed_at is null and ($3::text is null or $3 in (t.player_a, t.player_b))
       order by o.id desc limit $2`,
      [title, limit, player, before],
    );
    return rows.map(dealOf);
  }

  /** Which of these ids are those of open trades. */
  async openAmong(ids: readonly string[]): Promise<Set<string>> {
    if (ids.length === 0) return new Set();
    const rows = await this.dataSource.query<{ id: string }[]>('select id from trades.open where id = any($1::uuid[])', [ids.flatMap((id) => uuidOf('trd', id) ?? [])]);
    return new Set(rows.map(({ id }) => idOf('trd', id)));
  }

  /** What rows say. One that cannot be read is for somebody to look at, and must not keep the others. */
  private readable<T>(rows: readonly TradeRow[], read: (row: TradeRow) => T): Looked<T> {
    const found = rows.flatMap((row) => {
      try {
        return [read(row)];
      } catch (error) {
        this.log.error(`The row of ${idOf('trd', row.id)} cannot be read, and is left out: ${messageOf(error)}`);
        return [];
      }
    });
    return { looked: rows.length, found };
  }

  /** The age in seconds of the oldest open trade that was started, and of the oldest that was not; 0 where there is none. */
  async oldestOpen(): Promise<{ started: number; waiting: number }> {
    const age = (condition: string): string =>
      `coalesce((select extract(epoch from now() - min(created_at)) from trades.open where started_at is ${condition}), 0)::float8`;
    const [row] = await this.dataSource.query<[{ started: number; waiting: number }]>(`select ${age('not null')} as started, ${age('null')} as waiting`);
    return row;
  }
}

function dealOf(row: TradeRow): Deal {
  const trade = tradeOf(row);
  const { state, reason, workflowId, createdAt, closedAt } = trade;
  return { exchange: exchangeOf(trade), state, reason, workflowId, acceptedAt: createdAt, closedAt };
}
