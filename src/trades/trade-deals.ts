import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Exchange } from '../../workflows/contracts.js';
import type { Deals, StartedExchange } from '../exchanges/deals.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { exchangeOf } from './trades.rules.js';
import { tradeColumns, tradeOf, tradeUuid, type TradeRow } from './trades.statements.js';

/** What the starter and the sweep need of trades. */
@Injectable()
export class TradeDeals implements Deals {
  readonly kind = 'trade';

  constructor(@Inject(MAIN_DATABASE) private readonly dataSource: DataSource) {}

  async noteStart(ids: readonly string[], workflowId: string): Promise<void> {
    await this.dataSource.query(
      `with open as (update trades.open set started_at = now() where id = any($1::uuid[]))
       update trades.trades set workflow_id = $2 where id = any($1::uuid[]) and closed_at is null`,
      [ids.map(tradeUuid), workflowId],
    );
  }

  async neverStarted(olderThanSeconds: number, most: number): Promise<Exchange[]> {
    const rows = await this.dataSource.query<TradeRow[]>(
      `select ${tradeColumns} from trades.trades where id in (
         select id from trades.open where started_at is null and created_at < now() - make_interval(secs => $1) order by created_at limit $2)
       and closed_at is null order by created_at`,
      [olderThanSeconds, most],
    );
    return rows.map((row) => exchangeOf(tradeOf(row)));
  }

  async stillOpen(olderThanSeconds: number, most: number): Promise<StartedExchange[]> {
    // What was looked at goes to the end of the line, so that many long runs cannot hide a lost one for ever.
    const rows = await this.dataSource.query<(TradeRow & { workflow_id: string })[]>(
      `with picked as (
         select id from trades.open where started_at < now() - make_interval(secs => $1)
         order by greatest(started_at, checked_at) limit $2 for no key update skip locked
       ), checked as (
         update trades.open o set checked_at = now() from picked p where o.id = p.id
       )
       select ${tradeColumns} from trades.trades where id in (select id from picked) and closed_at is null and workflow_id is not null`,
      [olderThanSeconds, most],
    );
    return rows.map((row) => ({ exchange: exchangeOf(tradeOf(row)), workflowId: row.workflow_id }));
  }

  /** The age in seconds of the oldest open trade that was started, and of the oldest that was not; 0 where there is none. */
  async oldestOpen(): Promise<{ started: number; waiting: number }> {
    const age = (condition: string): string =>
      `coalesce((select extract(epoch from now() - min(created_at)) from trades.open where started_at is ${condition}), 0)::float8`;
    const [row] = await this.dataSource.query<[{ started: number; waiting: number }]>(`select ${age('not null')} as started, ${age('null')} as waiting`);
    return row;
  }
}
