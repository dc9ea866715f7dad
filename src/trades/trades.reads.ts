import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { VeltrixError } from '../errors.js';
import type { PageRow, Place } from '../http/page.js';
import { uuidOf } from '../ids.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { tradeColumns, tradeOf, type TradeRow } from './trades.statements.js';
import type { Trade, TradeState } from './trades.types.js';

/** What a list of trades can be narrowed by. */
export interface TradeFilter {
  player?: string | undefined;
  state?: TradeState | undefined;
  reference?: string | undefined;
}

/** Reads of trades. They are strongly consistent: what was answered before is seen. */
@Injectable()
export class TradesReads {
  constructor(@Inject(MAIN_DATABASE) private readonly dataSource: DataSource) {}

  /** @throws VeltrixError `not-found`, also for the trade of another title */
  async trade(title: string, id: string): Promise<Trade> {
    const [row] = await this.dataSource.query<TradeRow[]>(`select ${tradeColumns} from trades.trades where title = $1 and id = $2`, [title, uuidOf('trd', id)]);
    if (row === undefined) throw new VeltrixError('not-found', `There is no trade ${id}.`);
    return tradeOf(row);
  }

  /** Up to `limit` + 1 trades from a place on, newest first. */
  async trades(title: string, filter: TradeFilter, limit: number, from: Place | undefined): Promise<PageRow<Trade>[]> {
    const parameters: unknown[] = [title, limit + 1];
    const parameter = (value: unknown): string => `$${parameters.push(value)}`;
    const conditions = ['title = $1'];
    if (filter.state !== undefined) conditions.push(`state = ${parameter(filter.state)}`);
    if (filter.reference !== undefined) conditions.push(`reference = ${parameter(filter.reference)}`);
    if (from !== undefined) conditions.push(`(transaction_id, sequence) < (${parameter(from.major)}::xid8, ${parameter(from.minor)}::bigint)`);
    const select = (also: string): string =>
      `(select ${tradeColumns} from trades.trades where ${conditions.join(' and ')}${also} order by transaction_id desc, sequence desc limit $2)`;
    const player = filter.player === undefined ? undefined : parameter(filter.player);
    // Each side of a trade has an index of its own, so each is read by its own.
    const sql =
      player === undefined
        ? select('')
        : `${select(` and player_a = ${player}`)} union all ${select(` and player_b = ${player}`)} order by transaction_id desc, sequence desc limit $2`;
    const rows = await this.dataSource.query<TradeRow[]>(sql, parameters);
    return rows.map((row) => ({ major: row.transaction_id, minor: row.sequence, body: tradeOf(row) }));
  }
}
