import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { ConvoyDispatcher } from '../../src/exchanges/convoy-dispatcher.js';
import type { DealBook } from '../../src/exchanges/deals.js';
import { ExchangeStarter } from '../../src/exchanges/exchange-starter.service.js';
import { StoredDeals } from '../../src/exchanges/stored-deals.js';
import { SweepService } from '../../src/exchanges/sweep.service.js';
import { Draining } from '../../src/process/draining.js';
import { openConnection } from '../../src/temporal/open-connection.js';
import { SearchAttributes } from '../../src/temporal/search-attributes.js';
import { TemporalConnection } from '../../src/temporal/temporal.module.js';
import { tradeKind } from '../../src/trades/trade-kind.js';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import type { Exchange } from '../../contracts/nouns.js';
import { exchangeSagaWorkflow } from '../../contracts/sagas.js';
import { openProxy, type Proxy } from '../http/proxy.js';
import { gives, SagaWorld } from '../saga/saga-world.js';

/**
 * The real starter, which writes down what it has started. Nobody works on the runs, so nobody waits for their ends.
 */
class WatchedStarter extends ExchangeStarter {
  readonly started: { run: string; ids: string[] }[] = [];
  /** Exchanges whose start fails. */
  readonly failing = new Set<string>();

  override async start(exchanges: readonly Exchange[], workflowId: string, leftFrom?: string): Promise<string> {
    if (exchanges.some(({ id }) => this.failing.has(id))) throw new Error('This one cannot be started.');
    const runId = await super.start(exchanges, workflowId, leftFrom);
    this.started.push({ run: workflowId, ids: exchanges.map(({ id }) => id) });
    return runId;
  }

  override ended(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

/** What a test does to a row before the sweep comes. */
export type RowKind =
  | 'never started'
  | 'never started, young'
  | 'running'
  | 'stuck and running'
  | 'on another task queue'
  | 'ended'
  | 'stuck and ended'
  | 'unknown'
  | 'unknown, young'
  | 'closed meanwhile';

/** What a row says of its start. */
export interface Noted {
  run: string | null;
  /** Whether it was started in the last half hour. */
  startedNow: boolean;
  checked: boolean;
}

/** The real sweep on real rows, over a way to the real Temporal that can fail. */
export class SweepWorld {
  /** What the sweep finds closed when it has read it. */
  private readonly closing: Exchange[] = [];

  /** The runs that Temporal fails to tell of although it is there. */
  readonly untold = new Set<string>();

  /** A task queue of earlier settings. */
  readonly otherQueue = `other-${randomUUID()}`;

  private constructor(
    readonly world: SagaWorld,
    readonly proxy: Proxy,
    readonly client: Client,
    readonly starter: WatchedStarter,
    readonly sweep: (...before: DealBook[]) => SweepService,
  ) {}

  static async open(): Promise<SweepWorld> {
    const world = await SagaWorld.open({ workers: false, environment: { SWEEP_AFTER_SECONDS: '600' } });
    const { config } = world;
    const proxy = await openProxy(`http://${config.TEMPORAL_ADDRESS}`);
    const client = new Client({ connection: openConnection({ address: new URL(proxy.url).host }) });
    const deals = new StoredDeals(tradeKind, world.sources[0] as DataSource);
    const temporal = new TemporalConnection(client);
    const starter = new WatchedStarter(
      config,
      [deals],
      client,
      temporal,
      new SearchAttributes(config, client),
      new Draining(),
    );
    const sweep = (...before: DealBook[]): SweepService =>
      new SweepService(config, [...before, deals], client, starter, new ConvoyDispatcher(starter, new Registry()));
    const made = new SweepWorld(world, proxy, client, starter, sweep);
    const getHandle = client.workflow.getHandle.bind(client.workflow);
    client.workflow.getHandle = ((id: string, ...rest: [string?]) => {
      const handle = getHandle(id, ...rest);
      return made.untold.has(id)
        ? Object.assign(handle, { describe: () => Promise.reject(new Error('Temporal has lost a part of this run.')) })
        : handle;
    }) as typeof getHandle;
    const stillOpen = deals.stillOpen.bind(deals);
    deals.stillOpen = async (...args) => {
      const open = await stillOpen(...args);
      await made.close(made.closing.splice(0));
      return open;
    };
    return made;
  }

  /** Takes the rows of earlier tests away, and what was written down of them. */
  async clear(): Promise<void> {
    await this.world.session.query('truncate trades.trades, trades.open');
    this.starter.started.length = 0;
    this.starter.failing.clear();
  }

  /** Makes so many rows of a kind. Those of a kind share one run, as those of a convoy do. */
  async rows(kind: RowKind, count: number): Promise<Exchange[]> {
    const parties = Array.from(
      { length: count },
      (_, place) =>
        [gives(`a-${place}`, { gold: '1' }), gives(`b-${place}`)] as [
          ReturnType<typeof gives>,
          ReturnType<typeof gives>,
        ],
    );
    const exchanges = (await this.world.acceptAll(parties)).map(exchangeOf);
    const ids = exchanges.map(({ id }) => id.slice(4));
    const { session, client, config } = this.world;
    const young = kind.endsWith('young');
    if (!young)
      await session.query(`update trades.open set created_at = now() - interval '1 hour' where id = any($1::uuid[])`, [
        ids,
      ]);
    if (kind.startsWith('never started')) return exchanges;
    const run = `convoy/${randomUUID()}`;
    await session.query(`update trades.open set started_at = now() - $2::interval where id = any($1::uuid[])`, [
      ids,
      young ? '0' : '1 hour',
    ]);
    await session.query('update trades.trades set workflow_id = $2 where id = any($1::uuid[])', [ids, run]);
    if (kind.startsWith('stuck'))
      await session.query(`update trades.trades set state = 'stuck' where id = any($1::uuid[])`, [ids]);
    const elsewhere = kind === 'on another task queue';
    if (elsewhere || kind.endsWith('running') || kind.endsWith('ended')) {
      const handle = await client.workflow.start(exchangeSagaWorkflow, {
        workflowId: run,
        taskQueue: elsewhere ? this.otherQueue : config.TASK_QUEUE,
        args: [exchanges],
      });
      if (kind.endsWith('ended')) await handle.terminate();
    }
    if (kind === 'closed meanwhile') this.closing.push(...exchanges);
    return exchanges;
  }

  private async close(exchanges: readonly Exchange[]): Promise<void> {
    if (exchanges.length > 0) await this.world.trades.close(exchanges.map(({ id }) => ({ id, state: 'settled' })));
  }

  /** What the row of an exchange says of its start; undefined where it is closed. */
  async noted({ id }: Exchange): Promise<Noted | undefined> {
    const { rows } = await this.world.session.query<Noted>(
      `select t.workflow_id as run,
         coalesce(o.started_at > now() - interval '30 minutes', false) as "startedNow",
         o.checked_at is not null as checked
       from trades.trades t join trades.open o using (id) where t.id = $1`,
      [id.slice(4)],
    );
    return rows[0];
  }

  /** The runs that an exchange was started in, and with how many others. */
  startsOf({ id }: Exchange): { run: string; size: number }[] {
    return this.starter.started
      .filter(({ ids }) => ids.includes(id))
      .map(({ run, ids }) => ({ run, size: ids.length }));
  }

  async end(): Promise<void> {
    await this.client.connection.close();
    await this.proxy.cut();
    await this.world.close();
  }
}
