import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { DealStatements } from '../exchanges/deals.statements.js';
import type { DealRow } from '../exchanges/deals.types.js';
import { idPrefixes } from '../forms.js';
import type { PageRow, Place } from '../http/page.js';
import { idOf, uuidOf } from '../ids.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { Parameters } from '../postgres/parameters.js';
import type { RefundSum, RefundSums } from '../purchases/purchases.types.js';
import { refundKind } from './refund-kind.js';
import type { Refund, RefundTerms } from './refunds.types.js';

/** What a list of refunds can be narrowed by. */
export interface RefundFilter {
  /** `pur_…` */
  purchase?: string | undefined;
  player?: string | undefined;
  /** The provider's id of what they follow. */
  found?: string | undefined;
  state?: Refund['state'] | undefined;
}

/** The lists of refunds, and what is refunded of purchases. They are strongly consistent. */
@Injectable()
export class RefundsReads implements RefundSums {
  private readonly statements = new DealStatements<RefundTerms>(refundKind);

  constructor(@Inject(MAIN_DATABASE) private readonly dataSource: DataSource) {}

  /** Up to `limit` + 1 refunds from a place on, newest first. */
  async refunds(
    title: string,
    filter: RefundFilter,
    limit: number,
    from: Place | undefined,
  ): Promise<PageRow<Refund>[]> {
    const parameters = new Parameters([title, limit + 1]);
    const parameter = (value: unknown): string => parameters.add(value);
    const conditions = ['title = $1'];
    if (filter.state !== undefined) conditions.push(this.statements.stateIs(filter.state, parameter(filter.state)));
    if (filter.player !== undefined) conditions.push(`player = ${parameter(filter.player)}`);
    if (filter.found !== undefined) conditions.push(`found = ${parameter(filter.found)}`);
    if (filter.purchase !== undefined)
      conditions.push(`purchase = ${parameter(uuidOf(idPrefixes.purchase, filter.purchase))}`);
    if (from !== undefined)
      conditions.push(
        `(transaction_id, sequence) < (${parameter(from.major)}::xid8, ${parameter(from.minor)}::bigint)`,
      );
    const rows = await this.dataSource.query<DealRow[]>(
      `select ${this.statements.columns} from refunds.refunds where ${conditions.join(' and ')}
       order by transaction_id desc, sequence desc limit $2`,
      parameters.values,
    );
    return rows.map((row) => ({ major: row.transaction_id, minor: row.sequence, body: this.statements.dealOf(row) }));
  }

  /** The refunds of a purchase that are none of a request: those of a refund or a dispute at the provider. */
  async foundOf(title: string, purchase: string, found: string): Promise<Refund[]> {
    const rows = await this.dataSource.query<DealRow[]>(
      `select ${this.statements.columns} from refunds.refunds where title = $1 and purchase = $2 and found = $3
       order by transaction_id, sequence`,
      [title, uuidOf(idPrefixes.purchase, purchase), found],
    );
    return rows.map((row) => this.statements.dealOf(row));
  }

  async sumsOf(title: string, purchases: readonly string[]): Promise<Map<string, RefundSum>> {
    const rows = await this.dataSource.query<{ purchase: string; promised: string; refunded: string }[]>(
      `select purchase, promised + reversing as promised, refunded from refunds.totals
       where title = $1 and purchase = any($2::uuid[])`,
      [title, purchases.map((id) => uuidOf(idPrefixes.purchase, id))],
    );
    return new Map(
      rows.map(({ purchase, promised, refunded }) => [
        idOf(idPrefixes.purchase, purchase),
        { promised: BigInt(promised), refunded: BigInt(refunded) },
      ]),
    );
  }
}
