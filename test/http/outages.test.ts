import { Controller, Get } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { MAIN_DATABASE } from '../../src/postgres/data-sources.js';
import { Degradations } from '../../src/process/health.js';
import { Public } from '../../src/http/scopes.js';
import { adminKey, expectProblem, openApi, type Api } from './api.js';
import { openProxy } from './proxy.js';

const secret = 'postgres://user:hunter2@db/veltrix';

@Controller('v1/broken')
@Public()
class BrokenController {
  @Get('error')
  error(): never {
    throw new Error(`cannot read ${secret}`);
  }

  @Get('text')
  text(): never {
    // A library may throw anything.
    throw secret as unknown as Error;
  }

  @Get('unwritable')
  unwritable(): object {
    return { amount: 5n };
  }
}

describe('when something fails', () => {
  let api: Api;
  beforeAll(async () => {
    api = await openApi({ env: { DATABASE_POOL_SIZE: '2' }, controllers: [BrokenController] });
  });
  afterAll(() => api.close());

  const makeTitle = (id: string) => api.send('POST', '/v1/titles', { key: adminKey, body: { id, name: id } });

  test.each(['error', 'text', 'unwritable'])(
    'a mistake of our own (%s) tells the caller nothing and the log everything',
    async (what) => {
      const answer = await api.send('GET', `/v1/broken/${what}`);
      const { detail, instance } = expectProblem(answer, 500, 'internal');
      expect(JSON.stringify(answer.body)).not.toMatch(/hunter2|BigInt/);
      expect(detail).toBe('The service has failed. The log has the reason under the id of the request.');
      const line = api.logged.find((logged) => logged['requestId'] === instance && logged['level'] === 50);
      expect(JSON.stringify(line)).toMatch(what === 'unwritable' ? /BigInt/ : /hunter2/);
    },
  );

  test('readiness names the parts that are away, and is ready all the same', async () => {
    const degradations = api.app.get(Degradations);
    // Nobody works on the task queue of this API, which is another test's.
    for (const part of ['saga-workers', 'schedules', 'search-attributes'])
      degradations.add(part, () => Promise.resolve(undefined));
    degradations.add('beta', () => Promise.resolve(undefined));
    expect((await api.send('GET', '/health/ready')).body).toEqual({ status: 'ready', degraded: [], reasons: {} });
    degradations.add('temporal', () => Promise.resolve('It is at lunch.'));
    degradations.add('alpha', () => Promise.reject(new Error(secret)));
    const { status, body } = await api.send('GET', '/health/ready');
    const reasons = { alpha: 'Whether alpha works could not be found out.', temporal: 'It is at lunch.' };
    expect({ status, body }).toEqual({
      status: 200,
      body: { status: 'ready', degraded: ['alpha', 'temporal'], reasons },
    });
    const metrics = await (await fetch(`${api.url}/metrics`)).text();
    expect(metrics).toMatch(/^veltrix_degraded\{part="temporal"\} 1$/m);
    expect(metrics).toMatch(/^veltrix_degraded\{part="beta"\} 0$/m);
  });

  test('a part that hangs is away', async () => {
    api.app.get(Degradations).add('hangs', () => new Promise(() => undefined));
    expect((await api.send('GET', '/health/ready')).body).toMatchObject({
      degraded: expect.arrayContaining(['hangs']),
    });
    api.app.get(Degradations).add('hangs', () => Promise.resolve(undefined));
  });

  test('callers who wait too long for a connection are told to come back, and nothing is lost', async () => {
    const { driver } = api.app.get<DataSource>(MAIN_DATABASE, { strict: false });
    const { master } = driver as unknown as { master: pg.Pool };
    const taken = await Promise.all([master.connect(), master.connect()]);
    expect(master.options.max).toBe(taken.length);
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map(makeTitle));
    for (const one of taken) one.release();
    for (const answer of answers) {
      expectProblem(answer, 503, 'unavailable');
      expect(answer.headers.get('retry-after')).toBe('2');
    }
    const { rows } = await api.session.query<{ count: string }>(
      'select count(*) from titles.titles where length(id) = 1',
    );
    expect(rows).toEqual([{ count: '0' }]);
    expect((await makeTitle('a')).status).toBe(201);
  });

  test('without PostgreSQL every route that needs it answers 503, and all is well when it is back', async () => {
    const proxy = await openProxy(api.databaseUrl);
    const cut = await openApi({ env: { DATABASE_URL: proxy.url } });
    const makeHere = (id: string) => cut.send('POST', '/v1/titles', { key: adminKey, body: { id, name: id } });
    const { body } = await makeHere('arena');
    const { key } = body as { key: string };
    await proxy.cut();
    for (let i = 0; i < 5; i++) expectProblem(await makeHere('away'), 503, 'unavailable');
    expectProblem(await cut.send('GET', '/v1/titles', { key }), 503, 'unavailable');
    expectProblem(await cut.send('GET', '/health/ready'), 503, 'unavailable');
    expect((await cut.send('GET', '/health/live')).status).toBe(200);
    await proxy.mend();
    expect((await makeHere('away')).status).toBe(201);
    expectProblem(await cut.send('GET', '/v1/titles', { key }), 403, 'forbidden');
    expect((await cut.send('GET', '/health/ready')).status).toBe(200);
    await cut.close();
    await proxy.cut();
  });
});
