import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { OutsideMovementKind } from '../../contracts/activities.js';
import type { PageRow, Place } from '../http/page.js';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { Parameters } from '../postgres/parameters.js';
import type { Provider } from './accounts.types.js';
import type { DisputeState } from './outside.types.js';

/** A dispute as its row says. */
export interface ShownDispute {
  reference: string;
  provider: Provider;
  payment: string;
  state: DisputeState;
  amount: string;
  currency: string;
  reason: string | null;
  dueBy: Date | null;
  hasEvidence: boolean;
  openedAt: Date;
  closedAt: Date | null;
  updatedAt: Date;
}

/** The money that a dispute has moved. */
export interface ShownMovement {
  kind: Extract<OutsideMovementKind, `dispute${string}`>;
  reference: string;
  amount: string;
  currency: string;
  movedAt: Date;
  booked: boolean;
  /** Whether the goods of the purchase wait to follow it. */
  goodsWait: boolean;
}

/** An event that names the payment of a dispute. */
export interface ShownEvent {
  id: string;
  type: string;
  createdAt: Date;
  receivedAt: Date;
}

/** What a list of disputes can be narrowed by. */
export interface DisputeFilter {
  purchase?: string | undefined;
  state?: DisputeState | undefined;
}

const columns = `reference, provider, payment, state, amount, currency, reason, due_by as "dueBy",
  has_evidence as "hasEvidence", opened_at as "openedAt", closed_at as "closedAt", updated_at as "updatedAt"`;

/** The disputes of a title, as they are shown. */
@Injectable()
export class DisputesReads {
  constructor(@Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource) {}

  /** Up to `limit` + 1 disputes from a place on, newest first. */
  async disputes(
    title: string,
    filter: DisputeFilter,
    limit: number,
    from: Place | undefined,
  ): Promise<PageRow<ShownDispute>[]> {
    const parameters = new Parameters([title, limit + 1]);
    const conditions = ['title = $1'];
    if (filter.purchase !== undefined) conditions.push(`payment = ${parameters.add(filter.purchase)}`);
    if (filter.state !== undefined) conditions.push(`state = ${parameters.add(filter.state)}`);
    if (from !== undefined)
      conditions.push(
        `(transaction_id, id) < (${parameters.add(from.major, 'xid8')}, ${parameters.add(from.minor, 'bigint')})`,
      );
    const rows = await this.dataSource.query<(ShownDispute & { transaction_id: string; id: string })[]>(
      `select transaction_id, id, ${columns} from payments.disputes where ${conditions.join(' and ')}
       order by transaction_id desc, id desc limit $2`,
      parameters.values,
    );
    return rows.map(({ transaction_id: major, id: minor, ...body }) => ({ major, minor, body }));
  }

  /** A dispute with what it has moved, and the events about it, or undefined where the title has none of this id. */
  async story(
    title: string,
    reference: string,
  ): Promise<{ dispute: ShownDispute; movements: ShownMovement[]; events: ShownEvent[] } | undefined> {
    const [row] = await this.dataSource.query<(ShownDispute & { intent: string })[]>(
      `select intent, ${columns} from payments.disputes where title = $1 and reference = $2 order by provider limit 1`,
      [title, reference],
    );
    if (row === undefined) return undefined;
    const { intent, ...dispute } = row;
    const key = [title, dispute.provider];
    const movements = await this.dataSource.query<ShownMovement[]>(
      `select kind, reference, amount, currency, moved_at as "movedAt", booking_due_at is null as booked,
         goods_due_at is not null as "goodsWait"
       from payments.outside_movements where title = $1 and provider = $2 and dispute = $3 order by id`,
      [...key, reference],
    );
    const events = await this.dataSource.query<ShownEvent[]>(
      `select event as id, type, created_at as "createdAt", received_at as "receivedAt" from payments.inbox
       where title = $1 and provider = $2 and reference = $3 and type ^@ 'charge.dispute.' order by received_at, event
       limit 100`,
      [...key, intent],
    );
    return { dispute, movements, events };
  }
}
