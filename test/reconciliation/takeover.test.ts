import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { PeriodsService } from '../../src/reconciliation/periods.service.js';
import type { RunStarter } from '../../src/reconciliation/run-starter.js';
import { RunTakeover } from '../../src/reconciliation/run-takeover.js';
import { RunsWorld, ScriptedCheck } from './runs-world.js';

/* Runs that no workflow makes, and the schedule that looks for them. */

let world: RunsWorld;
let periods: PeriodsService;
let started: string[];
let running: Set<string>;
let isAway: boolean;

beforeAll(async () => {
  world = await RunsWorld.open([new ScriptedCheck('books')]);
  const starter: Pick<RunStarter, 'start' | 'isRunning'> = {
    start: (run) => {
      started.push(run);
      running.add(`reconciliation/${run}`);
      return Promise.resolve();
    },
    isRunning: (workflow) =>
      isAway ? Promise.reject(new Error('Temporal is away.')) : Promise.resolve(running.has(workflow)),
  };
  periods = new PeriodsService(world.main, world.service, new RunTakeover(world.main, starter as RunStarter));
});
afterAll(() => world.close());
beforeEach(async () => {
  [started, running, isAway] = [[], new Set(), false];
  await world.alter(`delete from reconciliation.runs`);
});

/** Accepts a run an hour ago. @param workflow one of its own where it is missing */
async function accepted(period: string, workflow?: string): Promise<string> {
  const of = { kind: 'full', title: null, fingerprint: null, repair: 'make' } as const;
  const { id } = await world.service.accept({ ...of, period, ...(workflow !== undefined && { workflow }) });
  await world.main.query(`update reconciliation.runs set created_at = now() - interval '1 hour' where id = $1`, [
    id.slice(4),
  ]);
  return id;
}

const finish = async (id: string): Promise<void> => {
  await world.service.begin(id, () => Promise.resolve(true));
  while (!(await world.service.lookOn(id, () => true)).done);
  await world.service.finish(id);
};

let at = 0;
const hot = (): Promise<string[]> =>
  periods.accept('hot', new Date(Date.parse('2026-11-30T12:00:00Z') + ++at * 300_000), 'reconciliation-hot/now');

test('a hot run is made by itself, and what nobody makes is started beside it', async () => {
  const [forgotten, alive] = [await accepted('asked/a'), await accepted('asked/b')];
  running.add(`reconciliation/${alive}`);
  const own = await hot();
  expect(own).toHaveLength(1);
  expect(own).not.toContain(forgotten);
  expect(started).toEqual([forgotten]);
  await hot();
  expect(started).toEqual([forgotten]);
});

test('a run that was under way when its workflow was lost is started anew, and comes to its end', async () => {
  const id = await accepted('asked/c');
  await world.service.begin(id, () => Promise.resolve(true));
  await hot();
  expect(started).toEqual([id]);
  await finish(id);
  running.clear();
  started = [];
  await hot();
  expect(started).toEqual([]);
});

test('the missed days of a schedule are taken over one by one, the oldest first', async () => {
  const [first, second] = [
    await accepted('daily/2026-11-28T02:00:00Z', 'reconciliation-daily/lost'),
    await accepted('daily/2026-11-29T02:00:00Z', 'reconciliation-daily/lost'),
  ];
  await hot();
  await hot();
  expect(started).toEqual([first]);
  await finish(first);
  running.delete(`reconciliation/${first}`);
  await hot();
  expect(started).toEqual([first, second]);
});

test('those that wait for their turn in a workflow that runs are left to it', async () => {
  await accepted('daily/2026-11-28T02:00:00Z', 'reconciliation-daily/runs');
  running.add('reconciliation-daily/runs');
  await hot();
  expect(started).toEqual([]);
});

test('where Temporal is away the hot run is accepted all the same', async () => {
  await accepted('asked/d');
  isAway = true;
  expect(await hot()).toHaveLength(1);
  expect(started).toEqual([]);
});
