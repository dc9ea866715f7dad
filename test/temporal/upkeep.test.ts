import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Client, ScheduleOverlapPolicy, type ScheduleHandle, type ScheduleOptions } from '@temporalio/client';
import { loadConfig, type Config } from '../../src/process/config.js';
import { openConnection } from '../../src/temporal/open-connection.js';
import { SearchAttributes } from '../../src/temporal/search-attributes.js';
import { ensureSchedule, schedulesOf, type ScheduleCare } from '../../src/temporal/schedules.js';
import { Upkeep } from '../../src/temporal/upkeep.js';
import { sweepId } from '../../contracts/sagas.js';
import { until } from '../e2e/processes.js';
import { openProxy, type Proxy } from '../http/proxy.js';

const address = process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '';

let client: Client;
let config: Config;
let schedule: ScheduleHandle;
/** What was logged, a level and a line each. */
let logged: [level: string, line: string][];

beforeAll(() => {
  client = new Client({ connection: openConnection({ address }) });
  const note =
    (level: string) =>
    (line: string): void =>
      void logged.push([level, line]);
  Logger.overrideLogger({ log: note('log'), warn: note('warn'), error: note('error') });
});
afterAll(async () => {
  Logger.overrideLogger(false);
  await client.connection.close();
});
beforeEach(() => {
  logged = [];
  config = configFor(address);
  schedule = client.schedule.getHandle(sweepId(config.TASK_QUEUE));
});
afterEach(() => schedule.delete().catch(() => undefined));

function configFor(temporal: string): Config {
  return loadConfig({
    VELTRIX_ADMIN_KEY: 'the-admin-key-of-the-tests',
    DATABASE_URL: 'postgres://nobody',
    TEMPORAL_ADDRESS: temporal,
    TASK_QUEUE: `upkeep-${randomUUID()}`,
    SWEEP_EVERY_SECONDS: '3600',
  });
}

/** What a schedule says, without what has become of it. */
async function said(): Promise<unknown> {
  const { spec, action, policies, state } = await schedule.describe();
  return { spec, action, policies, state };
}

/** The options of the schedule as it should be, for a test to change. */
async function asItShouldBe(): Promise<ScheduleOptions> {
  const { scheduleId, spec, action, policies } = await schedule.describe();
  return { scheduleId, spec, policies, action: { ...action, typedSearchAttributes: undefined } };
}

/** The real attributes, which count how often they are looked at and can fail. */
class WatchedAttributes extends SearchAttributes {
  looks = 0;
  fail = false;

  override lookAgain(): Promise<void> {
    this.looks += 1;
    return this.fail ? Promise.reject(new Error('The index is away.')) : super.lookAgain();
  }
}

/** Has all of it looked after while a test goes on, as a worker does. It begins when the schedule is there. */
async function lookingAfter(work: (attributes: WatchedAttributes) => Promise<void>, on = client): Promise<void> {
  const stop = new AbortController();
  const attributes = new WatchedAttributes(config, on);
  const upkeep = new Upkeep(config, on, attributes);
  await upkeep.untilRunsCanStart(stop.signal);
  const kept = upkeep.keep(stop.signal);
  try {
    await until('the schedule is there', exists);
    await work(attributes);
  } finally {
    stop.abort();
    await kept;
  }
}

const minuteMs = 60_000;

const exists = (): Promise<boolean> =>
  schedule.describe().then(
    () => true,
    () => false,
  );

function ensureSweep(settings: Config): Promise<ScheduleCare> {
  const [sweep] = schedulesOf(settings);
  if (sweep === undefined) throw new Error('There is no schedule of the sweep.');
  return ensureSchedule(client, settings, sweep);
}

describe('the schedule of the sweep', () => {
  test('is made, and left alone where it is as it should be', async () => {
    expect(await ensureSweep(config)).toBe('made');
    expect(await ensureSweep(config)).toBe('as-it-should-be');
    expect(await said()).toMatchObject({
      spec: { intervals: [{ every: 3_600_000 }], calendars: [] },
      action: { workflowType: 'sweep', taskQueue: config.TASK_QUEUE, workflowRunTimeout: 120_000 },
      policies: { overlap: 'SKIP', catchupWindow: 10_000, pauseOnFailure: false },
      state: { paused: false },
    });
  });

  test('is brought up to date where an earlier version has said anything else', async () => {
    await ensureSweep(config);
    const wanted = await said();
    const fine = await asItShouldBe();
    const others: Record<string, Partial<ScheduleOptions>> = {
      'another interval': { spec: { intervals: [{ every: 7_200_000 }] } },
      'an offset': { spec: { intervals: [{ every: 3_600_000, offset: 1_000 }] } },
      'one more interval': { spec: { intervals: [{ every: 3_600_000 }, { every: 7_000 }] } },
      'a calendar': { spec: { intervals: [{ every: 3_600_000 }], calendars: [{ hour: 3 }] } },
      'an end': { spec: { intervals: [{ every: 3_600_000 }], endAt: new Date(0) } },
      'another workflow': { action: { ...fine.action, workflowType: 'sweepOnce' } },
      'another name of its run': { action: { ...fine.action, workflowId: 'sweep' } },
      'another task queue': { action: { ...fine.action, taskQueue: 'another' } },
      'an argument': { action: { ...fine.action, args: [7] } },
      'a bound on its run': { action: { ...fine.action, workflowRunTimeout: 1_000 } },
      'another overlap': { policies: { ...fine.policies, overlap: ScheduleOverlapPolicy.BUFFER_ALL } },
      'another window': { policies: { ...fine.policies, catchupWindow: 60_000 } },
      'a pause at a failure': { policies: { ...fine.policies, pauseOnFailure: true } },
      'an end after some sweeps': { state: { remainingActions: 1 } },
    };
    for (const [name, other] of Object.entries(others)) {
      await schedule.update(() => ({ ...fine, state: {}, ...other }) as never);
      expect([name, await said()]).not.toEqual([name, wanted]);
      expect([name, await ensureSweep(config)]).toEqual([name, 'brought-up-to-date']);
      expect([name, await said()]).toEqual([name, wanted]);
    }
  });

  test('and all others keep no next run waiting for ever, and are as often as is promised', async () => {
    const bounds = new Map<string, unknown>();
    const cadence = new Map<string, unknown>();
    for (const one of schedulesOf(config)) {
      await ensureSchedule(client, config, one);
      const handle = client.schedule.getHandle(one.id);
      const { action, spec, policies } = await handle.describe();
      await handle.delete();
      const name = one.id.replace(config.TASK_QUEUE, '');
      bounds.set(name, action.workflowRunTimeout);
      const { overlap, catchupWindow } = policies;
      if (name.startsWith('reconciliation-')) cadence.set(name, [overlap, catchupWindow / minuteMs, spec.intervals]);
    }
    expect([...bounds.values()]).not.toContain(undefined);
    expect(Object.fromEntries(bounds)).toMatchObject({
      ...{ 'reconciliation-hot/': 3_600_000, 'reconciliation-weekly/': 86_400_000 },
    });
    // What reconciliation is promised to look at, and until when a missed start is made up for, in minutes.
    const every = (minutes: number, offset: number): object[] => [
      { every: minutes * minuteMs, ...(offset > 0 && { offset: offset * minuteMs }) },
    ];
    expect(Object.fromEntries(cadence)).toMatchObject({
      'reconciliation-hot/': ['SKIP', 1, every(5, 0)],
      'reconciliation-hourly/': ['SKIP', 15, every(60, 7)],
      'reconciliation-daily/': ['SKIP', 12 * 60, every(24 * 60, 2 * 60)],
      'reconciliation-weekly/': ['SKIP', 24 * 60, every(7 * 24 * 60, 3 * 24 * 60 + 3 * 60)],
    });
  });

  test('stays paused where an operator has paused it, also where it is brought up to date', async () => {
    await ensureSweep(config);
    await schedule.pause('by hand');
    expect(await ensureSweep(config)).toBe('as-it-should-be');
    expect((await schedule.describe()).state).toMatchObject({ paused: true, note: 'by hand' });
    expect(await ensureSweep({ ...config, SWEEP_EVERY_SECONDS: 1_800 })).toBe('brought-up-to-date');
    const { state, spec } = await schedule.describe();
    expect([state, spec.intervals]).toMatchObject([{ paused: true, note: 'by hand' }, [{ every: 1_800_000 }]]);
  });
});

describe('for as long as a worker lives', () => {
  test('a schedule that is deleted comes back, again and again', async () => {
    await lookingAfter(async () => {
      for (let times = 0; times < 2; times++) {
        await schedule.delete();
        await until('it is back', exists);
      }
    });
    expect(
      logged.filter(
        ([, line]) => line.includes(`${config.TASK_QUEUE} was missing, and is made`) && line.includes('sweep'),
      ),
    ).toHaveLength(3);
  });

  test('a schedule that is changed is as it was, and one that is paused stays paused', async () => {
    await lookingAfter(async () => {
      await schedule.pause('by hand');
      const fine = await asItShouldBe();
      await schedule.update(({ state }) => ({ ...fine, spec: { intervals: [{ every: 7_200_000 }] }, state }) as never);
      await until('it is as it was', async () => (await schedule.describe()).spec.intervals?.[0]?.every === 3_600_000);
    });
    expect((await schedule.describe()).state.paused).toBe(true);
  });

  test('a schedule that is deleted comes back although the attributes cannot be asked for', async () => {
    await lookingAfter(async (attributes) => {
      attributes.fail = true;
      await schedule.delete();
      await until('it is back', exists);
      await until('it is told', async () => logged.some(([level]) => level === 'warn'));
    });
    expect(logged.filter(([level]) => level === 'warn').map(([, line]) => line)).toEqual([
      expect.stringMatching(/The index is away\.$/),
    ]);
  });

  describe('and Temporal goes away', () => {
    let proxy: Proxy;
    let through: Client;
    beforeEach(async () => {
      proxy = await openProxy(`http://${address}`);
      through = new Client({ connection: openConnection({ address: new URL(proxy.url).host }) });
    });
    afterEach(async () => {
      await through.connection.close();
      await proxy.cut();
    });

    const warnings = (): string[] => logged.filter(([level]) => level !== 'log').map(([, line]) => line);

    test('it ends at once when the process is to end', async () => {
      const stop = new AbortController();
      const attributes = new WatchedAttributes(config, through);
      let answered = false;
      // A look that never comes to an end.
      attributes.lookAgain = () => new Promise<void>(() => stop.abort()).then(() => void (answered = true));
      await new Upkeep(config, through, attributes).untilRunsCanStart(stop.signal);
      expect(answered).toBe(false);
    });

    test('starts go by the attributes that were known before', async () => {
      const attributes = new SearchAttributes(config, through);
      await attributes.register();
      await proxy.cut();
      await expect(attributes.lookAgain()).rejects.toThrow();
      await expect(attributes.register()).resolves.toBeUndefined();
    });

    test('while it begins, it begins when Temporal is back, and says once that it waits', async () => {
      await proxy.cut();
      const stop = new AbortController();
      let over = false;
      const begun = new Upkeep(config, through, new SearchAttributes(config, through))
        .untilRunsCanStart(stop.signal)
        .then(() => (over = true));
      await until('it has said so', () => Promise.resolve(warnings().length > 0));
      expect(over).toBe(false);
      await proxy.mend();
      await begun;
      expect(warnings()).toEqual([expect.stringMatching(/^Temporal cannot be asked .+ trying again: /)]);
    });

    test('it goes on when Temporal is back, and says once that it waits', async () => {
      await lookingAfter(async (attributes) => {
        await proxy.cut();
        await until('it has said so', () => Promise.resolve(warnings().length > 0));
        await schedule.delete();
        const looks = attributes.looks + 2;
        await until('more looks have failed', () => Promise.resolve(attributes.looks >= looks));
        await proxy.mend();
        await until('the schedule is back', exists);
      }, through);
      expect(warnings()).toHaveLength(1);
    });
  });
});
