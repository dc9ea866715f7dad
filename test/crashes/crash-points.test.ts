import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { closeActivity, markActivity, waitActivity } from '../../contracts/activities.js';
import { Provider } from '../simulator/provider.js';
import { makeCrashBuild, type CrashBuild } from './crash-build.js';
import { cancelledKinds, forwardKinds, paidKinds, refundKinds } from './kinds.js';
import { runScenario } from './scenario.js';
import { scenarios, type Blow, type Scenario } from './scenarios.js';

/*
 * At every crash point a process of Veltrix is struck while deals of every kind that comes by stand there together.
 * The scenarios wait for timeouts most of the time, so they run side by side, and each test tells what became of its
 * own.
 *
 * - Every other point is struck, by one blow, in one of its scenarios. `VELTRIX_TEST_SEED` decides all three: an even
 *   one begins with the first point, an odd one with the second. It is printed where it is not given.
 * - `VELTRIX_TEST_POINTS` is a regular expression for the points that are struck, as the tests name them. With it each
 *   is struck in all of its scenarios by both blows: `.` makes everything.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const atOnce = 6;
const seed = Number(process.env['VELTRIX_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const only = process.env['VELTRIX_TEST_POINTS'];
const every = (['SIGSTOP', 'SIGKILL'] as const).flatMap((blow) =>
  scenarios.map((scenario) => ({ scenario, blow, name: nameOf(scenario, blow) })),
);
const all = only === undefined ? halfOf(sampleOf(every)) : every.filter(({ name }) => new RegExp(only).test(name));
const results = new Map<string, { error?: unknown }>();
let build: CrashBuild;
let provider: Provider;

/** One of what strikes each point, each call to the provider for itself. */
function sampleOf(strikes: typeof every): typeof every {
  const groups = new Map<string, (typeof every)[number][]>();
  for (const strike of strikes) {
    const { process: role, point, doing = '' } = strike.scenario;
    const place = [role === 'API', point, doing].join(' ');
    groups.set(place, [...(groups.get(place) ?? []), strike]);
  }
  return [...groups.values()].map((group, place) => {
    // Mixed, so that what is chosen for one point says nothing of the next.
    let mixed = (seed ^ Math.imul(place + 1, 0x9e3779b1)) >>> 0;
    for (const by of [0x85ebca6b, 0xc2b2ae35]) mixed = Math.imul(mixed ^ (mixed >>> 15), by) >>> 0;
    mixed = (mixed ^ (mixed >>> 16)) >>> 0;
    return group[mixed % group.length] as (typeof every)[number];
  });
}

function halfOf(strikes: typeof every): typeof every {
  return strikes.filter((_, place) => (place + seed) % 2 === 0);
}

function nameOf({ process: role, point, about }: Scenario, blow: Blow): string {
  return `${role} at ${point}${about === undefined ? '' : `, ${about},`} by ${blow}`;
}

beforeAll(async () => {
  console.log(`VELTRIX_TEST_SEED=${seed}`);
  build = makeCrashBuild(root);
  provider = await Provider.start();
  const left = [...all];
  const runOneByOne = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      try {
        await runScenario(next.scenario, next.blow, build, provider);
        results.set(next.name, {});
      } catch (error) {
        results.set(next.name, { error });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, runOneByOne));
}, 1_800_000);
afterAll(async () => {
  await provider.close();
  build.remove();
});

describe('a process that dies or stands still', () => {
  test.each(all)('$name loses nothing and doubles nothing', ({ name }) => {
    const result = results.get(name);
    if (result === undefined) throw new Error('The point was not hit.');
    if (result.error !== undefined) throw result.error;
  });
});

test('every step of every kind of deal is a crash point, before and after', () => {
  for (const { name, steps } of [...forwardKinds, ...cancelledKinds, ...paidKinds, ...Object.values(refundKinds)]) {
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
  // What is around every activity is named after the activity; the contracts have them all. The local attempts are made
  // of steps that have points of their own. No deal waits for a fee: test/payments/fees.test.ts has what becomes of one
  // that was found, or booked, and not yet said to be, and test/refunds/outside-goods.test.ts the same of goods.
  const ofLocalAttempts = ['settleForward', 'grantCaptured'];
  const ofFees = [
    ...['paymentFees', 'paymentFeesBooked', 'paymentOrphans', 'paymentOrphansBooked'],
    ...['paymentOutside', 'paymentOutsideBooked', 'outsideGoods', 'ledgerMovements'],
  ];
  const named = [...source('contracts/activities.ts').matchAll(/^ {2}(\w+)\(/gm)]
    .map((match) => match[1] ?? '')
    .filter((name) => !ofLocalAttempts.includes(name) && !ofFees.includes(name));
  const kinds = ['trade', 'purchase', 'refund'];
  const activities = [...named, ...kinds.map(closeActivity), ...kinds.map(markActivity)];
  // Trades never wait.
  activities.push(waitActivity('purchase'), waitActivity('refund'));
  const all = points.flatMap((name) =>
    name.startsWith('$') ? activities.map((activity) => name.replace(/^\$\{.+\}/, activity)) : [name],
  );
  expect([...new Set(sampleOf(every).map(({ scenario }) => scenario.point))].sort()).toEqual([...new Set(all)].sort());
});
