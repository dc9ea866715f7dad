import { Injectable } from '@nestjs/common';
import type { Exchange } from '../../contracts/nouns.js';
import { InventoryReads } from '../inventory/inventory.reads.js';
import { LedgerReads } from '../ledger/ledger.reads.js';
import { PaymentsReads } from '../payments/payments.reads.js';
import type { SagaEvent } from './sagas.types.js';

/** The instances that an exchange moves or mints. */
export function instancesOf({ moves, mints = [] }: Exchange): string[] {
  return [...moves, ...mints].map(({ instance }) => instance);
}

/** What the participants say that they have done for an exchange. */
@Injectable()
export class Participants {
  constructor(
    private readonly ledger: LedgerReads,
    private readonly inventory: InventoryReads,
    private readonly payments: PaymentsReads,
  ) {}

  async eventsOf({ id, title, moves, mints = [], payment, refund }: Exchange): Promise<SagaEvent[]> {
    const [transfers, movements, ofPayment, ofRefund] = await Promise.all([
      this.ledger.transfersOfExchange(title, id),
      this.inventory.movementsOfExchange(
        id,
        moves.map(({ instance }) => instance),
        mints.map(({ instance }) => instance),
      ),
      payment === undefined ? [] : this.payments.operations(title, id),
      refund === undefined ? [] : this.payments.refundOperations(title, id),
    ]);
    return [
      ...[...ofPayment, ...ofRefund].map(({ sentAt, ...operation }): SagaEvent => ({
        at: sentAt,
        event: 'payment',
        ...operation,
      })),
      ...transfers.map((transfer): SagaEvent => ({
        at: transfer.createdAt,
        event: 'transfer',
        id: transfer.id,
        legs: transfer.legs,
      })),
      ...movements.map(({ createdAt, instance, kind, from, to }): SagaEvent => ({
        at: createdAt,
        event: 'movement',
        instance,
        kind,
        from,
        to,
      })),
    ];
  }
}
