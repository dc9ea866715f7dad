import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';

/** Says that the process is about to end, so that nobody waits for what can be asked of another process. */
@Injectable()
export class Draining implements BeforeApplicationShutdown {
  private readonly controller = new AbortController();

  /** Aborted when the process begins to shut down. A handler that waits for an outcome stops waiting then. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  beforeApplicationShutdown(): void {
    this.controller.abort();
  }
}
