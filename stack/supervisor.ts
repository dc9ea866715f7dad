import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from './child.js';
import { endProcess } from './ending.js';
import type { Say } from './say.js';

/** Something that runs as a process and is to go on running. */
export interface Service {
  name: string;
  /** Starts it. @returns once it does its work; where that fails, no process is left */
  launch(): Promise<Child>;
}

/** A process that has run so long did not fail at its start; its next failure is a first one. */
const goodRun = 60_000;
const maxPause = 30_000;

/** A service that is kept. Its renewal aborts when somebody wants it started again. */
interface Kept {
  service: Service;
  renewal: AbortController;
}

/** Keeps services running: one that ends is said and started again, after a pause that doubles. */
export class Supervisor {
  private readonly over = new AbortController();
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly tell: Say) {}

  /** Aborts once whatever ends may stay so. */
  get ending(): AbortSignal {
    return this.over.signal;
  }

  /** Starts a service for the first time, and from then on keeps it. @throws what its launch throws */
  async keep(service: Service): Promise<void> {
    const child = await service.launch();
    const kept = { service, renewal: new AbortController() };
    this.kept.set(service.name, kept);
    void this.watch(kept, child);
  }

  /** Has a service end in order and start again, at once and also where it waits for its next try. */
  renew(name: string): void {
    this.kept.get(name)?.renewal.abort();
  }

  /** From now on whatever ends may stay so. */
  letGo(): void {
    this.over.abort();
  }

  private async watch(kept: Kept, first: Child): Promise<void> {
    const { service } = kept;
    let child: Child | undefined = first;
    for (let failures = 0; ;) {
      const from = performance.now();
      const how = await (child && Promise.race([child.ended, aborted(kept.renewal.signal)]));
      if (this.ending.aborted) return;
      if (kept.renewal.signal.aborted) {
        failures = 0;
        if (child) await endProcess(child, this.tell);
      } else {
        failures = performance.now() - from > goodRun ? 1 : failures + 1;
        const pause = Math.min(1_000 * 2 ** (failures - 1), maxPause);
        if (how !== undefined)
          this.tell(`${service.name} has ended (${how}) and is started again in ${pause / 1000} s.`);
        await sleep(pause, undefined, { signal: AbortSignal.any([this.ending, kept.renewal.signal]) }).catch(
          () => undefined,
        );
      }
      if (this.ending.aborted) return;
      kept.renewal = new AbortController();
      child = await this.again(service);
    }
  }

  private async again(service: Service): Promise<Child | undefined> {
    try {
      const child = await service.launch();
      this.tell(`${service.name} runs again.`);
      return child;
    } catch (error) {
      if (!this.ending.aborted)
        this.tell(`${error instanceof Error ? error.message : String(error)} It is tried again.`);
      return undefined;
    }
  }
}

/** Resolves once the signal has aborted. */
async function aborted(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, 'abort');
}
