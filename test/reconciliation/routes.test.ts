import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { until } from '../e2e/processes.js';
import { adminKey, expectProblem, type Answer, type Api } from '../http/api.js';
import { valuesOf } from '../http/metric-values.js';
import { RoutesWorld, type Body } from './routes-world.js';

/* What operators and titles see and do of reconciliation, with a worker that runs it. */

let world: RoutesWorld;
let api: Api;
let arena: string;
let market: string;
let must: RoutesWorld['must'];
let run: RoutesWorld['run'];
let damage: RoutesWorld['damage'];

beforeAll(async () => {
  world = await RoutesWorld.open();
  ({ api, arena, market } = world);
  [must, run, damage] = [world.must.bind(world), world.run.bind(world), world.damage.bind(world)];
});
afterAll(() => world.close());

const ofApi = (): Registry => api.app.get(Registry, { strict: false });

const breaksOf = async (key: string, id: unknown, query = ''): Promise<Body[]> =>
  (await must(200, 'GET', `/v1/reconciliations/${String(id)}/breaks${query}`, { key }))['data'] as Body[];

test('books that agree are reconciled, with cut, bridge, counts and a link in the chain', async () => {
  const all = await run(adminKey);
  expect(all).toMatchObject({
    verdict: 'RECONCILED',
    reasons: [],
    counts: {},
    bridge: expect.arrayContaining([
      {
        title: 'arena',
        account: 'asset',
        asset: 'gold',
        opening: '0',
        movements: { grant: '100' },
        closing: '100',
        residual: '0',
      },
    ]) as unknown,
    cut: { ledger: { transaction: expect.stringMatching(/^\d+$/) as unknown } },
    chain: {
      number: expect.stringMatching(/^\d+$/) as unknown,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    },
  });
  expect(all['title']).toBeUndefined();
  const own = await run(arena, 'history');
  expect(own).toMatchObject({ title: 'arena', verdict: 'RECONCILED' });
  expect((own['bridge'] as Body[]).map(({ title }) => title)).toEqual(['arena']);
});

describe('a break', () => {
  let all: Body;
  beforeAll(async () => {
    await damage(
      `update ledger.accounts set credits_posted = credits_posted + 7
       where title = 'arena' and owner = 'player:ann'`,
    );
    all = await run(adminKey);
  });

  test('is told with its type, account and amount, to the title that it is of and to the admin key', async () => {
    expect(all).toMatchObject({ verdict: 'BREAKS' });
    const found = await breaksOf(adminKey, all['id'], '?type=31');
    expect(found).toContainEqual(
      expect.objectContaining({
        type: 31,
        class: 'manual',
        priority: 'P1',
        title: 'arena',
        account: 'player:ann',
        asset: 'gold',
        amount: '7',
        isNew: true,
        case: expect.stringMatching(/^cas_/) as unknown,
      }),
    );
    expect(await breaksOf(arena, all['id'])).toEqual(found);
    expect(await breaksOf(market, all['id'])).toEqual([]);
    expect(await must(200, 'GET', `/v1/reconciliations/${String(all['id'])}`, { key: market })).toMatchObject({
      verdict: 'RECONCILED',
      counts: {},
      looked: {},
    });
    const listed = async (verdict: string): Promise<unknown[]> => {
      const { data } = await must(200, 'GET', `/v1/reconciliations?verdict=${verdict}`, { key: market });
      return (data as Body[]).map(({ id }) => id);
    };
    expect(await listed('RECONCILED')).toContain(all['id']);
    expect(await listed('BREAKS')).not.toContain(all['id']);
    expect(await breaksOf(adminKey, all['id'], '?class=auto')).toEqual([]);
    expect(await breaksOf(adminKey, all['id'], '?priority=P1&subject=nobody')).toEqual([]);
  });

  test('comes as CSV as well, page by page through the cursor, and for the own title alone', async () => {
    const count = (await breaksOf(adminKey, all['id'])).length;
    const lines = async (key: string): Promise<string[]> => {
      const answer = await fetch(`${api.url}/v1/reconciliations/${String(all['id'])}/breaks.csv`, {
        headers: { authorization: `Bearer ${key}` },
      });
      expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
      return (await answer.text()).trim().split('\n');
    };
    const [header, ...rows] = await lines(adminKey);
    expect(header).toBe(
      'id,type,becomes,class,priority,name,title,subject,account,asset,amount,detail,since,breaksAt,isNew,case',
    );
    expect(rows).toHaveLength(count);
    expect(await lines(market)).toEqual([header]);
    const negated = `update reconciliation.breaks set amount = -amount where run = '${String(all['id']).slice(4)}'`;
    await damage(negated);
    const below = await lines(adminKey);
    await damage(negated);
    expect(below.join('\n')).toContain(',player:ann,gold,-7,');
    const ids: unknown[] = [];
    for (let next: unknown = ''; next !== null;) {
      const cursor = next === '' ? '' : `&cursor=${String(next)}`;
      const page = await must(200, 'GET', `/v1/reconciliations/${String(all['id'])}/breaks?limit=1${cursor}`, {
        key: adminKey,
      });
      ids.push(...(page['data'] as Body[]).map(({ id }) => id));
      next = page['next'];
    }
    expect(ids).toEqual((await breaksOf(adminKey, all['id'])).map(({ id }) => id));
  });

  test('is a case, which an operator takes by a filter or by CSV, until a run finds it no more', async () => {
    const cases = async (query: string, key = arena): Promise<Body[]> =>
      (await must(200, 'GET', `/v1/reconciliation-cases${query}`, { key }))['data'] as Body[];
    const [first] = await cases('?type=31&state=open&age=0-1');
    expect(first).toMatchObject({ title: 'arena', state: 'open', openedBy: all['id'] });
    expect(await cases('', market)).toEqual([]);
    const decide = (body: unknown, key = arena): Promise<Answer> =>
      api.send('POST', '/v1/reconciliation-cases/decisions', { key, body });
    const filter = { case: first?.['id'] };
    const assign = { operator: 'olga', decision: 'assign', reason: 'I see to it.', filter };
    expect(await decide(assign)).toMatchObject({ status: 200, body: { decided: 1 } });
    expect(await decide(assign, market)).toMatchObject({ status: 200, body: { decided: 0 } });
    const csv = `case,decision,reason\n${String(first?.['id'])},accept,"A test, of course."\n`;
    expect(await decide({ operator: 'olga', csv })).toMatchObject({ status: 200, body: { decided: 1 } });
    expectProblem(await decide({ operator: 'olga', csv }, market), 400, 'validation-failed');
    const again = await decide({ operator: 'olga', csv: `${csv}${String(first?.['id'])},assign,Me too.\n` });
    expectProblem(again, 400, 'validation-failed');
    expect((again.body as Body)['errors']).toMatchObject([
      { pointer: '/csv', detail: `${String(first?.['id'])} has more than one line.` },
    ]);
    for (const wrong of ['', 'case,decision\n', `case,decision,reason\nx,accept,why\n`, 'case,"dec', '\n'])
      expectProblem(await decide({ operator: 'olga', csv: wrong || 'x' }), 400, 'validation-failed');
    expect(await cases('?owner=olga')).toMatchObject([{ id: first?.['id'], owner: 'olga', state: 'open' }]);
    const story = await must(200, 'GET', `/v1/reconciliation-cases/${String(first?.['id'])}`, { key: arena });
    expect(story['events']).toMatchObject([
      { event: 'opened', reconciliation: all['id'] },
      { event: 'decided', operator: 'olga', decision: 'assign', reason: 'I see to it.' },
      { event: 'decided', operator: 'olga', decision: 'accept', reason: 'A test, of course.' },
    ]);
    expect(await valuesOf(ofApi(), 'veltrix_reconciliation_cases')).toEqual({
      'priority=P1': (await cases('?state=open')).length,
      'priority=P2': 0,
    });

    await damage(
      `update ledger.accounts set credits_posted = credits_posted - 7
       where title = 'arena' and owner = 'player:ann'`,
    );
    const mended = await run(arena, 'hot');
    expect(mended).toMatchObject({ verdict: 'RECONCILED' });
    expect(await cases(`?state=cleared`)).toContainEqual(
      expect.objectContaining({ id: first?.['id'], clearedBy: mended['id'] }),
    );
    expect(await cases('?state=open')).toEqual([]);
  });
});

test('the metrics say what is open, when each kind has run, and how often it could not read everything', async () => {
  expect(await valuesOf(ofApi(), 'veltrix_reconciliation_cases')).toEqual({ 'priority=P1': 0, 'priority=P2': 0 });
  const ages = await valuesOf(ofApi(), 'veltrix_reconciliation_last_seconds');
  expect(Object.keys(ages).sort()).toEqual(['full', 'history', 'hot', 'incremental'].map((kind) => `kind=${kind}`));
  expect(ages['kind=full']).toBeGreaterThanOrEqual(ages['kind=hot'] ?? Infinity);
  // No run of history has been of all titles, so that is as old as the titles are.
  expect(ages['kind=full']).toBeLessThan(ages['kind=history'] ?? 0);
  expect(await valuesOf(ofApi(), 'veltrix_reconciliation_incomplete')).toEqual({
    'kind=full': 0,
    'kind=history': 0,
    'kind=hot': 0,
    'kind=incremental': 0,
  });
  const stopped = (): Promise<Record<string, number>> => valuesOf(ofApi(), 'veltrix_reconciliation_stopped');
  expect(await stopped()).toEqual({ 'kind=full': 0, 'kind=history': 0, 'kind=hot': 0, 'kind=incremental': 0 });
  await damage(
    `insert into reconciliation.repairs (run, number, type, action, title, subject, state)
     select id, -number, type, 'redrive', 'arena', 'x' || number, 'stopped' from (
       select id from reconciliation.runs where title is null and kind = 'full' order by chain desc limit 1) r,
       (values (1, 12), (2, 12), (3, 30)) s (number, type)`,
  );
  expect((await stopped())['kind=full']).toBe(2);
  await damage(`delete from reconciliation.repairs where state = 'stopped'`);
  await damage(`update reconciliation.runs set verdict = 'INCOMPLETE' where title is null and kind = 'full'`);
  const incomplete = await valuesOf(ofApi(), 'veltrix_reconciliation_incomplete');
  expect(incomplete['kind=full']).toBeGreaterThan(1);
  await damage(
    `update reconciliation.runs set verdict = case when counts = '{}' then 'RECONCILED' else 'BREAKS' end
     where title is null and kind = 'full'`,
  );
});

test('a run that was altered is named by the verification of it, and of every one after it', async () => {
  const [list] = [await must(200, 'GET', '/v1/reconciliations?kind=full', { key: adminKey })];
  const runs = list['data'] as Body[];
  const [last, first] = [runs[0], runs.at(-1)];
  const verify = (id: unknown, key = adminKey): Promise<Body> =>
    must(200, 'POST', `/v1/reconciliations/${String(id)}/verify`, { key });
  expect(await verify(last?.['id'])).toMatchObject({ holds: true, altered: [] });
  await damage(`update reconciliation.runs set looked = '{}' where id = '${String(first?.['id']).slice(4)}'`);
  const altered = [{ id: first?.['id'], what: 'its cut, its inputs or its breaks were altered' }];
  expect(await verify(first?.['id'])).toMatchObject({ holds: false, altered });
  expect(await verify(last?.['id'], arena)).toMatchObject({ holds: false, altered });
});

test('a run is asked for once by its key, and refused where it is asked for wrongly', async () => {
  const ask = (key: string, body: unknown, headers: Record<string, string> = { 'idempotency-key': 'once' }) =>
    api.send('POST', '/v1/reconciliations', { key, body, headers });
  const first = await ask(market, { kind: 'hot' });
  const again = await ask(market, { kind: 'hot' });
  expect((again.body as Body)['id']).toBe((first.body as Body)['id']);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expectProblem(await ask(market, { kind: 'full' }), 422, 'idempotency-key-reused');
  expectProblem(await ask(market, { kind: 'cold' }), 400, 'validation-failed');
  expectProblem(await ask(market, { kind: 'hot' }, {}), 400, 'idempotency-key-missing');
  const other = await ask(arena, { kind: 'hot' });
  expect((other.body as Body)['id']).not.toBe((first.body as Body)['id']);
  const id = String((other.body as Body)['id']);
  expectProblem(await api.send('GET', `/v1/reconciliations/${id}`, { key: market }), 404, 'not-found');
  expectProblem(await api.send('GET', `/v1/reconciliations/${id}/breaks`, { key: market }), 404, 'not-found');
  expectProblem(await api.send('GET', `/v1/reconciliations/${id}/breaks.csv`, { key: market }), 404, 'not-found');
  expectProblem(await api.send('POST', `/v1/reconciliations/${id}/verify`, { key: market }), 404, 'not-found');
  const scopes = ['reconciliation:read'];
  const key = (await must(201, 'POST', '/v1/titles/market/keys', { key: adminKey, body: { name: 'r', scopes } }))[
    'key'
  ];
  expectProblem(await ask(String(key), { kind: 'hot' }), 403, 'forbidden');
});

test('schedules are listed, and the admin key pauses, resumes and starts them', async () => {
  await until('the schedules are made', async () => {
    const { data } = await must(200, 'GET', '/v1/reconciliation-schedules', { key: arena });
    return (data as Body[]).length === 4;
  });
  const act = (name: string, what: string, key = adminKey): Promise<Answer> =>
    api.send('POST', `/v1/reconciliation-schedules/${name}/${what}`, {
      key,
      body: { operator: 'olga', reason: 'A test.' },
    });
  expect(await act('daily', 'pause')).toMatchObject({ status: 200, body: { paused: true, note: 'olga: A test.' } });
  // The worker looks after its schedules, and leaves a paused one paused.
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  const { data } = await must(200, 'GET', '/v1/reconciliation-schedules', { key: arena });
  expect((data as Body[]).map(({ name, paused }) => [name, paused])).toEqual([
    ['hot', false],
    ['hourly', false],
    ['daily', true],
    ['weekly', false],
  ]);
  expect(await act('daily', 'resume')).toMatchObject({ status: 200, body: { paused: false } });
  expect((await act('weekly', 'run')).status).toBe(200);
  await until('the run of the schedule has finished', async () => {
    const runs = (await must(200, 'GET', '/v1/reconciliations?kind=history&state=finished', { key: adminKey }))['data'];
    return (runs as Body[]).some(({ period }) => String(period).startsWith('weekly/'));
  });
  expectProblem(await act('daily', 'pause', arena), 403, 'forbidden');
  expectProblem(await act('yearly', 'pause'), 400, 'validation-failed');
});
