import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { closeActivity, markActivity } from '../../contracts/activities.js';
import { makeCrashBuild, type CrashBuild } from './crash-build.js';
import { forwardKinds, cancelledKinds } from './samples.js';
import { runScenario } from './scenario.js';
import { scenarios, type Blow } from './scenarios.js';

/*
 * At every crash point a process of Veltrix is struck while trades of every kind that comes by stand there together.
 * The scenarios wait for timeouts most of the time, so they run side by side, and each test tells what became of its
 * own.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const atOnce = 8;
const all = (['SIGSTOP', 'SIGKILL'] as const).flatMap((blow) =>
  scenarios.map((scenario) => ({ scenario, blow, name: nameOf(scenario.process, scenario.point, blow) })),
);
const results = new Map<string, { error?: unknown }>();
let build: CrashBuild;

function nameOf(role: string, point: string, blow: Blow): string {
  return `${role} at ${point} by ${blow}`;
}

beforeAll(async () => {
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

test('every step of every kind of trade is a crash point, before and after', () => {
  for (const { name, steps } of [...forwardKinds, ...cancelledKinds]) {
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
  // of steps that have points of their own.
  const named = [...source('contracts/activities.ts').matchAll(/^ {2}(\w+)\(/gm)]
    .map((match) => match[1] ?? '')
    .filter((name) => name !== 'settleForward');
  const activities = [...named, closeActivity('trade'), markActivity('trade')];
  const all = points.flatMap((name) =>
    name.startsWith('$') ? activities.map((activity) => name.replace(/^\$\{.+\}/, activity)) : [name],
  );
  expect([...new Set(scenarios.map(({ point }) => point))].sort()).toEqual([...new Set(all)].sort());
});
