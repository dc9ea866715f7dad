import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { standingOf } from './disputes.rules.js';
import { causeOf } from './payments.rows.js';
import type { OrphanCallKind } from './orphans.types.js';
import type { DisputeState } from './outside.types.js';
import type { OperationState, PaymentView } from './payments.types.js';
import type { CallBody, Evidence, OperationKind } from './provider.types.js';
import type { RefundView } from './refunds.types.js';

interface ViewRow {
  id: string;
  provider: PaymentView['provider'];
  state: PaymentView['state'];
  unknown: boolean;
  parked_code: string | null;
  parked_detail: string | null;
  reference: string | null;
  disputes: DisputeState[];
  client_secret: string | null;
  deadline: Date;
}

interface RefundViewRow extends Omit<RefundView, 'parked'> {
  parked_code: string | null;
  parked_detail: string | null;
}

interface OperationRow {
  first_sent_at: Date;
  changed_at: Date;
  kind: ShownKind;
  key: string;
  state: OperationState;
  attempts: number;
  body: CallBody;
  evidence: Evidence | null;
}

type ShownKind = OperationKind | OrphanCallKind | 'refund';

/** A call to a provider as an operator sees it. */
export interface ShownOperation {
  sentAt: Date;
  changedAt: Date;
  operation: ShownKind;
  key: string;
  state: OperationState;
  attempts: number;
  sent: CallBody;
  evidence: Evidence | null;
}

/** The payments of purchases and their refunds, as they are shown. */
@Injectable()
export class PaymentsReads {
  constructor(@Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * Those of a title that have these ids, by their ids. One that was not begun yet is not among them. A client secret
   * is told only while the buyer can pay by it.
   */
  async views(title: string, ids: readonly string[]): Promise<Map<string, PaymentView>> {
    if (ids.length === 0) return new Map();
    const rows = await this.dataSource.query<ViewRow[]>(
      `select id, provider, state, parked_code, parked_detail, reference, deadline,
         array(select d.state from payments.disputes d where d.payment = p.id) as disputes,
         state not in ('captured', 'cancelled') and exists (
           select from payments.operations o
           where o.payment = p.id and o.orphan is null and o.refund is null and o.state = 'unknown')
           as unknown,
         case when turned_back_code is null and parked_code is null
           and (state = 'requires_action' or (state = 'authorizing' and method is null)) then client_secret end
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
          dispute: standingOf(row.disputes),
          clientSecret: row.client_secret,
          deadline: row.deadline,
        },
      ]),
    );
  }

  /** What was sent to the provider for a payment, and what came of it, in the order in which it was written down. */
  async operations(title: string, id: string): Promise<ShownOperation[]> {
    const rows = await this.dataSource.query<OperationRow[]>(
      `select o.first_sent_at, o.changed_at, o.kind, o.key, o.state, o.attempts, o.body, o.evidence
       from payments.payments p join payments.operations o on o.payment = p.id
       where p.title = $1 and p.id = $2 and o.refund is null order by o.id`,
      [title, id],
    );
    return rows.map(shown);
  }

  /** The refunds of a title that have these ids, by their ids. One that was not begun yet is not among them. */
  async refundViews(title: string, ids: readonly string[]): Promise<Map<string, RefundView>> {
    if (ids.length === 0) return new Map();
    const rows = await this.dataSource.query<RefundViewRow[]>(
      `select id, state, reference, reason, parked_code, parked_detail,
         state not in ('succeeded', 'failed', 'canceled') and exists (
           select from payments.operations o where o.payment = r.payment and o.refund = r.id and o.state = 'unknown')
           as unknown
       from payments.refunds r where title = $1 and id = any($2::text[])`,
      [title, ids],
    );
    return new Map(
      rows.map(({ parked_code: code, parked_detail: detail, ...row }) => [
        row.id,
        { ...row, parked: causeOf(code, detail) },
      ]),
    );
  }

  /** What was sent to the provider for a refund, as `operations` tells it for a payment. */
  async refundOperations(title: string, id: string): Promise<ShownOperation[]> {
    const rows = await this.dataSource.query<OperationRow[]>(
      `select o.first_sent_at, o.changed_at, o.kind, o.key, o.state, o.attempts, o.body, o.evidence
       from payments.refunds r join payments.operations o on o.payment = r.payment and o.refund = r.id
       where r.title = $1 and r.id = $2 order by o.id`,
      [title, id],
    );
    return rows.map(shown);
  }
}

function shown(row: OperationRow): ShownOperation {
  return {
    sentAt: row.first_sent_at,
    changedAt: row.changed_at,
    operation: row.kind,
    key: row.key,
    state: row.state,
    attempts: row.attempts,
    sent: row.body,
    evidence: row.evidence,
  };
}
