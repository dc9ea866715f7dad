import fc from 'fast-check';
import { aRun, act, lists, rest, type Act, type DealPlan, type Plan, type RunPlan } from './interleaving-plans.js';
import type { PaymentPlan } from './payments-in-memory.js';

/*
 * Schedules of purchases in real money. What they are made of is as in the others.
 */

const pays: fc.Arbitrary<PaymentPlan> = fc.record({
  fate: fc.constantFrom(
    'authorizes',
    'authorizes',
    'authorizes',
    'captures-at-once',
    'declines',
    'declines-but-is-captured',
  ),
  waits: fc.constantFrom(0, 0, 0, 1, 2),
});

/** A purchase of gems, and of limited items where it is of both. */
const deal = (place: number): fc.Arbitrary<DealPlan> =>
  fc.record({
    of: fc.constantFrom('legs', 'both', 'both', 'both'),
    payer: fc.constant(place),
    giver: fc.constant(0),
    amount: fc.constant(60),
    owned: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    buys: fc.constant(true),
    pays,
  });

/** Two and three runs of one purchase. */
export const onePurchase: fc.Arbitrary<Plan> = fc.record({
  deals: fc.tuple(deal(0)),
  runs: fc.array(aRun([0]), { minLength: 2, maxLength: 3 }),
  ...rest,
});

/** A run whose step fails for ever, until an operator turns it back, or ends it where it is past its pivot. */
export const failingPurchase: fc.Arbitrary<Plan> = fc
  .constantFrom('inventoryHold', 'paymentAuthorize', 'paymentCapture', 'inventoryMove', 'inventoryRelease')
  .chain((step) => {
    const resolved = step === 'inventoryMove' || step === 'inventoryRelease';
    const stuck: fc.Arbitrary<RunPlan> = fc.record({
      deals: fc.constant([0]),
      fates: fc.constant([]),
      acts: fc
        .array(act, { maxLength: 1 })
        .map((more): Act[] => (step === 'inventoryMove' ? more : ['compensate', ...more])),
      failing: fc.record({ step: fc.constant(step), takesEffect: fc.boolean(), resolved: fc.constant(resolved) }),
    });
    return fc.record({
      deals: fc.tuple(
        deal(0).map((plan) => ({ ...plan, of: 'both' as const, pays: plan.pays && { ...plan.pays, waits: 0 } })),
      ),
      runs: fc
        .tuple(stuck, fc.option(aRun([0]), { nil: undefined }))
        .map((runs) => runs.filter((run) => run !== undefined)),
      ...rest,
    });
  });

/** Runs that settle lists of purchases, or of purchases and other deals. */
export const listsOfPurchases: fc.Arbitrary<Plan> = lists.chain((plan) =>
  fc
    .tuple(
      ...plan.deals.map((other, place) =>
        fc.oneof({ weight: 3, arbitrary: deal(place) }, { weight: 1, arbitrary: fc.constant(other) }),
      ),
    )
    .map((deals) => ({ ...plan, deals })),
);
