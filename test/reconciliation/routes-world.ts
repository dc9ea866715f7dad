import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { startProcess, until, type Running } from '../e2e/processes.js';
import { openApi, type Answer, type Api } from '../http/api.js';

export type Body = Record<string, unknown>;

/** An API with two titles whose ann has 100 gold, and a worker that makes the runs of reconciliation. */
export class RoutesWorld {
  private constructor(
    readonly api: Api,
    private readonly worker: Running,
    readonly arena: string,
    readonly market: string,
  ) {}

  static async open(): Promise<RoutesWorld> {
    const TASK_QUEUE = `reconciliation-${randomUUID()}`;
    const api = await openApi({ env: { TASK_QUEUE } });
    const worker = await startProcess('worker', {
      DATABASE_URL: api.databaseUrl,
      TASK_QUEUE,
      TEMPORAL_ADDRESS: process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '',
    });
    const world = new RoutesWorld(api, worker, await api.makeTitle('arena'), await api.makeTitle('market'));
    for (const key of [world.arena, world.market]) {
      await world.must(201, 'PUT', '/v1/assets/gold', { key, body: { name: 'Gold', kind: 'currency' } });
      const legs = [{ from: 'system:mint', to: 'player:ann', asset: 'gold', amount: '100' }];
      const headers = { 'idempotency-key': randomUUID() };
      await world.must(201, 'POST', '/v1/transfers', { key, headers, body: { legs, reason: 'welcome' } });
    }
    return world;
  }

  /** Sends what must be answered so. */
  async must(status: number, method: string, path: string, sent: Parameters<Api['send']>[2] = {}): Promise<Body> {
    const answer: Answer = await this.api.send(method, path, sent);
    expect({ path, status: answer.status, body: answer.body }).toMatchObject({ status });
    return answer.body as Body;
  }

  /** Asks for a run, and waits until it has finished. */
  async run(key: string, kind = 'full', repair?: 'plan'): Promise<Body> {
    const asked = await this.must(202, 'POST', '/v1/reconciliations', {
      key,
      headers: { 'idempotency-key': randomUUID() },
      body: { kind, ...(repair && { repair }) },
    });
    const path = `/v1/reconciliations/${String(asked['id'])}`;
    await until(
      'the run has finished',
      async () => (await this.must(200, 'GET', path, { key }))['state'] === 'finished',
    );
    return this.must(200, 'GET', path, { key });
  }

  /** Writes past the service, as somebody does who has all rights. */
  async damage(sql: string): Promise<void> {
    await this.api.session.query(`begin; set local session_replication_role = replica; ${sql}; commit`);
  }

  async close(): Promise<void> {
    await this.worker.stop();
    await this.api.close();
  }
}
