import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { PeriodsService } from '../../src/reconciliation/periods.service.js';
import { maxMissed } from '../../src/reconciliation/periods.rules.js';
import type { RunTakeover } from '../../src/reconciliation/run-takeover.js';
import { RunsWorld, ScriptedCheck } from './runs-world.js';

/* The days that the schedule `daily` has missed. */

let world: RunsWorld;
let periods: PeriodsService;
beforeAll(async () => {
  world = await RunsWorld.open([new ScriptedCheck('books')]);
  const takeover: Pick<RunTakeover, 'look'> = { look: () => Promise.resolve([]) };
  periods = new PeriodsService(world.main, world.service, takeover as RunTakeover);
});
afterAll(() => world.close());
beforeEach(() => world.alter('delete from reconciliation.runs'));

const dayMs = 86_400_000;
/** The moment of the schedule so many days after the first. */
const day = (many: number): Date => new Date(Date.parse('2026-11-01T02:00:00Z') + many * dayMs);
const daily = (many: number): Promise<string[]> => periods.accept('daily', day(many), `reconciliation-daily/${many}`);

/** The days of runs, by their ids. */
async function daysOf(ids: readonly string[]): Promise<number[]> {
  const rows = await world.main.query<{ id: string; period: string }[]>('select id, period from reconciliation.runs');
  const periodOf = new Map(rows.map(({ id, period }) => [`rec_${id}`, period]));
  return ids.map((id) => (Date.parse(String(periodOf.get(id)?.slice(6))) - day(0).getTime()) / dayMs);
}

test('missed days are made up for one by one, the oldest first, and no day twice', async () => {
  expect(await daysOf(await daily(0))).toEqual([0]);
  expect(await daysOf(await daily(1))).toEqual([1]);
  expect(await daysOf(await daily(5))).toEqual([2, 3, 4, 5]);
  expect(await daysOf(await daily(6))).toEqual([6]);
  expect(await daysOf(await daily(99))).toEqual(Array.from({ length: maxMissed + 1 }, (_, at) => 99 - maxMissed + at));
});

test('what is made more often says all that the missed ones would have said', async () => {
  for (const schedule of ['hot', 'hourly', 'weekly'] as const) {
    await periods.accept(schedule, day(0), `${schedule}/one`);
    expect(await daysOf(await periods.accept(schedule, day(30), `${schedule}/two`))).toHaveLength(1);
  }
});

test('missed days are accepted all or none, and an attempt after one that was cut off answers all', async () => {
  await daily(0);
  await world.alter(`
    create function reconciliation.cut_off() returns trigger language plpgsql as $$
    begin
      if new.period like 'daily/2026-11-04%' then raise exception 'The worker is gone.'; end if;
      return new;
    end $$;
    create trigger cut_off before insert on reconciliation.runs for each row
      execute function reconciliation.cut_off()`);
  await expect(daily(3)).rejects.toThrow('The worker is gone.');
  expect(await world.main.query('select id from reconciliation.runs')).toHaveLength(1);
  await world.alter('drop trigger cut_off on reconciliation.runs; drop function reconciliation.cut_off');
  const ids = await daily(3);
  expect(await daysOf(ids)).toEqual([1, 2, 3]);
  // The answer of the attempt was lost.
  expect(await daily(3)).toEqual(ids);
});
