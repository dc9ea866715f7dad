import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { Worker } from '@temporalio/worker';
import fc from 'fast-check';
import { acceptPaid } from './paid-kinds.js';
import type { Fate } from './payments-in-memory.js';
import { acceptPurchases, openStore, productCodes, type ProductCode } from './bought-kinds.js';
import type { SagaWorld, StepName } from './saga-world.js';
import { openForTests } from './test-world.js';
import { acceptOfKinds, tradedKinds, type TradedKind } from './traded-kinds.js';

/*
 * A worker that takes a run over makes again what the history has, and must come to the same commands in the same
 * order, although it is told the answers of the local attempt and of dispatched steps in another rhythm than the worker
 * before was. So convoys of two kinds of deals, in which several things go on side by side, and of which some steps are
 * slow or fail, are settled and then replayed.
 */

const bundle = fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url));

let world: SagaWorld;
openForTests(async (opened) => {
  world = opened;
  await openStore(world);
});

/** An attempt at a step: how long it takes, and whether its answer is lost. */
interface Attempt {
  ms: number;
  lost: boolean;
}

interface Plan {
  kinds: TradedKind[];
  /** What is bought, by purchases of the same convoy. */
  bought: ProductCode[];
  /** What becomes of the payments of purchases in real money in the same convoy. */
  paid: Fate[];
  /** What becomes of the attempts at a step, in order; those after the last answer at once. */
  steps: Partial<Record<StepName, Attempt[]>>;
  cancelAfterMs: number | null;
}

/** Settles a convoy, and replays what it has recorded. */
async function expectToReplay({ kinds, bought, paid, steps, cancelAfterMs }: Plan): Promise<void> {
  world.reset();
  const exchanges = [...(await acceptOfKinds(world, kinds)), ...(await acceptPurchases(world, bought))];
  for (const fate of paid) exchanges.push(await acceptPaid(world, { payment: { fate } }));
  const left = new Map(Object.entries(steps).map(([step, list]) => [step, [...list]]));
  world.before = async (step) => {
    const fate = left.get(step)?.shift();
    if (fate === undefined) return;
    await setTimeout(fate.ms);
    if (fate.lost) world.failAfter.set(step, 1);
  };
  const workflowId = `convoy/${exchanges[0]?.id}`;
  const ended = world.settle(exchanges, workflowId);
  if (cancelAfterMs !== null) {
    await setTimeout(cancelAfterMs);
    // It may be over already, or not yet begun.
    await world.client.workflow
      .getHandle(workflowId)
      .cancel()
      .catch(() => undefined);
  }
  expect(await ended).toHaveLength(exchanges.length);
  await Worker.runReplayHistory(
    { workflowBundle: { codePath: bundle } },
    await world.client.workflow.getHandle(workflowId).fetchHistory(),
  );
}

const late = [{ ms: 2_300, lost: false }];
const paid: Fate[] = ['captures-at-once', 'authorizes', 'captures-at-once', 'declines', 'declines-but-is-captured'];
const nearlyLate = [{ ms: 1_900, lost: false }];

test.each<[what: string, steps: Plan['steps']]>([
  ['the local attempt ends by its timeout at its last steps', { closeTrades: [...late, ...late] }],
  ['the local attempt ends by its timeout in the middle', { inventoryMove: late }],
  ['the attempt after the capture ends by its timeout', { closePurchases: [{ ms: 0, lost: false }, ...late] }],
  ['the local attempt takes long', { inventoryHold: nearlyLate, ledgerTransfer: [{ ms: 300, lost: false }] }],
])('what a run has recorded replays where %s', (_, steps) =>
  expectToReplay({ kinds: [...tradedKinds], bought: [...productCodes], paid, steps, cancelAfterMs: null }),
);

const attempts = fc.array(fc.record({ ms: fc.constantFrom(0, 15, 45), lost: fc.boolean() }), { maxLength: 2 });
const plan: fc.Arbitrary<Plan> = fc.record({
  kinds: fc.shuffledSubarray([...tradedKinds], { minLength: 1 }),
  bought: fc.shuffledSubarray([...productCodes], { minLength: 1 }),
  paid: fc.shuffledSubarray(paid),
  steps: fc.record({
    inventoryHold: attempts,
    ledgerTransfer: attempts,
    inventoryMove: attempts,
    paymentAuthorize: attempts,
    paymentCapture: attempts,
    closeTrades: attempts,
    closePurchases: attempts,
    inventoryRelease: attempts,
  }),
  cancelAfterMs: fc.option(fc.constantFrom(0, 20, 60), { freq: 5 }),
});

test(
  'what a run has recorded replays, in whatever order its steps have answered',
  () => fc.assert(fc.asyncProperty(plan, expectToReplay), { numRuns: 20, endOnFailure: true }),
  120_000,
);
