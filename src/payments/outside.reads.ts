import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { OutsideMovementKind } from '../../contracts/activities.js';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import type { DisputeState } from './outside.types.js';

/** What the money of a purchase came to. */
export interface OutsideMoney {
  captured: bigint;
  /** What has gone back of it, by refunds and disputes. */
  returned: bigint;
  disputes: { reference: string; state: DisputeState }[];
}

/** A movement of principal for which goods are to be asked. */
export interface MovedForGoods {
  id: string;
  title: string;
  provider: string;
  /** The id of the purchase. */
  payment: string;
  kind: OutsideMovementKind;
  /** The provider's id of the refund, or of the dispute. */
  reference: string;
  currency: string;
  /** By how much it changes what has gone back of the purchase; negative where money came back. */
  amount: bigint;
  captured: bigint;
}

/** What others ask of the money that moves without our asking. */
@Injectable()
export class OutsideReads {
  constructor(@Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource) {}

  /** As PaymentsOutside says. */
  async moneyOf(title: string, payments: readonly string[]): Promise<Map<string, OutsideMoney>> {
    if (payments.length === 0) return new Map();
    const rows = await this.dataSource.query<{ id: string; captured: string; returned: string }[]>(
      'select id, captured, returned from payments.payments where title = $1 and id = any($2::text[])',
      [title, payments],
    );
    const disputes = await this.disputesOf(title, payments);
    return new Map(
      rows.map(({ id, captured, returned }) => [
        id,
        { captured: BigInt(captured), returned: BigInt(returned), disputes: disputes.get(id) ?? [] },
      ]),
    );
  }

  /** As PaymentsOutside says. */
  async disputesOf(
    title: string,
    payments: readonly string[],
  ): Promise<Map<string, { reference: string; state: DisputeState }[]>> {
    const rows = await this.dataSource.query<{ payment: string; reference: string; state: DisputeState }[]>(
      `select payment, reference, state from payments.disputes where title = $1 and payment = any($2::text[])
       order by id`,
      [title, payments],
    );
    const byPayment = new Map<string, { reference: string; state: DisputeState }[]>();
    for (const { payment, ...dispute } of rows) byPayment.set(payment, [...(byPayment.get(payment) ?? []), dispute]);
    return byPayment;
  }

  /** As PaymentsOutside says. */
  async newForGoods(limit: number): Promise<MovedForGoods[]> {
    const rows = await this.dataSource.query<
      (Omit<MovedForGoods, 'amount' | 'captured'> & { amount: string; captured: string })[]
    >(
      `select m.id, m.title, m.provider, m.payment, m.kind, coalesce(m.dispute, m.reference) as reference, m.currency,
         m.counted as amount, p.captured
       from payments.outside_movements m join payments.payments p on p.id = m.payment
       where not m.goods_asked order by m.id limit $1`,
      [limit],
    );
    return rows.map(({ amount, captured, ...row }) => ({
      ...row,
      amount: BigInt(amount),
      captured: BigInt(captured),
    }));
  }
}
