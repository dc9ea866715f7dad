import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { z } from 'zod';
import type { Exchange } from '../../contracts/nouns.js';
import { exchangeSagaWorkflow } from '../../contracts/sagas.js';
import { SagasService } from '../../src/sagas/sagas.service.js';
import { actDone, sagaStory } from '../../src/sagas/sagas.shapes.js';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import { until } from '../e2e/processes.js';
import { expectProblem, openApi, type Answer, type Api } from '../http/api.js';
import { SagaWorld, gives, type StepName } from '../saga/saga-world.js';
import { noteOf } from './samples.js';

/*
 * The API beside real runs: what it reads of them in Temporal, and how it speaks to them.
 */

let world: SagaWorld;
let api: Api;
let key: string;
/** The API of an installation that no worker works for, on the same database. */
let idle: Api;
beforeAll(async () => {
  world = await SagaWorld.open();
  await world.defineGoods();
  const env = { DATABASE_URL: world.config.DATABASE_URL };
  api = await openApi({ env: { ...env, TASK_QUEUE: world.config.TASK_QUEUE } });
  idle = await openApi({ env });
  key = await api.makeTitle('arena');
});
afterAll(async () => {
  await api.close();
  await idle.close();
  await world.close();
});
beforeEach(() => world.reset());

const failing = (step: StepName): void => {
  world.before = (one) => (one === step ? Promise.reject(new Error('the server is away')) : Promise.resolve());
};

/** A trade of a sword for gold that is accepted and not started. */
async function accept(): Promise<Exchange> {
  const { buyer, seller, sword } = await world.pair();
  return exchangeOf(await world.accept(gives(buyer, { gold: '60' }), gives(seller, {}, [sword])));
}

async function story(id: string): Promise<z.infer<typeof sagaStory>> {
  const { status, body } = await api.send('GET', `/v1/sagas/${id}`, { key });
  expect(status).toBe(200);
  return sagaStory.parse(body);
}

const steps = async (id: string): Promise<string[]> =>
  (await story(id)).timeline.flatMap((event) => (event.event === 'step' ? [`${event.step} ${event.outcome}`] : []));
const operate = (id: string, act: string, on = api): Promise<Answer> =>
  on.send('POST', `/v1/sagas/${id}/${act}`, { key, body: { operator: 'olga', reason: 'It is night.' } });

/** Starts the run of an exchange, and waits until a step of it has failed once. */
async function stand(step: StepName): Promise<Exchange> {
  failing(step);
  const exchange = await accept();
  await world.starter.start([exchange], `trade/${exchange.id}`);
  await until(`${exchange.id} stands at ${step}`, async () =>
    (await story(exchange.id)).timeline.some(
      (event) => event.event === 'step' && event.step === step && event.lastError !== undefined,
    ),
  );
  return exchange;
}

/** Its row is closed before its run has heard of that, so whoever reads the run's steps waits for the run. */
const closed = async (id: string): Promise<void> =>
  void (await world.client.workflow.getHandle(`trade/${id}`).result());

describe('the timeline of a saga', () => {
  test('has the steps of its run among what they did', async () => {
    const exchange = await accept();
    await world.settle([exchange]);
    const { steps: read, timeline, workflow } = await story(exchange.id);
    expect([read, workflow.id]).toEqual(['read', `trade/${exchange.id}`]);
    const told = timeline.map((event) =>
      event.event === 'step'
        ? `${event.step} ${event.outcome} ${event.attempts}`
        : event.event === 'movement'
          ? event.kind
          : event.event,
    );
    expect(told).toEqual([
      'accepted',
      'inventoryHold ok 1',
      'hold',
      'ledgerTransfer posted 1',
      'transfer',
      'inventoryMove moved 1',
      'move',
      'closeTrades settled 1',
      'closed',
    ]);
  });

  test('has of a convoy what it did for this deal, by the run that its row names', async () => {
    const exchanges = [await accept(), await accept()];
    const [first, second] = exchanges as [Exchange, Exchange];
    await world.starter.recordStart(exchanges, `convoy/${first.id}`);
    await world.settle(exchanges, `convoy/${first.id}`);
    const { timeline } = await story(second.id);
    expect(timeline.filter(({ event }) => event === 'transfer')).toHaveLength(1);
    expect(timeline.flatMap((event) => (event.event === 'step' ? [event.workflowId] : []))).toEqual(
      Array(4).fill(`convoy/${first.id}`),
    );
  });

  test('says of a step that fails how often it was tried, what it failed with, and when it is tried next', async () => {
    const { id } = await stand('inventoryMove');
    const { timeline } = await story(id);
    const last = timeline.findLast(({ event }) => event === 'step');
    expect(last).toMatchObject({
      step: 'inventoryMove',
      outcome: 'pending',
      lastError: 'the server is away',
      workflowId: `trade/${id}`,
    });
    expect(last?.event === 'step' && last.attempts).toBeGreaterThan(1);
    world.reset();
    await closed(id);
    expect((await steps(id)).slice(-2)).toEqual(['inventoryMove moved', 'closeTrades settled']);
  });

  test('has the steps of every run that worked on it: those told of, and the convoy that it has left', async () => {
    const exchanges = [await accept(), await accept()];
    const [first] = exchanges as [Exchange, Exchange];
    await world.settle(exchanges, `convoy/${first.id}`);
    const { TASK_QUEUE: taskQueue } = world.config;
    const options = { workflowId: `trade/${first.id}`, taskQueue, args: [[first]] };
    const before = await world.client.workflow.start(exchangeSagaWorkflow, options);
    await before.result();
    await world.client.workflow.execute(exchangeSagaWorkflow, { ...options, memo: { leftFrom: `convoy/${first.id}` } });
    const runs = async (): Promise<string[]> =>
      (await story(first.id)).timeline.flatMap((event) =>
        event.event === 'step' && event.step === 'closeTrades' ? [event.workflowId] : [],
      );
    expect(await runs()).toEqual([`convoy/${first.id}`, `trade/${first.id}`]);
    const { id, kind, title } = first;
    await api.app
      .get(SagasService, { strict: false })
      .note(noteOf(id, { runId: before.firstExecutionRunId, subjects: [{ id, kind, title, players: [] }] }));
    expect(await runs()).toEqual([`convoy/${id}`, `trade/${id}`, `trade/${id}`]);
  });

  test('says where there is no run', async () => {
    const { id } = await accept();
    expect(await story(id)).toMatchObject({ steps: 'forgotten', timeline: [{ event: 'accepted' }] });
  });
});

describe('turning back', () => {
  test('a saga whose pivot fails for ever gives everything back, and says so', async () => {
    const { id, moves } = await stand('ledgerTransfer');
    const { status, body } = await operate(id, 'compensate');
    expect(status).toBe(200);
    expect(actDone.parse(body)).toMatchObject({
      act: 'compensate',
      answer: { code: 'compensated', detail: 'compensated-by-operator: olga: It is night.' },
    });
    await closed(id);
    expect(await world.row(id)).toEqual({ state: 'compensated', reason_code: 'compensated-by-operator' });
    expect(await world.ownerOf(moves[0]?.instance ?? '')).toEqual({ owner: moves[0]?.from, state: 'owned' });
    expect(await steps(id)).toEqual(
      expect.arrayContaining([
        'ledgerTransfer abandoned',
        'ledgerCancel cancelled',
        'inventoryRelease released',
        'closeTrades compensated',
      ]),
    );
  });

  test('a deal that no run works on starts one for it', async () => {
    const { id } = await accept();
    expect(await operate(id, 'compensate')).toMatchObject({ status: 200, body: { answer: { code: 'compensated' } } });
    await closed(id);
    expect(await operate(id, 'compensate')).toMatchObject({ status: 200, body: { answer: { code: 'compensated' } } });
  });

  test('what is past its pivot is too late, and goes forward', async () => {
    const { id } = await stand('inventoryMove');
    expectProblem(await operate(id, 'compensate'), 409, 'too-late');
    world.reset();
    await closed(id);
    expect(await world.row(id)).toMatchObject({ state: 'settled' });
    expectProblem(await operate(id, 'compensate'), 409, 'too-late');
  });

  test('goes on under its own name where the run that was told of is not there any more', async () => {
    const { id, kind, title } = await accept();
    await api.app
      .get(SagasService, { strict: false })
      .note(noteOf(id, { workflowId: `convoy/${id}`, subjects: [{ id, kind, title, players: [] }] }));
    expect(await operate(id, 'compensate')).toMatchObject({ status: 200, body: { answer: { code: 'compensated' } } });
    await closed(id);
  });

  test('is refused where no worker takes it, and a later try finds a worker', async () => {
    const { id } = await accept();
    const answer = await operate(id, 'compensate', idle);
    expectProblem(answer, 503, 'unavailable');
    expect(JSON.stringify(answer.body)).toContain('No worker');
    // The run that waits for a worker of that queue would be found by its name.
    await world.client.workflow.getHandle(`trade/${id}`).terminate();
    expect(await operate(id, 'compensate')).toMatchObject({ status: 200, body: { answer: { code: 'compensated' } } });
  });
});

describe('trying again', () => {
  test('is refused where no run settles the deal alone', async () => {
    const exchange = await accept();
    expectProblem(await operate(exchange.id, 'retry'), 409, 'saga-not-alone');
  });
});
