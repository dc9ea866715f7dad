/**
 * The properties of refunds, on the shipped workflow and the real services, in every order that fast-check's scheduler
 * picks. `VELTRIX_TEST_REFUND_SCHEDULES` is how many schedules are played, `VELTRIX_TEST_SEED` gives the seed.
 */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import type { exchangeSaga as Workflow } from '../../workflows/exchange-saga.js';
import type { Deal } from './interleaving-deals.js';
import { aRun, rest, type DealPlan, type Plan, type RunPlan } from './interleaving-plans.js';
import type { Event, Played } from './interleaving-record.js';
import type { Left } from './interleaving-refunds.js';
import { InterleavingWorld } from './interleaving-world.js';
import { Interleaving, untilQuiet } from './interleaving.js';
import { workflowModule } from './workflow-double.js';

jest.unstable_mockModule('@temporalio/workflow', () => workflowModule);

const schedules = Number(process.env['VELTRIX_TEST_REFUND_SCHEDULES'] ?? 300);
const seed = Number(process.env['VELTRIX_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** How many schedules are played side by side, each with players of its own, so that PostgreSQL is kept busy. */
const lanes = 4;

let world: InterleavingWorld;
let exchangeSaga: typeof Workflow;
const met = new Set<string>();
beforeAll(async () => {
  console.log(`VELTRIX_TEST_SEED=${seed}`);
  ({ exchangeSaga } = await import('../../workflows/exchange-saga.js'));
  world = await InterleavingWorld.open();
});
afterAll(() => world.close());

const deal = (place: number): fc.Arbitrary<DealPlan> =>
  fc.record({
    of: fc.constant('items'),
    payer: fc.constant(place),
    giver: fc.constant(0),
    amount: fc.constant(60),
    owned: fc.constant(true),
    buys: fc.constant(true),
    gives: fc.record({
      of: fc.constantFrom('money', 'money', 'money', 'gold', 'items'),
      owned: fc.constantFrom(0, 1, 2, 2),
      refund: fc.record({ fate: fc.constantFrom('refunds', 'refunds', 'fails'), waits: fc.constantFrom(0, 0, 1, 2) }),
    }),
  });

/** Two and three runs of one refund, some of which fail at a step for ever until an operator sees to it. */
const oneRefund: fc.Arbitrary<Plan> = fc.record({
  deals: fc.tuple(deal(0)),
  runs: fc.array(aRun([0]), { minLength: 2, maxLength: 3 }),
  ...rest,
});

/**
 * A run whose step fails for ever until an operator turns it back, or ends it where it is past its pivot. It is not the
 * hold: a run that finds the money given back by another run asks it again, and nobody can end that.
 */
const failingRefund: fc.Arbitrary<Plan> = fc
  .constantFrom('paymentRefund', 'inventoryMove', 'inventoryRelease')
  .chain((step) => {
    const isEnded = step === 'inventoryMove' || step === 'inventoryRelease';
    const failing: fc.Arbitrary<RunPlan> = fc.record({
      deals: fc.constant([0]),
      fates: fc.constant([]),
      acts: fc.constant(step === 'inventoryMove' ? [] : ['compensate' as const]),
      failing: fc.record({ step: fc.constant(step), takesEffect: fc.boolean(), resolved: fc.constant(isEnded) }),
    });
    const ofMoney = deal(0).map((plan): DealPlan => ({
      ...plan,
      gives: { ...plan.gives, of: 'money', refund: { fate: plan.gives?.refund.fate ?? 'refunds', waits: 0 } },
    }));
    return fc.record({ deals: fc.tuple(ofMoney), runs: fc.tuple(failing, aRun([0])), ...rest });
  });

/** A run of a refund that is pending, and one that an operator turns back. */
const pendingRefund: fc.Arbitrary<Plan> = fc.record({
  deals: fc.tuple(
    deal(0).map((plan): DealPlan => ({
      ...plan,
      gives: { owned: 2, ...plan.gives, of: 'money', refund: { fate: plan.gives?.refund.fate ?? 'refunds', waits: 2 } },
    })),
  ),
  runs: fc.tuple(
    fc.constant<RunPlan>({ deals: [0], fates: [], acts: [] }),
    fc.constant<RunPlan>({ deals: [0], fates: [], acts: ['compensate'] }),
  ),
  ...rest,
});

/** Runs of two refunds together, and of one of them alone. */
const twoRefunds: fc.Arbitrary<Plan> = fc.record({
  deals: fc.tuple(deal(0), deal(1)),
  runs: fc.tuple(aRun([0, 1]), aRun([1])),
  ...rest,
});

type Fault = string | false | undefined;
interface Trace {
  deal: Deal;
  events: Event[];
  left: Left;
  played: Played;
}

const happened = ({ events }: Trace, what: Event['what'], ...steps: string[]): Event[] =>
  events.filter((event) => event.what === what && steps.includes(event.step));

/** Whether before each time that a run asks a step the run was told such an answer. */
const isAskedAfter = (trace: Trace, step: string, by: string[], outcome: string): boolean =>
  happened(trace, 'asked', step).every((asked) =>
    trace.events
      .slice(0, trace.events.indexOf(asked))
      .some(
        (told) =>
          told.what === 'told' && told.run === asked.run && by.includes(told.step) && told.answer?.outcome === outcome,
      ),
  );

const isOfMoney = ({ deal: { exchange } }: Trace): boolean => exchange.refund !== undefined;
const rowOf = ({ deal: { exchange }, played }: Trace) => played.last.rows.find(({ id }) => id === exchange.id);
const missingOf = (trace: Trace): number => {
  const [hold] = happened(trace, 'took effect', 'inventoryHold');
  return (hold?.answer as { missing?: string[] } | undefined)?.missing?.length ?? 0;
};

const properties: Record<string, (trace: Trace) => Fault> = {
  'it is closed, and nothing is held': (trace) => {
    const hold = trace.played.last.holds.find(({ id }) => id === trace.deal.exchange.id);
    return (rowOf(trace)?.closed_at === null || hold?.state === 'held') && 'it is open';
  },
  'money is given back once at most': ({ deal: { exchange } }) =>
    world.refunds.row(exchange.id).refunds > 1 && 'it was',
  'what is given back is settled, and what is not is not': (trace) => {
    const isGiven = world.refunds.row(trace.deal.exchange.id).refunds === 1;
    return isOfMoney(trace) && isGiven !== (rowOf(trace)?.state === 'settled') && `it is ${rowOf(trace)?.state}`;
  },
  'nothing is booked before the money is given back': (trace) =>
    isOfMoney(trace) &&
    !isAskedAfter(trace, 'ledgerTransfer', ['paymentRefund', 'paymentRefundCancel'], 'refunded') &&
    'it was asked',
  'nothing is taken before it is booked': (trace) =>
    isOfMoney(trace) && !isAskedAfter(trace, 'inventoryMove', ['ledgerTransfer'], 'posted') && 'it was asked',
  'nothing is the player’s again before the refund is cancelled': (trace) =>
    isOfMoney(trace) &&
    !isAskedAfter(trace, 'inventoryRelease', ['paymentRefundCancel'], 'cancelled') &&
    'it was asked',
  'every hold answers the same': (trace) => {
    const [first, ...others] = happened(trace, 'took effect', 'inventoryHold').map(({ answer }) => answer);
    return others.some((answer) => !isDeepStrictEqual(answer, first)) && 'they differ';
  },
  'what is settled is taken or owed, each item once, and what is not is all the player’s': (trace) => {
    const { left, deal } = trace;
    const isSettled = rowOf(trace)?.state === 'settled';
    const missing = isSettled ? missingOf(trace) : 0;
    const of = deal.plan.gives?.of;
    const due: Left = {
      gold: 100 - 7 * missing + (isSettled && of === 'gold' ? 60 : 0),
      gems: isSettled && of !== 'items' ? 0 : 5,
      taken: isSettled ? 2 - missing : 0,
      astray: 0,
    };
    return !isDeepStrictEqual({ ...left }, due) && `${JSON.stringify(left)} instead of ${JSON.stringify(due)}`;
  },
  'every run closes it alike': (trace) => {
    const [first, ...others] = happened(trace, 'asked', 'closePurchases').map(({ given }) => given);
    return others.some((one) => !isDeepStrictEqual(one, first)) && 'they differ';
  },
};

/** What must come up for the properties to say anything. */
const situations: Record<string, (trace: Trace) => boolean> = {
  'a refund is pending and succeeds': (trace) =>
    happened(trace, 'told', 'paymentRefund').some(({ answer }) => answer?.outcome === 'waits') &&
    rowOf(trace)?.state === 'settled',
  'a refund fails': (trace) => rowOf(trace)?.cause?.code === 'refund-failed',
  'a refund is cancelled before it is sent': (trace) =>
    isOfMoney(trace) && rowOf(trace)?.cause?.code === 'compensated-by-operator',
  'a refund succeeds that was to be turned back': (trace) =>
    happened(trace, 'told', 'paymentRefundCancel').some(({ answer }) => answer?.outcome === 'refunded'),
  'a refund is on its way while it is turned back': (trace) =>
    happened(trace, 'told', 'paymentRefundCancel').some(({ answer }) => answer?.outcome === 'later'),
  'what is missing is owed': (trace) => rowOf(trace)?.state === 'settled' && missingOf(trace) > 0,
  'an item is missing that the player had': (trace) => missingOf(trace) > 2 - (trace.deal.plan.gives?.owned ?? 2),
  'items alone are moved and then turned back': (trace) =>
    trace.deal.plan.gives?.of === 'items' &&
    happened(trace, 'told', 'inventoryRelease').some(({ answer }) => answer?.outcome === 'moved'),
  'a refund is ended by hand': (trace) => happened(trace, 'took effect', 'inventoryEndByHand').length > 0,
};

async function faultsOf(played: Played): Promise<string[]> {
  const faults = played.failures.map((failure) => `an attempt failed: ${failure}`);
  if (!isDeepStrictEqual(played.quiet, played.last)) faults.push('what came last has changed something');
  for (const [number, { workflow }] of played.runs.entries())
    if (workflow.state === 'running' || workflow.state === 'failed')
      faults.push(`run ${number} is ${workflow.state}: ${String(workflow.error)}`);
  for (const one of played.deals) {
    const events = played.events.filter(({ id }) => id === one.exchange.id);
    const trace: Trace = { deal: one, events, left: await world.refunded.leftOf(one), played };
    for (const [name, fault] of Object.entries(properties)) {
      const found = fault(trace);
      if (found) faults.push(`${name}: ${found}`);
    }
    for (const [name, isMet] of Object.entries(situations)) if (isMet(trace)) met.add(name);
  }
  const steps = played.events.map(
    ({ run, what, step, answer }) => `run ${run}: ${step} ${what} ${answer?.outcome ?? ''}`,
  );
  return faults.length === 0 ? [] : [...faults, ...steps];
}

/** Plays schedules. While they are, each player may give a sword away. */
async function play(plans: fc.Arbitrary<Plan>, count: number): Promise<void> {
  const property = fc.asyncProperty(plans, fc.scheduler({ act: untilQuiet }), async (plan, scheduler) => {
    const given = async (deals: readonly Deal[]): Promise<void> => {
      for (const { swords, payer } of deals) await world.refunded.giveAway(swords[0] ?? '', payer);
    };
    const playing = new Interleaving(world, exchangeSaga, scheduler, plan);
    playing.besides = (deals) => [{ label: 'a sword is given away', builder: () => given(deals) }];
    expect(await faultsOf(await playing.play())).toEqual([]);
  });
  const lane = (_: unknown, number: number): Promise<void> =>
    fc.assert(property, { seed: (seed + number * 0x9e3779b1) | 0, numRuns: Math.ceil(count / lanes) });
  const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
  for (const run of ended) if (run.status === 'rejected') throw run.reason;
}

test.each([
  ['two and three runs of one refund', oneRefund, 0.4],
  ['a refund that is pending and turned back', pendingRefund, 0.1],
  ['a refund whose step fails for ever', failingRefund, 0.2],
  ['runs of two refunds', twoRefunds, 0.3],
] as [string, fc.Arbitrary<Plan>, number][])(
  '%s keep to the protocol',
  async (_, plans, share) => play(plans, Math.ceil(schedules * share)),
  60_000 + schedules * 400,
);

if (schedules >= 300)
  test('every situation that the properties of refunds are about has come up', () => {
    expect(Object.keys(situations).filter((name) => !met.has(name))).toEqual([]);
  });
