import { Injectable } from '@nestjs/common';
import { Batcher } from '../postgres/batcher.js';
import { LedgerService } from './ledger.service.js';
import type { TransferElement, TransferResult } from './ledger.types.js';

/** Where requests for transfers come in: what comes while a call of the ledger is under way forms the next one. */
@Injectable()
export class TransferIntake {
  private readonly requests: Batcher<TransferElement, TransferResult>;

  constructor(service: LedgerService) {
    this.requests = new Batcher((elements) => service.transferInFull(elements));
  }

  /**
   * Books one transfer; see LedgerService.transferInFull.
   * @throws VeltrixError `overloaded` if too many requests wait already, with nothing booked
   */
  book(element: TransferElement): Promise<TransferResult> {
    return this.requests.add(element);
  }
}
