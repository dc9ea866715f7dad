import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { MAIN_DATABASE } from '../postgres/data-sources.js';

const flushEveryMs = 10_000;

/**
 * Notes when keys were last used, in one statement for all of them now and then: a key is used thousands of times a
 * second, and an operator who looks for forgotten keys counts in days.
 */
@Injectable()
export class KeyUses implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('key uses');
  private uses = new Map<string, Date>();
  private timer: NodeJS.Timeout | undefined;

  constructor(@Inject(MAIN_DATABASE) private readonly dataSource: DataSource) {}

  /** @param id the UUID of the key */
  note(id: string): void {
    this.uses.set(id, new Date());
  }

  /** Writes what was noted. What cannot be written is written the next time. A key that somebody holds is left out. */
  async flush(): Promise<void> {
    const uses = this.uses;
    if (uses.size === 0) return;
    this.uses = new Map();
    try {
      await this.dataSource.query(
        `update titles.keys k set last_used_at = greatest(k.last_used_at, u.used_at)
         from unnest($1::uuid[], $2::timestamptz[]) u(id, used_at) where k.id = u.id
           and k.id in (select id from titles.keys where id = any($1::uuid[]) for no key update skip locked)`,
        [[...uses.keys()], [...uses.values()]],
      );
    } catch (error) {
      this.uses = new Map([...uses, ...this.uses]);
      this.logger.warn({ err: error });
    }
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.flush(), flushEveryMs);
    // Nobody waits for this alone.
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }
}
