import { Injectable } from '@nestjs/common';
import { Batcher } from '../postgres/batcher.js';
import { InventoryService } from './inventory.service.js';
import type { BurnRequest, IssueOutcome, MintRequest } from './inventory.types.js';

/** Where requests for mints and burns come in: what comes while a call of its kind is under way forms the next one. */
@Injectable()
export class IssueIntake {
  private readonly mints: Batcher<MintRequest, IssueOutcome>;
  private readonly burns: Batcher<BurnRequest, IssueOutcome>;

  constructor(service: InventoryService) {
    this.mints = new Batcher((requests, waits) => service.mint(requests, waits));
    this.burns = new Batcher((requests, waits) => service.burn(requests, waits));
  }

  /**
   * Makes one instance; see InventoryService.mint.
   * @throws VeltrixError `overloaded` if too many requests wait already, and `row-held` where somebody holds the item
   *   for too long; with nothing made
   */
  mint(request: MintRequest): Promise<IssueOutcome> {
    return this.mints.add(request);
  }

  /**
   * Ends one instance; see InventoryService.burn.
   * @throws as `mint` does, with nothing ended
   */
  burn(request: BurnRequest): Promise<IssueOutcome> {
    return this.burns.add(request);
  }
}
