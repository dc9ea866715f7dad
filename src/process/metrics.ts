import { Global, Inject, Injectable, Module } from '@nestjs/common';
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { Pool } from 'pg';
import { requestsSetAside } from '../postgres/batcher.js';
import { DATABASES, type Databases } from '../postgres/data-sources.js';

/**
 * How much of each database's pool is in use. A pool that has callers waiting is the first sign of overload. And how
 * many requests wait beside all others, because a row that they need is held.
 */
@Injectable()
export class PoolMetrics {
  constructor(@Inject(Registry) registry: Registry, @Inject(DATABASES) databases: Databases) {
    new Gauge({
      name: 'veltrix_pool_connections',
      help: 'Connections of a database pool by state, and callers that wait for one',
      labelNames: ['database', 'state'],
      registers: [registry],
      collect() {
        for (const [database, { driver }] of Object.entries(databases)) {
          // TypeORM keeps the pool of node-postgres there, and does not declare it.
          const { master } = driver as unknown as { master: Pool };
          this.set({ database, state: 'busy' }, master.totalCount - master.idleCount);
          this.set({ database, state: 'idle' }, master.idleCount);
          this.set({ database, state: 'waiting' }, master.waitingCount);
        }
      },
    });
    new Gauge({
      name: 'veltrix_requests_set_aside',
      help: 'Requests that wait for a row that another transaction holds',
      registers: [registry],
      collect() {
        this.set(requestsSetAside());
      },
    });
  }
}

/**
 * Metrics that something other than prom-client has written, such as the Temporal SDK's own. They are answered after
 * those of the registry.
 */
@Injectable()
export class ForeignMetrics {
  private readonly sources: (() => Promise<string>)[] = [];

  /** @param source answers metrics in the Prometheus text format; what it throws fails the scrape */
  add(source: () => Promise<string>): void {
    this.sources.push(source);
  }

  async text(): Promise<string> {
    return (await Promise.all(this.sources.map((source) => source()))).join('');
  }
}

/** The metrics of a process. Whoever has some is injected prom-client's `Registry` and registers them there. */
@Global()
@Module({
  providers: [
    {
      provide: Registry,
      useFactory: () => {
        const registry = new Registry();
        collectDefaultMetrics({ register: registry });
        return registry;
      },
    },
    PoolMetrics,
    ForeignMetrics,
  ],
  exports: [Registry, ForeignMetrics],
})
export class MetricsModule {}
