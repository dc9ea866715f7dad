import { Inject, Injectable, Module } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { boundaries } from './boundaries.js';
import { outboxDepth } from './events/outbox.js';
import { DEAL_BOOKS, type DealBook } from './exchanges/deals.js';
import { oldestGoods } from './payments/outside-goods.statements.js';
import { countDisputes } from './payments/outside-movements.statements.js';
import { countLooks } from './payments/outside-looks.statements.js';
import { countOrphans } from './payments/orphans.statements.js';
import { countParkedRefunds } from './payments/refunds.statements.js';
import { METRICS_DATABASES, type Databases } from './postgres/data-sources.js';
import { SagasModule } from './sagas/sagas.module.js';
import { SagasReads } from './sagas/sagas.reads.js';

/**
 * How far the eventual parts are behind: the oldest open deal, the intents that no purchase takes, the refunds that
 * wait for a person, and the calls whose facts wait in each outbox.
 */
@Injectable()
export class BacklogMetrics {
  constructor(
    @Inject(Registry) registry: Registry,
    @Inject(METRICS_DATABASES) databases: Databases,
    @Inject(DEAL_BOOKS) books: readonly DealBook[],
  ) {
    new Gauge({
      name: 'veltrix_oldest_open_deal_seconds',
      help:
        'Age of the oldest deal of a kind that was accepted and is still open, ' +
        'by whether its saga was started; 0 if there is none. One that waits for somebody does not count',
      labelNames: ['kind', 'started'],
      registers: [registry],
      async collect() {
        await Promise.all(
          books.map(async (book) => {
            const { started, waiting } = await book.oldestOpen(databases.main);
            this.set({ kind: book.kind, started: 'true' }, started);
            this.set({ kind: book.kind, started: 'false' }, waiting);
          }),
        );
      },
    });
    addPaymentGauges(registry, databases.payments);
    new Gauge({
      name: 'veltrix_outbox_depth',
      help: 'Rows that wait in the outbox of a boundary; a row has the facts of one call',
      labelNames: ['boundary'],
      registers: [registry],
      async collect() {
        await Promise.all(
          boundaries.map(async ({ schema, database }) => {
            const [row] = await databases[database].query<[{ depth: string }]>(outboxDepth(schema));
            this.set({ boundary: schema }, Number(row.depth));
          }),
        );
      },
    });
  }
}

/** What waits at payment providers, and what needs a person there. */
function addPaymentGauges(registry: Registry, payments: Databases['payments']): void {
  new Gauge({
    name: 'veltrix_payment_orphans',
    help:
      'Intents at payment providers that no purchase takes, by how far they are: open, captured or refunding; ' +
      'parked where a person has to give the money back',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      const counts = new Map((await countOrphans(payments)).map(({ state, count }) => [state, count]));
      for (const state of ['open', 'captured', 'refunding', 'parked']) this.set({ state }, counts.get(state) ?? 0);
    },
  });
  new Gauge({
    name: 'veltrix_payment_refunds_parked',
    help:
      'Refunds that wait for a person: open ones whose saga is stuck, and reversed ones, which had succeeded and ' +
      'were sent back to the provider',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      const { open, reversed } = await countParkedRefunds(payments);
      this.set({ state: 'open' }, open);
      this.set({ state: 'reversed' }, reversed);
    },
  });
  new Gauge({
    name: 'veltrix_payment_disputes',
    help: 'Disputes of payments that are decided about, by state, and those that are lost',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      const counts = new Map((await countDisputes(payments)).map(({ state, count }) => [state, count]));
      for (const state of ['inquiry', 'needs_response', 'under_review', 'appealed', 'lost'])
        this.set({ state }, counts.get(state) ?? 0);
    },
  });
  new Gauge({
    name: 'veltrix_payment_outside_looks',
    help:
      'Payments that are looked at because money may move at the provider without our asking: waiting, ' +
      'or parked where a person has to see why it is not booked',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      const counts = new Map((await countLooks(payments)).map(({ state, count }) => [state, count]));
      for (const state of ['waiting', 'parked']) this.set({ state }, counts.get(state) ?? 0);
    },
  });
  new Gauge({
    name: 'veltrix_payment_oldest_goods_seconds',
    help:
      'How long ago the oldest money moved at a provider without our asking whose goods have not followed; ' +
      '0 where there is none',
    registers: [registry],
    async collect() {
      this.set(await oldestGoods(payments));
    },
  });
}

/** How many sagas are counted at most. Beyond that the exact number tells an operator nothing. */
const maxCounted = 10_000;

/** How many sagas need a person, and since when. */
@Injectable()
export class SagaMetrics {
  constructor(
    @Inject(Registry) registry: Registry,
    private readonly sagas: SagasReads,
    @Inject(DEAL_BOOKS) private readonly books: readonly DealBook[],
    @Inject(METRICS_DATABASES) private readonly databases: Databases,
  ) {
    // One look serves both gauges, which the registry asks in one turn.
    let look: ReturnType<SagaMetrics['needingAttention']> | undefined;
    const needingAttention = (): ReturnType<SagaMetrics['needingAttention']> =>
      (look ??= this.needingAttention().finally(() => (look = undefined)));
    new Gauge({
      name: 'veltrix_sagas',
      help: `Sagas that want somebody, by state: stuck, compensating or parked; at most ${maxCounted} in all`,
      labelNames: ['state'],
      registers: [registry],
      async collect() {
        const sagas = await needingAttention();
        for (const state of ['stuck', 'compensating', 'parked'])
          this.set({ state }, sagas.filter((saga) => saga.state === state).length);
      },
    });
    new Gauge({
      name: 'veltrix_oldest_stuck_seconds',
      help: 'For how long the saga that was stuck first has been stuck; 0 if none is',
      registers: [registry],
      async collect() {
        const first = (await needingAttention()).find(({ state }) => state === 'stuck');
        this.set(first?.seconds ?? 0);
      },
    });
  }

  /**
   * The sagas that need a person and whose deals are open. The last note about a closed deal is not true any more where
   * its run was terminated before it could write another.
   */
  private async needingAttention(): ReturnType<SagasReads['needingAttention']> {
    const { main } = this.databases;
    const told = await this.sagas.needingAttention(maxCounted, main);
    const ids = told.map(({ id }) => id);
    const open = await Promise.all(this.books.map((book) => book.openAmong(ids, main)));
    return told.filter(({ id }) => open.some((some) => some.has(id)));
  }
}

@Module({ imports: [SagasModule], providers: [BacklogMetrics, SagaMetrics] })
export class BacklogMetricsModule {}
