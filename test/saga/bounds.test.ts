import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { maxBoardingMs } from '../../src/exchanges/convoy-builder.js';
import { maxSweepMs } from '../../src/exchanges/sweep.service.js';
import { makeDataSource } from '../../src/postgres/data-sources.js';
import { maxOutages } from '../../src/postgres/run-command.js';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import { badElementError, stuckError } from '../../contracts/activities.js';
import type { Exchange } from '../../contracts/nouns.js';
import { sweepWorkflow, type OperatorActName } from '../../contracts/sagas.js';
import { acceptTrades } from '../convoys/convoy-samples.js';
import { until } from '../e2e/processes.js';
import { gives, SagaWorld, type StepName } from './saga-world.js';
import { patient } from '../harness/meeting.js';

/*
 * How long each attempt may take, and how the attempts follow each other: as the server has recorded it for every
 * activity that a run can ask for.
 */

/** An activity as it was asked for, in milliseconds. */
interface Asked {
  name: string;
  startToCloseMs: number;
  scheduleToCloseMs: number;
  heartbeatMs: number;
  firstMs: number;
  coefficient: number;
  maxMs: number;
  maximumAttempts: number;
  nonRetryable: string[];
}

const endless = [
  'inventoryHold',
  'ledgerTransfer',
  'inventoryMove',
  'closeTrades',
  'ledgerCancel',
  'inventoryRelease',
  'startAlone',
  'noteSaga',
  'markTrades',
];
const whileAnOperatorWaits = ['ledgerKept', 'inventoryKept', 'inventoryEndByHand'];
const maxWaitOfAnOperatorMs = 25_000;

let world: SagaWorld;
let source: DataSource;
let statementMs: number;
const asked: Asked[] = [];

beforeAll(async () => {
  world = await SagaWorld.open({ environment: { STUCK_AFTER_SECONDS: '1' } });
  await world.defineGoods();
  await world.session.query(
    `create function public.refuse_one() returns trigger language plpgsql as $$
     begin raise exception 'this one is bad'; end $$`,
  );
  source = await makeDataSource(world.config, 'main', 'test', patient).initialize();
  const [row] = await source.query<[{ ms: number }]>(
    `select extract(epoch from current_setting('statement_timeout')::interval)::int * 1000 as ms`,
  );
  statementMs = row.ms;
});
afterAll(async () => {
  await source.destroy();
  await world.close();
});
beforeEach(() => world.reset());

const milliseconds = (duration: { seconds?: unknown; nanos?: number | null } | null | undefined): number =>
  Number(duration?.seconds ?? 0) * 1_000 + (duration?.nanos ?? 0) / 1_000_000;

/** Adds what a run has asked for. */
async function collect(workflowId: string): Promise<void> {
  const { events } = await world.client.workflow.getHandle(workflowId).fetchHistory();
  for (const { activityTaskScheduledEventAttributes: scheduled } of events ?? []) {
    if (!scheduled) continue;
    const { retryPolicy } = scheduled;
    asked.push({
      name: scheduled.activityType?.name ?? '',
      startToCloseMs: milliseconds(scheduled.startToCloseTimeout),
      scheduleToCloseMs: milliseconds(scheduled.scheduleToCloseTimeout),
      heartbeatMs: milliseconds(scheduled.heartbeatTimeout),
      firstMs: milliseconds(retryPolicy?.initialInterval),
      coefficient: retryPolicy?.backoffCoefficient ?? 0,
      maxMs: milliseconds(retryPolicy?.maximumInterval),
      maximumAttempts: retryPolicy?.maximumAttempts ?? 0,
      nonRetryable: retryPolicy?.nonRetryableErrorTypes ?? [],
    });
  }
}

const handle = ({ id }: Exchange) => world.client.workflow.getHandle(`trade/${id}`);

/** A saga that is stuck at a step, until an operator acts on it. */
async function steered(failing: StepName, act: OperatorActName, withGold = true): Promise<void> {
  const { buyer, seller, sword } = await world.pair();
  const exchange = exchangeOf(
    await world.accept(gives(buyer, withGold ? { gold: '60' } : {}), gives(seller, {}, [sword])),
  );
  world.before = (step) => (step === failing ? Promise.reject(new Error('not now')) : Promise.resolve());
  await world.starter.start([exchange], `trade/${exchange.id}`);
  await until('it is stuck', async () => (await world.row(exchange.id)).state === 'stuck');
  // The close follows an act of any kind.
  if (act === 'retry' || failing === 'closeTrades') world.before = () => Promise.resolve();
  await handle(exchange).executeUpdate(act, { args: [{ operator: 'olga', reason: 'x' }] });
  await handle(exchange).result();
  await collect(`trade/${exchange.id}`);
}

describe('of everything that a run asks for', () => {
  beforeAll(async () => {
    for (const step of ['inventoryHold', 'ledgerTransfer', 'inventoryMove', 'closeTrades'] as const)
      await steered(step, 'retry');
    await steered('ledgerTransfer', 'compensate');
    await steered('inventoryMove', 'resolve');
    await steered('closeTrades', 'resolve', false);
    world.reset();
    const exchanges = await acceptTrades(world, 3);
    await world.session.query(
      `create trigger refuse_one before insert on inventory.holds
       for each row when (new.exchange = '${exchanges[1]?.id}') execute function public.refuse_one()`,
    );
    await world.settle(exchanges, `convoy/${exchanges[0]?.id}`);
    await world.session.query('drop trigger refuse_one on inventory.holds');
    await until('the leaver settles', async () => (await world.row(exchanges[1]?.id ?? '')).state === 'settled');
    await collect(`convoy/${exchanges[0]?.id}`);
    const workflowId = `sweep-of-bounds-${world.config.TASK_QUEUE}`;
    await world.client.workflow.execute(sweepWorkflow, { workflowId, taskQueue: world.config.TASK_QUEUE, args: [] });
    await collect(workflowId);
  }, 180_000);

  test('each is looked at here', () => {
    expect([...new Set(asked.map(({ name }) => name))].sort()).toEqual(
      [...endless, ...whileAnOperatorWaits, 'sweepExchanges'].sort(),
    );
  });

  test('an attempt may take longer than a statement', () => {
    expect(statementMs).toBeGreaterThan(0);
    for (const { name, startToCloseMs } of asked)
      if (!whileAnOperatorWaits.includes(name)) expect([name, startToCloseMs > statementMs]).toEqual([name, true]);
  });

  test('what must be done is tried without end, by a back-off that has a bound', () => {
    for (const one of asked.filter(({ name }) => endless.includes(name))) {
      // The one attempt that an operator asks for is followed by another that is without end.
      if (one.maximumAttempts !== 1) expect(one).toMatchObject({ maximumAttempts: 0, coefficient: 2 });
      expect([one.name, one.scheduleToCloseMs]).toEqual([one.name, 0]);
      expect([
        one.name,
        one.firstMs > 0 && one.firstMs <= 10_000,
        one.maxMs >= one.firstMs && one.maxMs <= 60_000,
      ]).toEqual([one.name, true, true]);
      expect([stuckError, badElementError]).toEqual(expect.arrayContaining(one.nonRetryable));
    }
    const healthy = asked.filter(
      ({ name, nonRetryable }) => endless.includes(name) && nonRetryable.includes(stuckError),
    );
    expect(healthy.length).toBeGreaterThan(5);
    for (const { name, firstMs, maxMs } of healthy)
      expect([name, firstMs <= 1_000, maxMs <= 10_000]).toEqual([name, true, true]);
  });

  test('an operator who waits is answered in time', () => {
    for (const { name, startToCloseMs, maximumAttempts, firstMs } of asked.filter((one) =>
      whileAnOperatorWaits.includes(one.name),
    )) {
      expect([
        name,
        maximumAttempts > 0 && maximumAttempts * (startToCloseMs + firstMs) <= maxWaitOfAnOperatorMs,
      ]).toEqual([name, true]);
    }
  });

  test('a sweep ends soon after its worker is gone, and has time for its work and for one statement more', () => {
    for (const { startToCloseMs, heartbeatMs, maximumAttempts } of asked.filter(
      ({ name }) => name === 'sweepExchanges',
    )) {
      expect(startToCloseMs).toBeGreaterThan(maxSweepMs + statementMs);
      expect(heartbeatMs).toBeGreaterThan(0);
      expect(heartbeatMs).toBeLessThanOrEqual(10_000);
      expect(maximumAttempts).toBe(1);
    }
  });

  test('a convoy waits for its seats longer than an INSERT may take as often as it is tried', () => {
    expect(maxBoardingMs).toBeGreaterThan(maxOutages * statementMs);
  });
});
