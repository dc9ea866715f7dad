import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { causeOf } from './payments.statements.js';
import type { PaymentView } from './payments.types.js';

interface ViewRow {
  id: string;
  provider: PaymentView['provider'];
  state: PaymentView['state'];
  unknown: boolean;
  parked_code: string | null;
  parked_detail: string | null;
  reference: string | null;
  client_secret: string | null;
  deadline: Date;
}

/** The payments of purchases, as they are shown. */
@Injectable()
export class PaymentsReads {
  constructor(@Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * Those of a title that have these ids, by their ids. One that was not begun yet is not among them. A client secret is
   * told only while the buyer can pay by it.
   */
  async views(title: string, ids: readonly string[]): Promise<Map<string, PaymentView>> {
    if (ids.length === 0) return new Map();
    const rows = await this.dataSource.query<ViewRow[]>(
      `select id, provider, state, parked_code, parked_detail, reference, deadline,
         state not in ('captured', 'cancelled') and exists (
           select from payments.operations o where o.payment = p.id and o.state = 'unknown') as unknown,
         case when turned_back_code is null and state not in ('captured', 'cancelled') then client_secret end
           as client_secret
       from payments.payments p where title = $1 and id = any($2::text[])`,
      [title, ids],
    );
    return new Map(
      rows.map((row) => [
        row.id,
        {
          id: row.id,
          provider: row.provider,
          state: row.state,
          unknown: row.unknown,
          parked: causeOf(row.parked_code, row.parked_detail),
          reference: row.reference,
          clientSecret: row.client_secret,
          deadline: row.deadline,
        },
      ]),
    );
  }
}
