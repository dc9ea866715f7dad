import { Inject, Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Degradations } from '../process/health.js';
import type { AccountKey } from './accounts.statements.js';
import type { BreakerState } from './breaker.rules.js';

/** What operators see of the calls to providers: how many, how long, and which account is not asked now. */
@Injectable()
export class ProviderMetrics {
  private readonly calls: Counter;
  private readonly seconds: Histogram;
  private readonly outside: Counter<'outcome'>;
  private breakers: () => readonly (AccountKey & { state: BreakerState })[] = () => [];

  constructor(@Inject(Registry) registry: Registry, degradations: Degradations) {
    this.calls = new Counter({
      name: 'veltrix_payment_calls_total',
      help: 'Calls to payment providers that this process has made, by provider, call and result',
      labelNames: ['provider', 'call', 'result'],
      registers: [registry],
    });
    this.seconds = new Histogram({
      name: 'veltrix_payment_call_seconds',
      help: 'Seconds that a payment provider has taken for a call, by provider and call',
      labelNames: ['provider', 'call'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers: [registry],
    });
    this.outside = new Counter({
      name: 'veltrix_payment_outside_total',
      help:
        'Movements, disputes and warnings that accounts at payment providers have told of: ours, ' +
        'own where Veltrix has asked for the refund, or foreign',
      labelNames: ['outcome'],
      registers: [registry],
    });
    const breakers = (): ReturnType<typeof this.breakers> => this.breakers();
    new Gauge({
      name: 'veltrix_payment_breaker',
      help: 'Whether this process asks an account at a provider: 0 closed, 1 half open, 2 open',
      labelNames: ['provider', 'title'],
      registers: [registry],
      collect() {
        for (const { provider, title, state } of breakers())
          this.set({ provider, title }, { closed: 0, 'half open': 1, open: 2 }[state]);
      },
    });
    degradations.add('payments', () => {
      const open = breakers().filter(({ state }) => state === 'open').length;
      const reason = `Accounts at providers that are not asked now: ${open}; veltrix_payment_breaker says which.`;
      return Promise.resolve(open === 0 ? undefined : reason);
    });
  }

  /** Shows the breakers of accounts from now on. */
  show(breakers: () => readonly (AccountKey & { state: BreakerState })[]): void {
    this.breakers = breakers;
  }

  /** Counts what an account has told of, each once. */
  foundOutside(outcome: 'ours' | 'own' | 'foreign'): void {
    this.outside.inc({ outcome });
  }

  /** Counts a call. */
  called(provider: string, call: string, result: string, seconds: number): void {
    this.calls.inc({ provider, call, result });
    this.seconds.observe({ provider, call }, seconds);
  }
}
