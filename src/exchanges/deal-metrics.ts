import { Inject, Injectable, Module } from '@nestjs/common';
import { Counter, Histogram, Registry } from 'prom-client';
import type { JustClosed } from './deals.types.js';

/** The metrics of closed deals, which all kinds of deals share. */
@Injectable()
export class DealMetrics {
  private readonly outcomes: Counter;
  private readonly seconds: Histogram;

  constructor(@Inject(Registry) registry: Registry) {
    this.outcomes = new Counter({
      name: 'veltrix_deal_outcomes_total',
      help: 'Deals that this process has closed, by kind, state and reason',
      labelNames: ['kind', 'state', 'reason'],
      registers: [registry],
    });
    this.seconds = new Histogram({
      name: 'veltrix_deal_seconds',
      help: 'Seconds from the acceptance of a deal to its close, by kind and state',
      labelNames: ['kind', 'state'],
      buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
      registers: [registry],
    });
  }

  /** Counts deals of a kind that were closed just now. */
  closed(kind: string, deals: readonly JustClosed[]): void {
    for (const { state, reason, seconds } of deals) {
      this.outcomes.inc({ kind, state, reason });
      this.seconds.observe({ kind, state }, seconds);
    }
  }
}

@Module({ providers: [DealMetrics], exports: [DealMetrics] })
export class DealMetricsModule {}
