import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Client } from '@temporalio/client';
import pg from 'pg';
import { openConnection } from '../../src/temporal/open-connection.js';
import { createDatabase } from '../harness/database.js';
import { Api, startProcess, tradeBody, until, type Answer, type Running } from './processes.js';

/*
 * What an operator does about a saga that is stuck, through REST, with the worker killed in the middle. What cannot be
 * done is refused by a trigger of the test's own.
 */

let database: { url: string; drop(): Promise<void> };
let session: pg.Client;
let temporal: Client;
let env: Record<string, string>;
let main: Running;
let worker: Running;
let api: Api;
const running: Running[] = [];
/** What takes back what a test has done to the database, so that one that fails does not take others along. */
const undos = new Set<() => Promise<void>>();

beforeAll(async () => {
  database = await createDatabase();
  session = new pg.Client({ connectionString: database.url });
  await session.connect();
  await session.query(
    `create function public.refuse() returns trigger language plpgsql as $$
     begin raise exception 'this one is bad'; end $$`,
  );
  const address = process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '';
  temporal = new Client({ connection: openConnection({ address }) });
  env = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: address,
    TASK_QUEUE: `stuck-${randomUUID()}`,
    STUCK_AFTER_SECONDS: '1',
  };
  main = await startProcess('main', env);
  running.push(main);
  await startWorker();
  api = await Api.forNewTitle(main.url, 'arena');
  await api.defineGoldAndSword();
});
afterAll(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await temporal.connection.close();
  await session.end();
  await database.drop();
});
afterEach(async () => {
  for (const undo of undos) await undo();
  if (worker.child.signalCode !== null || worker.child.exitCode !== null) await startWorker();
  // What a test that failed has left goes on now, and is tried again within a minute.
  await until(
    'no item is held',
    async () => (await session.query(`select from inventory.holds where state = 'held'`)).rowCount === 0,
    150_000,
  );
  const { rows } = await session.query<{ sum: string; held: string }>(
    `select
       (select coalesce(sum(credits_posted - debits_posted), 0) from ledger.accounts) as sum,
       (select count(*) from inventory.holds where state = 'held') as held`,
  );
  expect(rows).toEqual([{ sum: '0', held: '0' }]);
}, 240_000);

async function startWorker(): Promise<void> {
  worker = await startProcess('worker', env);
  running.push(worker);
}

async function killWorker(): Promise<void> {
  worker.child.kill('SIGKILL');
  await until('the worker is gone', () => Promise.resolve(worker.child.signalCode !== null));
}

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

/** @returns what undoes something once, whoever calls it first: the test, or the end of a test that has failed */
function undoing(work: () => Promise<void>): () => Promise<void> {
  const undo = async (): Promise<void> => {
    if (undos.delete(undo)) await work();
  };
  undos.add(undo);
  return undo;
}

/** Has a step refused for ever. @returns what cures it */
async function refuse(step: keyof typeof refused): Promise<() => Promise<void>> {
  const { on, trigger } = refused[step];
  await session.query(`create trigger refuse_${step.toLowerCase()} ${trigger} execute function public.refuse()`);
  return undoing(async () => void (await session.query(`drop trigger refuse_${step.toLowerCase()} on ${on}`)));
}

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

let trades = 0;
async function trade(): Promise<Asked> {
  const [buyer, seller] = [`buyer-${++trades}`, `seller-${trades}`];
  await api.grant(buyer, '100');
  const sword = await api.mint(seller);
  const { id } = await api.must(
    202,
    api.post('/v1/trades', `trade-${trades}`, tradeBody(buyer, '60', seller, [sword])),
  );
  return { id: id as string, buyer, seller, sword };
}

const saga = (id: string): Promise<Record<string, unknown>> => api.must(200, api.send('GET', `/v1/sagas/${id}`));
const story = async (id: string): Promise<Story> => (await saga(id)) as unknown as Story;
const act = (id: string, name: string, operator = 'olga'): Promise<Answer> =>
  api.send('POST', `/v1/sagas/${id}/${name}`, { operator, reason: 'The cure is in.' });
const untilIn = (id: string, state: string): Promise<void> =>
  until(`${id} is ${state}`, async () => (await saga(id))['state'] === state);
/** Waits for the note and for the mark on the deal's row, which are told by two activities. */
const untilStuck = (id: string): Promise<void> =>
  until(`${id} is noted as stuck, and its deal marked`, async () => {
    const { state, deal } = await saga(id);
    return state === 'stuck' && (deal as { state: string }).state === 'stuck';
  });
const listed = async (query: string): Promise<string[]> =>
  ((await api.must(200, api.send('GET', `/v1/sagas?${query}`)))['data'] as { id: string }[]).map(({ id }) => id);
const owner = async (sword: string): Promise<unknown> =>
  (await api.must(200, api.send('GET', `/v1/item-instances/${sword}`)))['owner'];

/** The workflows that the Temporal UI lists under a filter. */
async function found(query: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId } of temporal.workflow.list({
    query: `${query} and TaskQueue = '${env['TASK_QUEUE']}'`,
  }))
    ids.push(workflowId);
  return ids;
}

test('a saga whose step fails for ever is found though its worker was killed, and settles when it is tried again after the cure', async () => {
  const cure = await refuse('ledgerTransfer');
  const { id, buyer, seller, sword } = await trade();
  await untilStuck(id);
  await killWorker();
  expect(await listed('state=stuck')).toContain(id);
  expect(await listed(`state=stuck&kind=trade&player=${seller}`)).toEqual([id]);
  expect(await listed('state=stuck&player=nobody')).toEqual([]);
  await until('the Temporal UI finds it', async () => (await found(`SagaState = 'stuck'`)).includes(`trade/${id}`));
  expect(await saga(id)).toMatchObject({
    state: 'stuck',
    step: 'ledgerTransfer',
    why: expect.stringContaining('this one is bad'),
    deal: { state: 'stuck' },
    workflow: { id: `trade/${id}` },
  });
  // Nobody is there who could do it.
  const unheard = await act(id, 'retry');
  expect(unheard).toMatchObject({ status: 503, body: { code: 'unavailable' } });

  await startWorker();
  await until('it is tried before the cure', async () => (await act(id, 'retry')).body['code'] === 'step-failed-again');
  // The attempt that follows at once might meet the cure.
  await until(
    'it waits again',
    async () =>
      ((await temporal.workflow.getHandle(`trade/${id}`).describe()).raw.pendingActivities?.[0]?.attempt ?? 0) > 1,
  );
  await cure();
  expect(await act(id, 'retry')).toMatchObject({ status: 200, body: { act: 'retry', answer: { code: 'retried' } } });
  expect(await api.closed(id)).toMatchObject({ state: 'settled' });
  expect([await api.posted(buyer), await api.posted(seller), await owner(sword)]).toEqual([
    '40',
    '60',
    `player:${buyer}`,
  ]);

  // The saga is ended with its deal. What its run has told of it may still be on its way then.
  await until('its run has told all', async () => (await story(id)).timeline.some(({ event }) => event === 'ended'));
  const { timeline, steps } = await story(id);
  expect(steps).toBe('read');
  const told = timeline.map(({ event, step, operator, code }) =>
    [event, step ?? operator, code].filter((word) => word !== undefined).join(' '),
  );
  expect(told[0]).toBe('accepted');
  expect(told).toEqual(
    expect.arrayContaining([
      'step inventoryHold',
      'step ledgerTransfer',
      'stuck ledgerTransfer',
      'operator olga',
      'answer olga step-failed-again',
      'answer olga retried',
      'transfer',
      'movement',
      'step inventoryMove',
      'step closeTrades',
      'closed',
    ]),
  );
  expect(
    timeline
      .filter(({ event, step }) => event === 'step' && step === 'ledgerTransfer')
      .some(({ attempts }) => (attempts ?? 0) > 1),
  ).toBe(true);
  expect(await listed(`state=stuck&player=${seller}`)).toEqual([]);
}, 240_000);

test('an operator who compensates is answered though the worker is killed while the undo fails, and everything is given back', async () => {
  const cures = [await refuse('ledgerTransfer'), await refuse('inventoryRelease')];
  const { id, buyer, seller, sword } = await trade();
  await untilStuck(id);
  const compensated = act(id, 'compensate');
  await untilIn(id, 'parked');
  expect(await saga(id)).toMatchObject({ step: 'inventoryRelease', owner: 'olga' });
  await until('the metrics count it', async () =>
    /^veltrix_sagas\{state="parked"\} 1$/m.test(await (await fetch(`${main.url}/metrics`)).text()),
  );
  await killWorker();
  for (const cure of cures) await cure();
  await startWorker();
  expect((await compensated).status).toBeLessThan(203);
  expect(await api.closed(id)).toMatchObject({
    state: 'compensated',
    reason: { code: 'compensated-by-operator', detail: expect.stringContaining('olga') },
  });
  expect([await api.posted(buyer), await api.posted(seller), await owner(sword)]).toEqual([
    '100',
    '0',
    `player:${seller}`,
  ]);
  expect(await act(id, 'compensate', 'oleg')).toMatchObject({ status: 200, body: { answer: { code: 'compensated' } } });
}, 240_000);

/** Holds the row of an item, so that whatever wants to change it waits. @returns what lets it go */
async function lock(sword: string): Promise<() => Promise<void>> {
  const stranger = new pg.Client({ connectionString: database.url });
  await stranger.connect();
  await stranger.query('begin');
  await stranger.query('select from inventory.instances where id = $1 for update', [sword.slice(4)]);
  return undoing(() => stranger.end());
}

const untilLetIn = (id: string, operator: string): Promise<void> =>
  until(`${operator} was let in`, async () =>
    (await story(id)).timeline.some((one) => one.event === 'operator' && one.operator === operator),
  );

test('of two operators at once one wins and the other is told who, though the worker is killed while the step is tried', async () => {
  const cure = await refuse('inventoryMove');
  const { id, buyer, sword } = await trade();
  await untilStuck(id);
  const letGo = await lock(sword);
  await cure();
  const first = act(id, 'retry');
  await untilLetIn(id, 'olga');
  expect(await act(id, 'retry', 'oleg')).toMatchObject({
    status: 409,
    body: { code: 'saga-busy', detail: expect.stringContaining('olga') },
  });
  await killWorker();
  await letGo();
  await startWorker();
  expect(await api.closed(id)).toMatchObject({ state: 'settled' });
  expect(await owner(sword)).toBe(`player:${buyer}`);
  // What was tried for her was lost with the worker, and then done all the same, or given up by the time she has
  // waited.
  expect([200, 202, 409]).toContain((await first).status);
  expect(await act(id, 'compensate')).toMatchObject({ status: 409, body: { code: 'too-late' } });
  expect(await act(id, 'retry')).toMatchObject({ status: 409, body: { code: 'saga-not-stuck' } });
}, 240_000);

test('who compensates after the pivot is told that it is too late, and the saga goes forward with the worker that comes after the one that told so', async () => {
  const cure = await refuse('inventoryMove');
  const { id, buyer, seller, sword } = await trade();
  await untilStuck(id);
  expect(await act(id, 'compensate')).toMatchObject({ status: 409, body: { code: 'too-late' } });
  await killWorker();
  await cure();
  await startWorker();
  expect(await api.closed(id)).toMatchObject({ state: 'settled' });
  expect([await api.posted(buyer), await api.posted(seller), await owner(sword)]).toEqual([
    '40',
    '60',
    `player:${buyer}`,
  ]);
}, 240_000);

test('resolve ends a saga as its pivot says though the worker is killed in the middle of it, and a late move does nothing', async () => {
  const cure = await refuse('inventoryMove');
  const { id, buyer, seller, sword } = await trade();
  await untilStuck(id);
  const letGo = await lock(sword);
  const resolved = act(id, 'resolve');
  await untilLetIn(id, 'olga');
  await killWorker();
  await letGo();
  await startWorker();
  const { status, body } = await resolved;
  // The worker that comes does what the killed one was at, unless the ends of its attempts come first.
  if (status !== 200) {
    expect([202, 409]).toContain(status);
    expect(status === 202 || body['code'] === 'step-failed-again').toBe(true);
    expect(await act(id, 'resolve')).toMatchObject({ status: 200 });
  }
  expect(await api.closed(id)).toMatchObject({ state: 'settled' });
  await cure();
  expect([await api.posted(buyer), await api.posted(seller), await owner(sword)]).toEqual([
    '40',
    '60',
    `player:${buyer}`,
  ]);
  const { rows } = await session.query('select state from inventory.holds where exchange = $1', [id]);
  expect(rows).toEqual([{ state: 'ended-by-hand' }]);
}, 240_000);

test('resolve is refused while items are held and the pivot is open, also by a worker that has just come, and compensate ends it', async () => {
  const cure = await refuse('ledgerTransfer');
  const { id, seller, sword } = await trade();
  await untilStuck(id);
  await killWorker();
  await startWorker();
  await until('it is refused', async () => (await act(id, 'resolve')).body['code'] === 'saga-not-resolvable');
  expect(await api.must(200, api.send('GET', `/v1/item-instances/${sword}`))).toMatchObject({ state: 'held' });
  await cure();
  const { status } = await act(id, 'compensate');
  // Once cured it may have gone on by itself.
  expect([200, 409]).toContain(status);
  const { state } = await api.closed(id);
  expect(state).toBe(status === 200 ? 'compensated' : 'settled');
  if (status === 200) expect(await owner(sword)).toBe(`player:${seller}`);
}, 240_000);
