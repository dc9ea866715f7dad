import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';

/** Says that the process is about to end, so that nobody waits for what can be asked of another process. */
@Injectable()
export class Draining implements BeforeApplicationShutdown {
  private readonly waits = new Set<() => void>();
  private hasBegun = false;

  /** Whether the process has begun to shut down. */
  get begun(): boolean {
    return this.hasBegun;
  }

  /**
   * Waits for a promise, but not longer than so many milliseconds, and not when the process has begun to shut down.
   * @returns what it resolves to, or undefined if the wait is over before
   * @throws what it rejects with
   */
  within<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.waits.delete(giveUp);
        act();
      };
      const giveUp = (): void => settle(() => resolve(undefined));
      const timer = setTimeout(giveUp, this.hasBegun ? 0 : milliseconds);
      this.waits.add(giveUp);
      promise.then(
        (value) => settle(() => resolve(value)),
        (error: unknown) => settle(() => reject(error)),
      );
    });
  }

  beforeApplicationShutdown(): void {
    this.hasBegun = true;
    for (const giveUp of [...this.waits]) giveUp();
  }
}
