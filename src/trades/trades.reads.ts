import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { DealStatements } from '../exchanges/deals.statements.js';
import type { DealRow, DealState } from '../exchanges/deals.types.js';
import type { PageRow, Place } from '../http/page.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { Parameters } from '../postgres/parameters.js';
import { tradeKind } from './trade-kind.js';
import type { Trade } from './trades.types.js';

/** What a list of trades can be narrowed by. */
export interface TradeFilter {
  player?: string | undefined;
  state?: DealState | undefined;
  reference?: string | undefined;
}

/** The list of trades. It is strongly consistent: what was answered before is seen. */
@Injectable()
export class TradesReads {
  private readonly statements = new DealStatements(tradeKind);

  constructor(@Inject(MAIN_DATABASE) private readonly dataSource: DataSource) {}

  /** Up to `limit` + 1 trades from a place on, newest first. */
  async trades(title: string, filter: TradeFilter, limit: number, from: Place | undefined): Promise<PageRow<Trade>[]> {
    const parameters = new Parameters([title, limit + 1]);
    const parameter = (value: unknown): string => parameters.add(value);
    const conditions = ['title = $1'];
    if (filter.state !== undefined) conditions.push(this.statements.stateIs(filter.state, parameter(filter.state)));
    if (filter.reference !== undefined) conditions.push(`reference = ${parameter(filter.reference)}`);
    if (from !== undefined)
      conditions.push(
        `(transaction_id, sequence) < (${parameter(from.major)}::xid8, ${parameter(from.minor)}::bigint)`,
      );
    const { columns } = this.statements;
    const select = (also: string): string =>
      `(select ${columns} from trades.trades where ${conditions.join(' and ')}${also}
        order by transaction_id desc, sequence desc limit $2)`;
    const player = filter.player === undefined ? undefined : parameter(filter.player);
    // Each side of a trade has an index of its own, so each is read by its own.
    const sql =
      player === undefined
        ? select('')
        : `${select(` and player_a = ${player}`)} union all ${select(` and player_b = ${player}`)}
          order by transaction_id desc, sequence desc limit $2`;
    const rows = await this.dataSource.query<DealRow[]>(sql, parameters.values);
    return rows.map((row) => ({ major: row.transaction_id, minor: row.sequence, body: this.statements.dealOf(row) }));
  }
}
