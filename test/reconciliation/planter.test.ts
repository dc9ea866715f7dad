import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isPending, verdictOf } from '../../src/reconciliation/verdict.rules.js';
import { allFindings, findings, History } from './histories.js';
import { pendingPlants } from './planter-pending.js';
import { bookFunction, drawn, plants, type Site } from './planter.js';
import { wordsOf } from './value/value-world.js';

const seed = process.env['VELTRIX_TEST_SEED'] ?? String(Math.floor(Math.random() * 1_000_000));
console.log(`The sites are drawn by VELTRIX_TEST_SEED=${seed}.`);

let history: History;
beforeAll(async () => {
  history = await History.open();
}, 120_000);
afterAll(() => history.close());

describe('of what is planted, exactly that is found', () => {
  test.each(plants.map((plant) => [`${plant.type}: ${plant.name}`, plant] as const))('%s', async (_name, plant) => {
    const sites = await history.main.query<Site[]>(drawn(plant, seed));
    expect(sites.length).toBeGreaterThan(0);
    const damage = [[bookFunction] as const, ...sites.flatMap((site) => plant.damage(site))];
    const found = await history.damaged(damage, async (ask) => (await findings(ask)).map(wordsOf));
    const wanted = [...sites.map((site) => plant.found(site)), ...(plant.implies?.(sites) ?? [])];
    expect([...new Set(found)].sort()).toEqual(wanted.sort());
  });
});

const minuteMs = 60_000;

describe('of what is planted within its time, exactly that is pending, and from its moment on a break', () => {
  test.each(pendingPlants.map((plant) => [`34 that becomes ${plant.becomes}: ${plant.name}`, plant] as const))(
    '%s',
    async (_name, plant) => {
      const sites = await history.main.query<Site[]>(drawn(plant, seed));
      expect(sites.length).toBeGreaterThan(0);
      const now = new Date();
      const left = plant.grace - plant.since;
      const later = new Date(now.getTime() + (left + 1) * minuteMs);
      const damage = [[bookFunction] as const, ...sites.flatMap((site) => plant.damage(site))];
      const [before, after] = await history.damaged(damage, async (ask) => [
        await allFindings(ask, now),
        await allFindings(ask, later),
      ]);
      const wanted = sites.map((site) => plant.found(site)).sort();
      expect(before.map(wordsOf).sort()).toEqual(wanted);
      for (const one of before) {
        expect(isPending(one, now)).toBe(true);
        const minutes = ((one.breaksAt?.getTime() ?? 0) - now.getTime()) / minuteMs;
        expect(minutes).toBeGreaterThan(left - 1);
        expect(minutes).toBeLessThanOrEqual(left + 1);
      }
      expect(verdictOf({ reasons: 0, breaks: 0, pending: before.length })).toBe('RECONCILED_WITH_PENDING');
      expect(
        after
          .filter((one) => !isPending(one, later))
          .map(wordsOf)
          .sort(),
      ).toEqual(wanted);
    },
  );
});
