import { randomUUID } from 'node:crypto';
import { openDemoStore } from '../../stack/demo-store.js';
import { Api, startProcess, type Running } from '../e2e/processes.js';
import { createDatabase, type TestDatabase } from '../harness/database.js';
import { Provider } from '../simulator/provider.js';

/** What a client is told of a title, as environment. */
export interface Place extends Record<string, string> {
  API: string;
  KEY: string;
  CONTROL: string;
}

/** What `npm start` runs: an API, a worker, their database, Temporal and the simulator. */
export class Stage {
  private constructor(
    private readonly database: TestDatabase,
    private readonly provider: Provider,
    private readonly main: Running,
    private readonly worker: Running,
  ) {}

  static async open(): Promise<Stage> {
    const [database, provider] = await Promise.all([createDatabase(), Provider.start()]);
    const env = {
      ...provider.env,
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '',
      TASK_QUEUE: `clients-${randomUUID()}`,
      VELTRIX_SECRETS_KEY: '5'.repeat(64),
    };
    const [main, worker] = await Promise.all([startProcess('main', env), startProcess('worker', env)]);
    return new Stage(database, provider, main, worker);
  }

  /** Makes a title that sells what the demo title sells, with an account of its own at the provider. */
  async title(id: string): Promise<Place> {
    const { url } = this.main;
    const api = await Api.forNewTitle(url, id);
    await openDemoStore(url, api.key);
    const secretKey = this.provider.newKey();
    const endpoint = await this.provider.client(secretKey).webhookEndpoints.create({
      url: `${url}/v1/webhooks/stripe/${id}`,
      enabled_events: ['*'],
    });
    const terms = { secretKey, webhookSecrets: [endpoint.secret], settlementCurrency: 'EUR', spentGoods: 'debt' };
    await api.must(200, api.send('PUT', '/v1/payment-accounts/stripe', terms));
    return { API: url, KEY: api.key, CONTROL: `http://127.0.0.1:${this.provider.controlPort}` };
  }

  async close(): Promise<void> {
    await Promise.all([this.main.stop(), this.worker.stop()]);
    await this.provider.close();
    await this.database.drop();
  }
}
