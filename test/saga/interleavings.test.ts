/**
 * The properties at the end of the saga protocol, on the shipped workflow and the real services. fast-check's
 * scheduler decides in which order the commands of all runs take effect.
 *
 * - `VELTRIX_TEST_SCHEDULES` is how many schedules a kind of share 1 would have. Without it the seed decides a sample.
 * - `VELTRIX_TEST_SEED` gives the seed, which is printed where it is not given.
 * - `VELTRIX_TEST_PATH` is the path that a failure names beside its seed. Both together, and the test's name by `-t`,
 *   play the schedule that failed.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import type { exchangeSaga as Workflow } from '../../workflows/exchange-saga.js';
import { expectProtocol } from './interleaving-checks.js';
import {
  everFailing,
  lists,
  listsTurnedBack,
  oneExchange,
  resolved,
  twoCompetitors,
  type Plan,
} from './interleaving-plans.js';
import { failingPurchase, listsOfPurchases, onePurchase } from './interleaving-paid-plans.js';
import { situationsOfPayments } from './interleaving-paid-situations.js';
import { situations as situationsOfDeals } from './interleaving-situations.js';
import { InterleavingWorld } from './interleaving-world.js';
import { Interleaving, untilQuiet } from './interleaving.js';
import { workflowModule } from './workflow-double.js';

jest.unstable_mockModule('@temporalio/workflow', () => workflowModule);

const schedules = Number(process.env['VELTRIX_TEST_SCHEDULES'] ?? 300);
const seed = Number(process.env['VELTRIX_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const path = process.env['VELTRIX_TEST_PATH'];
/** How many schedules are played side by side, each with players of its own, so that PostgreSQL is kept busy. */
const lanes = path === undefined ? 4 : 1;

let world: InterleavingWorld;
let exchangeSaga: typeof Workflow;
const situations = { ...situationsOfDeals, ...situationsOfPayments };
const met = new Map<string, number>();

beforeAll(async () => {
  console.log(`VELTRIX_TEST_SEED=${seed}`);
  ({ exchangeSaga } = await import('../../workflows/exchange-saga.js'));
  world = await InterleavingWorld.open();
});
afterAll(() => world.close());

/**
 * Plays schedules of such plans, as many and from the seed that the parameters say, and holds each to every property.
 */
function assertProtocol(
  plans: fc.Arbitrary<Plan>,
  parameters: fc.Parameters<[Plan, fc.Scheduler]>,
  tell: (tasks: string[]) => void = () => undefined,
): Promise<void> {
  const property = fc.asyncProperty(plans, fc.scheduler({ act: untilQuiet }), async (plan, scheduler) => {
    const played = await new Interleaving(world, exchangeSaga, scheduler, plan).play();
    tell(scheduler.report().map(({ label }) => label));
    const traces = expectProtocol(played);
    for (const [name, isMet] of Object.entries(situations))
      if (isMet(played, traces)) met.set(name, (met.get(name) ?? 0) + 1);
  });
  return fc.assert(property, parameters);
}

/** @param round another number plays other schedules */
async function play(plans: fc.Arbitrary<Plan>, count: number, round = 0): Promise<void> {
  const lane = (_: unknown, number: number): Promise<void> =>
    assertProtocol(plans, {
      seed: (seed + (round * lanes + number) * 0x9e3779b1) | 0,
      numRuns: Math.ceil(count / lanes),
      ...(path !== undefined && { path }),
    });
  const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
  for (const run of ended) if (run.status === 'rejected') throw run.reason;
}

const patience = 60_000 + schedules * 400;

type Kind = [name: string, plans: fc.Arbitrary<Plan>, share: number];

const kinds: Kind[] = [
  ['two and three runs of one exchange keep to the protocol', oneExchange, 0.33],
  ['two exchanges that compete keep to the protocol', twoCompetitors, 0.17],
  ['runs of lists, whole and halved, keep to the protocol', lists, 0.2],
  ['runs of lists that are cancelled before their first step keep to the protocol', listsTurnedBack, 0.05],
  ['a run whose step fails for ever ends when it is compensated', everFailing, 0.1],
  ['a run whose step fails for ever after the pivot ends when it is resolved', resolved, 0.2],
  ['two and three runs of one purchase in real money keep to the protocol', onePurchase, 0.3],
  ['a purchase in real money whose step fails for ever ends when an operator sees to it', failingPurchase, 0.1],
  ['runs of lists of purchases in real money keep to the protocol', listsOfPurchases, 0.15],
];

/** Which plans bring up most of what is rare. */
const sources: [situation: RegExp, plans: fc.Arbitrary<Plan>[]][] = [
  [/leaves at an undo/, [listsTurnedBack]],
  [/leaves at/, [lists]],
  [/payment|purchase|capture|void/, [failingPurchase, onePurchase]],
  [/resolve|by hand/, [resolved]],
  [/another|last one|sold out/, [twoCompetitors, lists]],
];
/** The kinds whose plans are likely to bring up a situation: all, where nothing better is known. */
const kindsFor = (situation: string): Kind[] => {
  const [, some] = sources.find(([pattern]) => pattern.test(situation)) ?? [];
  return kinds.filter(([, plans]) => some?.includes(plans) ?? true);
};

/** The rarest situations come up a few times among all schedules, so chance may leave one out; then more are played. */
const maxRounds = 40;
const missing = (): string[] => Object.keys(situations).filter((name) => !met.has(name));

describe('however commands, late attempts, terminations, sweeps and operators interleave', () => {
  test.each(kinds)('%s', async (_, plans, share) => play(plans, schedules * share), patience);

  test('every asset sums to zero and nothing is held when all is quiet', async () => {
    expect(await world.imbalance()).toEqual([]);
  });

  // With few schedules, or one that is played again, that is chance.
  if (path === undefined && schedules >= 300) {
    test(
      'every situation that the properties are about has come up',
      async () => {
        for (let round = 1; missing().length > 0 && round <= maxRounds; round++) {
          const [sought = ''] = missing();
          for (const [, plans, share] of kindsFor(sought)) await play(plans, (schedules * share) / 2, round);
        }
        expect(missing()).toEqual([]);
      },
      patience * 4,
    );
  }
});

test('the same seed plays the same schedules', async () => {
  const played: string[][] = [];
  for (let time = 0; time < 2; time++)
    await assertProtocol(oneExchange, { seed, numRuns: 10 }, (tasks) => played.push(tasks));
  expect(played.slice(10)).toEqual(played.slice(0, 10));
});
