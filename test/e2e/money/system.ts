import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '../../harness/database.js';
import { Provider } from '../../simulator/provider.js';
import { makeQuickBuild } from '../quick-build.js';
import { Api, startProcess, type Running } from '../processes.js';
import { Shop } from './shop.js';

export type Webhooks = 'on' | 'off';

/** How long the buyer of a case may take to pay. A machine that is busy with other things must be done before. */
const deadlineSeconds = 45;

/** How many purchases in money a player may make in an hour. */
export const attemptsPerHour = 10;

/** Everything that runs: an API, a worker, their database, Temporal, and the simulator as the provider. */
export class MoneySystem {
  main!: Running;
  worker!: Running;
  private readonly running: Running[] = [];
  private readonly build = makeQuickBuild(fileURLToPath(new URL('../../..', import.meta.url)));

  private constructor(
    readonly webhooks: Webhooks,
    readonly database: TestDatabase,
    readonly sql: pg.Pool,
    readonly provider: Provider,
    private readonly env: Record<string, string>,
  ) {}

  /** @param more what is set besides */
  static async start(webhooks: Webhooks, more: Record<string, string> = {}): Promise<MoneySystem> {
    const [database, provider] = await Promise.all([createDatabase(), Provider.start()]);
    const sql = new pg.Pool({ connectionString: database.url, max: 4 });
    const system = new MoneySystem(webhooks, database, sql, provider, {
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '',
      TASK_QUEUE: `money-${randomUUID()}`,
      VELTRIX_SECRETS_KEY: '5'.repeat(64),
      STRIPE_API_URL: `http://127.0.0.1:${provider.port}`,
      PAYMENT_DEADLINE_SECONDS: String(deadlineSeconds),
      PAYMENT_CALL_TIMEOUT_SECONDS: '3',
      PAYMENT_CALLS_PER_SECOND: '1000',
      PURCHASE_ATTEMPTS_PER_HOUR: String(attemptsPerHour),
      STUCK_AFTER_SECONDS: '8',
      ...more,
    });
    await sql.query(
      `create function public.refuse() returns trigger language plpgsql as $$
       begin raise exception 'this one is bad'; end $$`,
    );
    await provider.control('POST', 'webhooks', { mode: webhooks });
    system.main = await startProcess('main', system.env);
    system.running.push(system.main);
    await system.startWorker();
    return system;
  }

  get taskQueue(): string {
    return this.env['TASK_QUEUE'] ?? '';
  }

  async startWorker(): Promise<void> {
    this.worker = await startProcess('worker', this.env, this.build.folder);
    this.running.push(this.worker);
  }

  /** Ends the API and the worker. */
  async stop(): Promise<void> {
    await Promise.all(this.running.splice(0).map((one) => one.stop()));
  }

  /** Starts the API where it was, and a worker, after `stop`. */
  async startAgain(): Promise<void> {
    this.main = await startProcess('main', { ...this.env, PORT: new URL(this.main.url).port });
    this.running.push(this.main);
    await this.startWorker();
  }

  /** Opens a title with an account of its own at the provider, and a product on sale. */
  async shop(title: string): Promise<Shop> {
    const shop = new Shop(await Api.forNewTitle(this.main.url, title), title, this);
    await shop.open();
    return shop;
  }

  /**
   * Has the database refuse a change to a state in a title.
   * @param change such as `insert on ledger.outcomes`
   * @returns what cures it
   */
  async refuse(title: string, change: string, state: string): Promise<() => Promise<unknown>> {
    const name = `refuse_${title.replaceAll('-', '_')}`;
    await this.sql.query(
      `create trigger ${name} before ${change} for each row
         when (new.state = '${state}' and new.title = '${title}') execute function public.refuse()`,
    );
    return () => this.sql.query(`drop trigger ${name} on ${change.slice(change.indexOf(' on ') + 4)}`);
  }

  async close(): Promise<void> {
    await Promise.all(this.running.map((one) => one.stop()));
    this.build.remove();
    await this.sql.end();
    await this.provider.close();
    await this.database.drop();
  }
}
