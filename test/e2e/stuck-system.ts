import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import { Client } from '@temporalio/client';
import pg from 'pg';
import { openConnection } from '../../src/temporal/open-connection.js';
import { createDatabase, type TestDatabase } from '../harness/database.js';
import { makeQuickBuild } from './quick-build.js';
import { Api, startProcess, tradeBody, until, type Answer, type Running } from './processes.js';

/** What a step writes that is refused. */
const refused = {
  ledgerTransfer: {
    on: 'ledger.outcomes',
    trigger: `before insert on ledger.outcomes for each row when (new.state = 'posted' and new.key like 'exchange/%')`,
  },
  inventoryMove: {
    on: 'inventory.holds',
    trigger: `before update on inventory.holds for each row when (new.state = 'moved')`,
  },
  inventoryRelease: {
    on: 'inventory.holds',
    trigger: `before update on inventory.holds for each row when (new.state = 'released')`,
  },
};

interface Asked {
  id: string;
  buyer: string;
  seller: string;
  sword: string;
}

interface Story {
  timeline: { event: string; step?: string; operator?: string; code?: string; attempts?: number }[];
  steps: string;
}

/** An API and a worker whose steps a test can have refused, and what an operator sees and does through REST. */
export class StuckSystem {
  private readonly running: Running[] = [];
  /** An attempt that waits for a lock must not end before a test has seen that. */
  private readonly build = makeQuickBuild(fileURLToPath(new URL('../..', import.meta.url)), '10 seconds');
  /** What takes back what a test has done to the database, so that one that fails does not take others along. */
  private readonly undos = new Set<() => Promise<void>>();
  main!: Running;
  private worker!: Running;
  api!: Api;
  private trades = 0;

  private constructor(
    private readonly database: TestDatabase,
    readonly session: pg.Client,
    readonly temporal: Client,
    private readonly env: Record<string, string>,
  ) {}

  /** Makes the database, on which nothing runs before `start`. */
  static async open(): Promise<StuckSystem> {
    const database = await createDatabase();
    const session = new pg.Client({ connectionString: database.url });
    await session.connect();
    await session.query(
      `create function public.refuse() returns trigger language plpgsql as $$
       begin raise exception 'this one is bad'; end $$`,
    );
    const address = process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '';
    const temporal = new Client({ connection: openConnection({ address }) });
    return new StuckSystem(database, session, temporal, {
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: address,
      TASK_QUEUE: `stuck-${randomUUID()}`,
      STUCK_AFTER_SECONDS: '1',
    });
  }

  async start(): Promise<void> {
    this.main = await startProcess('main', this.env);
    this.running.push(this.main);
    await this.startWorker();
    this.api = await Api.forNewTitle(this.main.url, 'arena');
    await this.api.defineGoldAndSword();
  }

  async close(): Promise<void> {
    await Promise.all(this.running.map((one) => one.stop()));
    this.build.remove();
    await this.temporal.connection.close();
    await this.session.end();
    await this.database.drop();
  }

  /** Takes back what a test has done, waits for what it has left, and holds that no value is lost and nothing held. */
  async calm(): Promise<void> {
    for (const undo of this.undos) await undo();
    if (this.worker.child.signalCode !== null || this.worker.child.exitCode !== null) await this.startWorker();
    // What a test that failed has left goes on now, and is tried again within a minute.
    await until(
      'no item is held',
      async () => (await this.session.query(`select from inventory.holds where state = 'held'`)).rowCount === 0,
      150_000,
    );
    const { rows } = await this.session.query<{ sum: string; held: string }>(
      `select
         (select coalesce(sum(credits_posted - debits_posted), 0) from ledger.accounts) as sum,
         (select count(*) from inventory.holds where state = 'held') as held`,
    );
    expect(rows).toEqual([{ sum: '0', held: '0' }]);
  }

  async startWorker(): Promise<void> {
    this.worker = await startProcess('worker', this.env, this.build.folder);
    this.running.push(this.worker);
  }

  async killWorker(): Promise<void> {
    this.worker.child.kill('SIGKILL');
    await until('the worker is gone', () => Promise.resolve(this.worker.child.signalCode !== null));
  }

  /** @returns what undoes something once, whoever calls it first: the test, or the end of a test that has failed */
  private undoing(work: () => Promise<void>): () => Promise<void> {
    const undo = async (): Promise<void> => {
      if (this.undos.delete(undo)) await work();
    };
    this.undos.add(undo);
    return undo;
  }

  /** Has a step refused for ever. @returns what cures it */
  async refuse(step: keyof typeof refused): Promise<() => Promise<void>> {
    const { on, trigger } = refused[step];
    const name = `refuse_${step.toLowerCase()}`;
    await this.session.query(`create trigger ${name} ${trigger} execute function public.refuse()`);
    return this.undoing(async () => void (await this.session.query(`drop trigger ${name} on ${on}`)));
  }

  /** Holds the row of an item, so that whatever wants to change it waits. @returns what lets it go */
  async lock(sword: string): Promise<() => Promise<void>> {
    const stranger = new pg.Client({ connectionString: this.database.url });
    await stranger.connect();
    await stranger.query('begin');
    await stranger.query('select from inventory.instances where id = $1 for update', [sword.slice(4)]);
    return this.undoing(() => stranger.end());
  }

  async trade(): Promise<Asked> {
    const [buyer, seller] = [`buyer-${++this.trades}`, `seller-${this.trades}`];
    await this.api.grant(buyer, '100');
    const sword = await this.api.mint(seller);
    const body = tradeBody(buyer, '60', seller, [sword]);
    const { id } = await this.api.must(202, this.api.post('/v1/trades', `trade-${this.trades}`, body));
    return { id: id as string, buyer, seller, sword };
  }

  saga(id: string): Promise<Record<string, unknown>> {
    return this.api.must(200, this.api.send('GET', `/v1/sagas/${id}`));
  }

  async story(id: string): Promise<Story> {
    return (await this.saga(id)) as unknown as Story;
  }

  act(id: string, name: string, operator = 'olga'): Promise<Answer> {
    return this.api.send('POST', `/v1/sagas/${id}/${name}`, { operator, reason: 'The cure is in.' });
  }

  untilIn(id: string, state: string): Promise<void> {
    return until(`${id} is ${state}`, async () => (await this.saga(id))['state'] === state);
  }

  /** Waits for the note and for the mark on the deal's row, which are told by two activities. */
  untilStuck(id: string): Promise<void> {
    return until(`${id} is noted as stuck, and its deal marked`, async () => {
      const { state, deal } = await this.saga(id);
      return state === 'stuck' && (deal as { state: string }).state === 'stuck';
    });
  }

  untilLetIn(id: string, operator: string): Promise<void> {
    return until(`${operator} was let in`, async () =>
      (await this.story(id)).timeline.some((one) => one.event === 'operator' && one.operator === operator),
    );
  }

  async listed(query: string): Promise<string[]> {
    const { data } = await this.api.must(200, this.api.send('GET', `/v1/sagas?${query}`));
    return (data as { id: string }[]).map(({ id }) => id);
  }

  async owner(sword: string): Promise<unknown> {
    return (await this.api.must(200, this.api.send('GET', `/v1/item-instances/${sword}`)))['owner'];
  }

  /** The workflows that the Temporal UI lists under a filter. */
  async found(query: string): Promise<string[]> {
    const ids: string[] = [];
    for await (const { workflowId } of this.temporal.workflow.list({
      query: `${query} and TaskQueue = '${this.env['TASK_QUEUE']}'`,
    }))
      ids.push(workflowId);
    return ids;
  }
}
