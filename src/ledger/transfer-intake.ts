import { Injectable } from '@nestjs/common';
import { Batcher, requestLimits } from '../postgres/batcher.js';
import { LedgerService } from './ledger.service.js';
import type { TransferElement, TransferResult } from './ledger.types.js';

/** How many legs a transfer of a usual size has at most. A call has 256 of them, and so 1 024 legs. */
const usualLegs = 4;

/** Where requests for transfers come in: what comes while a call of the ledger is under way forms the next one. */
@Injectable()
export class TransferIntake {
  private readonly requests: Batcher<TransferElement, TransferResult>;

  constructor(service: LedgerService) {
    this.requests = new Batcher(
      (elements, waits) => service.transferInFull(elements, waits),
      requestLimits,
      ({ legs }) => Math.max(legs.length / usualLegs, 1),
    );
  }

  /**
   * Books one transfer; see LedgerService.transferInFull.
   * @throws VeltrixError `overloaded` if too many requests wait already, and `row-held` where somebody holds an account
   *   for too long; with nothing booked
   */
  book(element: TransferElement): Promise<TransferResult> {
    return this.requests.add(element);
  }
}
