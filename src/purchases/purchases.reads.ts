import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { DealStatements } from '../exchanges/deals.statements.js';
import type { DealRow } from '../exchanges/deals.types.js';
import type { PageRow, Place } from '../http/page.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { Parameters } from '../postgres/parameters.js';
import { purchaseKind } from './purchase-kind.js';
import type { Purchase, PurchaseTerms } from './purchases.types.js';

/** What a list of purchases can be narrowed by. */
export interface PurchaseFilter {
  player?: string | undefined;
  product?: string | undefined;
  state?: Purchase['state'] | undefined;
  reference?: string | undefined;
}

/** The list of purchases. It is strongly consistent: what was answered before is seen. */
@Injectable()
export class PurchasesReads {
  private readonly statements = new DealStatements<PurchaseTerms>(purchaseKind);

  constructor(@Inject(MAIN_DATABASE) private readonly dataSource: DataSource) {}

  /** Up to `limit` + 1 purchases from a place on, newest first. */
  async purchases(
    title: string,
    filter: PurchaseFilter,
    limit: number,
    from: Place | undefined,
  ): Promise<PageRow<Purchase>[]> {
    const parameters = new Parameters([title, limit + 1]);
    const parameter = (value: unknown): string => parameters.add(value);
    const conditions = ['title = $1'];
    if (filter.state !== undefined) conditions.push(this.statements.stateIs(filter.state, parameter(filter.state)));
    for (const column of ['player', 'product', 'reference'] as const)
      if (filter[column] !== undefined) conditions.push(`${column} = ${parameter(filter[column])}`);
    if (from !== undefined)
      conditions.push(
        `(transaction_id, sequence) < (${parameter(from.major)}::xid8, ${parameter(from.minor)}::bigint)`,
      );
    const rows = await this.dataSource.query<DealRow[]>(
      `select ${this.statements.columns} from purchases.purchases where ${conditions.join(' and ')}
       order by transaction_id desc, sequence desc limit $2`,
      parameters.values,
    );
    return rows.map((row) => ({ major: row.transaction_id, minor: row.sequence, body: this.statements.dealOf(row) }));
  }
}
