import { connect, type Socket } from 'node:net';
import { Controller, Get, Inject } from '@nestjs/common';
import { describe, expect, test } from '@jest/globals';
import { Client } from '@temporalio/client';
import type { DataSource } from 'typeorm';
import { Draining } from '../../src/process/draining.js';
import { Public } from '../../src/http/scopes.js';
import { MAIN_DATABASE } from '../../src/postgres/data-sources.js';
import { openApi } from './api.js';

@Controller('v1/slow')
@Public()
class SlowController {
  static arrived = 0;

  constructor(
    @Inject(MAIN_DATABASE) private readonly database: DataSource,
    @Inject(Draining) private readonly draining: Draining,
  ) {}

  /** Needs the database after a while, so that a pool closed too early is noticed. */
  @Get()
  async slow(): Promise<unknown> {
    SlowController.arrived += 1;
    await new Promise((resolve) => setTimeout(resolve, 600));
    return this.database.query('select 7 as seven');
  }

  @Get('wait')
  async wait(): Promise<object> {
    SlowController.arrived += 1;
    // Only the end of the process answers it within the time that a test has.
    await this.draining.within(new Promise(() => undefined), 3_600_000);
    return { waited: true };
  }
}

/** A connection on which a test sends one request after the other, as a client with keep-alive does. */
class Connection {
  private received = '';
  closed = false;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk) => (this.received += chunk.toString('latin1')));
    socket.on('error', () => (this.closed = true));
    socket.on('close', () => (this.closed = true));
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new Connection(socket)));
      socket.once('error', reject);
    });
  }

  /** The header of the answer, or undefined where the connection was closed without one. */
  async get(path: string): Promise<string | undefined> {
    this.received = '';
    this.socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
    for (;;) {
      const [header, body] = this.received.split('\r\n\r\n', 2);
      const length = Number(/content-length: (\d+)/i.exec(header ?? '')?.[1] ?? NaN);
      if (body !== undefined && body.length === length) return header;
      if (this.closed) return undefined;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

describe('shutting down', () => {
  test('answers what is in flight, closes what is idle, and ends soon', async () => {
    const api = await openApi({ controllers: [SlowController] });
    const idle = await Connection.open(api.port);
    expect(await idle.get('/health/live')).toMatch(/^HTTP\/1.1 200/);
    const fresh = await Connection.open(api.port);
    const busy = await Promise.all(Array.from({ length: 5 }, () => Connection.open(api.port)));
    const answers = busy.map((connection) => connection.get('/v1/slow'));
    const waiting = (await Connection.open(api.port)).get('/v1/slow/wait');
    while (SlowController.arrived < 6) await new Promise((resolve) => setTimeout(resolve, 5));
    await api.app.close();
    for (const answer of [...(await Promise.all(answers)), await waiting]) {
      expect(answer).toMatch(/^HTTP\/1.1 200/);
      expect(answer).toMatch(/connection: close/i);
    }
    expect([idle.closed, fresh.closed]).toEqual([true, true]);
    await expect(Connection.open(api.port)).rejects.toThrow('ECONNREFUSED');
    await api.close();
  });

  test('ends quietly while a start of a saga cannot reach Temporal', async () => {
    const api = await openApi({ env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
    const key = await api.makeTitle('arena');
    const body = {
      parties: [
        { player: 'ann', gives: { amounts: [{ asset: 'gold', amount: '1' }] } },
        { player: 'bob', gives: {} },
      ],
    };
    // Here is what would be thrown outside of any promise.
    const failures: unknown[] = [];
    const fail = (error: unknown): void => void failures.push(error);
    process.on('uncaughtExceptionMonitor', fail);
    expect(await api.send('POST', '/v1/trades', { key, headers: { 'idempotency-key': 'one' }, body })).toMatchObject({
      status: 202,
    });
    const client = api.app.get(Client);
    const others = Promise.allSettled([
      client.workflow.getHandle('other').describe(),
      client.schedule.getHandle('other').describe(),
      client.workflow.getHandle('other').result(),
    ]);
    await api.close();
    expect((await others).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    process.off('uncaughtExceptionMonitor', fail);
    expect(failures).toEqual([]);
    expect(api.logged.filter(({ msg }) => String(msg).includes('the sweep will start them'))).toHaveLength(1);
  });

  test('loses no request of clients that never stop asking', async () => {
    const api = await openApi();
    const connections = await Promise.all(Array.from({ length: 20 }, () => Connection.open(api.port)));
    let ending = false;
    const answered = new Set<Connection>();
    const unanswered = connections.map(async (connection) => {
      for (let requests = 0; ; requests++) {
        const answer = await connection.get('/health/ready');
        if (answer === undefined) return `request ${requests} got no answer`;
        answered.add(connection);
        if (!/^HTTP\/1.1 200/.test(answer)) return answer;
        if (/connection: close/i.test(answer)) return ending ? 'told to go' : 'told to go too early';
      }
    });
    while (answered.size < connections.length) await new Promise((resolve) => setTimeout(resolve, 20));
    ending = true;
    await api.app.close();
    expect(new Set(await Promise.all(unanswered))).toEqual(new Set(['told to go']));
    await api.close();
  });
});
