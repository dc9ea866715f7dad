import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from './child.js';
import type { Say } from './say.js';

/** Something that runs as a process and is to go on running. */
export interface Service {
  name: string;
  /** Starts it. @returns once it does its work; where that fails, no process is left */
  launch(): Promise<Child>;
}

/** A process that has run so long did not fail at its start; its next failure is a first one. */
const goodRun = 60_000;
const longestPause = 30_000;

/** Keeps services running: one that ends is said and started again, after a pause that doubles. */
export class Supervisor {
  private readonly ending = new AbortController();

  constructor(private readonly tell: Say) {}

  /** Starts a service for the first time, and from then on keeps it. @throws what its launch throws */
  async keep(service: Service): Promise<void> {
    const child = await service.launch();
    void this.watch(service, child);
  }

  /** From now on whatever ends may stay so. */
  letGo(): void {
    this.ending.abort();
  }

  private async watch(service: Service, first: Child): Promise<void> {
    let child: Child | undefined = first;
    for (let failures = 0; ; ) {
      const from = Date.now();
      const how = await child?.ended;
      if (this.ending.signal.aborted) return;
      failures = Date.now() - from > goodRun ? 1 : failures + 1;
      const pause = Math.min(1_000 * 2 ** (failures - 1), longestPause);
      if (how !== undefined) this.tell(`${service.name} has ended (${how}) and is started again in ${pause / 1000} s.`);
      await sleep(pause, undefined, { signal: this.ending.signal }).catch(() => undefined);
      if (this.ending.signal.aborted) return;
      child = await this.again(service);
    }
  }

  private async again(service: Service): Promise<Child | undefined> {
    try {
      const child = await service.launch();
      this.tell(`${service.name} runs again.`);
      return child;
    } catch (error) {
      if (!this.ending.signal.aborted) this.tell(`${error instanceof Error ? error.message : String(error)} It is tried again.`);
      return undefined;
    }
  }
}
