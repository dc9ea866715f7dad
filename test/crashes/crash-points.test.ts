import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { closeActivity, markActivity, waitActivity } from '../../contracts/activities.js';
import { makeCrashBuild, type CrashBuild } from './crash-build.js';
import { cancelledKinds, forwardKinds, paidKinds } from './kinds.js';
import { runScenario } from './scenario.js';
import { scenarios, type Blow, type Scenario } from './scenarios.js';

/*
 * At every crash point a process of Veltrix is struck while deals of every kind that comes by stand there together.
 * The scenarios wait for timeouts most of the time, so they run side by side, and each test tells what became of its
 * own.
 *
 * - `VELTRIX_TEST_SEED` decides the blow of a scenario that is sampled. It is printed where it is not given.
 * - `VELTRIX_TEST_POINTS` is a regular expression for the points that are struck, as the tests name them. Without it
 *   all are.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const atOnce = 8;
const seed = Number(process.env['VELTRIX_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const only = new RegExp(process.env['VELTRIX_TEST_POINTS'] ?? '');
const all = (['SIGSTOP', 'SIGKILL'] as const).flatMap((blow, number) =>
  scenarios
    .filter(({ sampled }, place) => sampled !== true || (seed + place + number) % 2 === 0)
    .map((scenario) => ({ scenario, blow, name: nameOf(scenario, blow) }))
    .filter(({ name }) => only.test(name)),
);
const results = new Map<string, { error?: unknown }>();
let build: CrashBuild;

function nameOf({ process: role, point, about }: Scenario, blow: Blow): string {
  return `${role} at ${point}${about === undefined ? '' : `, ${about},`} by ${blow}`;
}

beforeAll(async () => {
  console.log(`VELTRIX_TEST_SEED=${seed}`);
  build = makeCrashBuild(root);
  const left = [...all];
  const runOneByOne = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      try {
        await runScenario(next.scenario, next.blow, build);
        results.set(next.name, {});
      } catch (error) {
        results.set(next.name, { error });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, runOneByOne));
}, 1_800_000);
afterAll(() => build.remove());

describe('a process that dies or stands still', () => {
  test.each(all)('$name loses nothing and doubles nothing', ({ name }) => {
    const result = results.get(name);
    if (result === undefined) throw new Error('The point was not hit.');
    if (result.error !== undefined) throw result.error;
  });
});

test('every step of every kind of deal is a crash point, before and after', () => {
  for (const { name, steps } of [...forwardKinds, ...cancelledKinds, ...paidKinds]) {
    for (const step of steps) {
      for (const when of ['before', 'after']) {
        const hit = scenarios.some(
          ({ point, kinds }) => point === `${step}:${when}` && kinds.some((kind) => kind.name === name),
        );
        expect([name, step, when, hit]).toEqual([name, step, when, true]);
      }
    }
  }
});

test('every crash point of the code is struck', () => {
  const source = (file: string): string => readFileSync(join(root, file), 'utf8');
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const points = files.flatMap((name) =>
    [...source(`src/${name}`).matchAll(/\bcrashPoint\((['`])(.+?)\1/g)].map((match) => match[2] ?? ''),
  );
  // What is around every activity is named after the activity; the contracts have them all. The local attempt is made
  // of steps that have points of their own. No deal waits for a fee: test/payments/fees.test.ts has what becomes of one
  // that was found, or booked, and not yet said to be.
  const ofFees = ['paymentFees', 'paymentFeesBooked', 'ledgerFees'];
  const named = [...source('contracts/activities.ts').matchAll(/^ {2}(\w+)\(/gm)]
    .map((match) => match[1] ?? '')
    .filter((name) => name !== 'settleForward' && !ofFees.includes(name));
  const kinds = ['trade', 'purchase'];
  const activities = [...named, ...kinds.map(closeActivity), ...kinds.map(markActivity)];
  // Of the kinds, purchases alone wait.
  activities.push(waitActivity('purchase'));
  const all = points.flatMap((name) =>
    name.startsWith('$') ? activities.map((activity) => name.replace(/^\$\{.+\}/, activity)) : [name],
  );
  expect([...new Set(scenarios.map(({ point }) => point))].sort()).toEqual([...new Set(all)].sort());
});
