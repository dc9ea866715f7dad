import fc from 'fast-check';
import type { PaymentPlan } from './payments-in-memory.js';
import type { Refunded } from './refund-kinds.js';
import type { RefundPlan } from './refunds-in-memory.js';

/*
 * What a schedule is made of, apart from its order, which is the scheduler's. Everything is small, so that it shrinks
 * to what a person can read: few deals, few runs, and the plainest choice first.
 */

/** A deal: a payer, who has 100 gold, and a giver, who has a sword. Deals with the same payer or giver compete. */
export interface DealPlan {
  /** What changes hands. */
  of: 'legs' | 'items' | 'both';
  payer: number;
  giver: number;
  /** 60 or 101. Two of 60 are more than there is. */
  amount: number;
  /** Whether the giver owns the sword that they give, and whether what is bought is not sold out before. */
  owned: boolean;
  /** Whether it is a purchase: the store is paid, and mints a limited item that deals of the same giver want too. */
  buys: boolean;
  /** How its payment goes, where it is a purchase in real money. */
  pays?: PaymentPlan;
  /** What it gives back, where it is a refund. */
  gives?: Pick<Refunded, 'of' | 'owned'> & { refund: RefundPlan };
}

/**
 * What becomes of a command: its attempt answers · takes effect and loses its answer, and another attempt answers · is
 * lost, and takes effect after another one has answered, some time or when all is quiet · is lost, and takes effect
 * after its run has given up waiting. What is tried without end is never given up, so that it only loses its answer.
 * The one attempt that a run makes by itself is given up where its answer is lost, and dispatched as another command.
 */
export type Fate = 'answers' | 'loses-its-answer' | 'comes-late' | 'comes-last' | 'is-given-up';

/** What somebody does to a run: an update, one without a reason, a cancellation of the workflow. */
export type Act = 'compensate' | 'compensate-without-a-reason' | 'resolve' | 'cancel';

export interface RunPlan {
  /** Which deals it settles, by their places in the plan. */
  deals: number[];
  /** The fates of its commands, in order; those after the last answer. */
  fates: Fate[];
  acts: Act[];
  /** Whether they come before the first line of the workflow. */
  early?: boolean;
  /** The number of the command at which it is terminated, and after which a sweep comes. */
  terminatedAt?: number | undefined;
  /** Whether a list is worked off in two transactions. */
  halved?: boolean;
  /**
   * Which of its deals, by its place in the run, leaves it, at which of its commands, and whether the step takes effect
   * for it all the same. It stays where it is the only one that the step is asked about.
   */
  leaver?: { place: number; at: number; takesEffect: boolean } | undefined;
  /**
   * A step none of whose attempts ever answers, whether the first of them takes effect all the same, and whether an
   * operator who sees it fail resolves, as often as they are refused.
   */
  failing?: {
    step:
      | 'inventoryHold'
      | 'paymentAuthorize'
      | 'paymentCapture'
      | 'paymentRefund'
      | 'ledgerTransfer'
      | 'inventoryMove'
      | 'inventoryRelease';
    takesEffect: boolean;
    resolved?: boolean;
  };
}

export interface Plan {
  deals: DealPlan[];
  runs: RunPlan[];
  /** The fates of the commands of every run that a sweep starts. */
  sweepFates: Fate[];
  /** Whether every deal is started once more when its row is closed. */
  lateStart: boolean;
}

const fates: fc.Arbitrary<Fate[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Fate>('answers') },
    { weight: 2, arbitrary: fc.constant<Fate>('loses-its-answer') },
    { weight: 2, arbitrary: fc.constant<Fate>('comes-late') },
    { weight: 1, arbitrary: fc.constant<Fate>('comes-last') },
    { weight: 1, arbitrary: fc.constant<Fate>('is-given-up') },
  ),
  { maxLength: 7 },
);

const of = fc.constantFrom<DealPlan['of'][]>('legs', 'items', 'both', 'both');
export const act = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Act>('compensate') },
  { weight: 5, arbitrary: fc.constant<Act>('resolve') },
  { weight: 2, arbitrary: fc.constant<Act>('cancel') },
  { weight: 1, arbitrary: fc.constant<Act>('compensate-without-a-reason') },
);
const acts = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Act[]>([]) },
  { weight: 2, arbitrary: fc.array(act, { minLength: 1, maxLength: 2 }) },
);
const early = fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) });
const terminatedAt = fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined, freq: 2 });
const amount = fc.oneof({ weight: 3, arbitrary: fc.constant(60) }, { weight: 1, arbitrary: fc.constant(101) });
const owned = fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) });
const buys = fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 2, arbitrary: fc.constant(true) });
export const rest = {
  sweepFates: fates,
  lateStart: fc.oneof({ weight: 2, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
};

export const aRun = (deals: number[]): fc.Arbitrary<RunPlan> =>
  fc.record({ deals: fc.constant(deals), fates, acts, early, terminatedAt });

/** Two and three runs of one exchange. */
export const oneExchange: fc.Arbitrary<Plan> = fc.record({
  deals: fc.tuple(fc.record({ of, payer: fc.constant(0), giver: fc.constant(0), amount, owned, buys })),
  runs: fc.oneof(
    { weight: 2, arbitrary: fc.array(aRun([0]), { minLength: 2, maxLength: 2 }) },
    { weight: 1, arbitrary: fc.array(aRun([0]), { minLength: 3, maxLength: 3 }) },
  ),
  ...rest,
});

/**
 * Two exchanges that want the same funds, the same item, or both. In most of the schedules nobody interferes with them.
 */
export const twoCompetitors: fc.Arbitrary<Plan> = fc
  .constantFrom(
    { kinds: ['legs', 'both'] as const, giver: 1 },
    { kinds: ['items', 'both'] as const, giver: 0, payer: 1 },
    { kinds: ['both'] as const, giver: 0 },
  )
  .chain(({ kinds, giver, payer = 0 }) => {
    const deal = (payer: number, giver: number): fc.Arbitrary<DealPlan> =>
      fc.record({
        of: fc.constantFrom(...kinds),
        payer: fc.constant(payer),
        giver: fc.constant(giver),
        amount,
        owned: fc.constant(true),
        buys,
      });
    const runs = (place: number): fc.Arbitrary<RunPlan[]> => fc.array(aRun([place]), { minLength: 1, maxLength: 2 });
    return fc
      .record({
        deals: fc.tuple(deal(0, 0), deal(payer, giver)),
        runs: fc.tuple(runs(0), runs(1)).map((both) => both.flat()),
        quiet: fc.boolean(),
        ...rest,
      })
      .map(({ quiet, ...plan }) => (quiet ? { ...plan, runs: plan.runs.map((run) => ({ ...run, acts: [] })) } : plan));
  });

/** Runs that settle lists, in parts or whole, and lone runs of exchanges that left such a list. */
export const lists: fc.Arbitrary<Plan> = fc.integer({ min: 2, max: 4 }).chain((count) => {
  const all = Array.from({ length: count }, (_, place) => place);
  const leaver = fc.option(fc.record({ place: fc.nat(count - 1), at: fc.nat(4), takesEffect: fc.boolean() }), {
    nil: undefined,
  });
  const list = (...deals: number[][]): fc.Arbitrary<RunPlan> =>
    fc.record({ deals: fc.constantFrom(...deals), fates, acts, terminatedAt, halved: fc.boolean(), leaver });
  const player = fc.integer({ min: 0, max: count - 1 });
  return fc.record({
    deals: fc.tuple(...all.map(() => fc.record({ of, payer: player, giver: player, amount, owned, buys }))),
    runs: fc
      .tuple(
        list(all),
        fc.option(list(all, all.slice(1), [...all].reverse()), { nil: undefined }),
        fc.option(
          fc.constantFrom(...all).chain((place) => aRun([place])),
          { nil: undefined },
        ),
      )
      .map((runs) => runs.filter((run) => run !== undefined)),
    ...rest,
  });
});

/** Runs that settle lists, are cancelled before their first step, and are left by one of the list at an undo. */
export const listsTurnedBack: fc.Arbitrary<Plan> = fc.integer({ min: 2, max: 3 }).chain((count) => {
  const all = Array.from({ length: count }, (_, place) => place);
  const leaver = fc.record({ place: fc.nat(count - 1), at: fc.nat(1), takesEffect: fc.boolean() });
  const turnedBack: fc.Arbitrary<RunPlan> = fc.record({
    deals: fc.constant(all),
    fates,
    acts: fc.constant<Act[]>(['cancel']),
    early: fc.constant(true),
    terminatedAt,
    halved: fc.boolean(),
    leaver,
  });
  return fc.record({
    deals: fc.tuple(
      ...all.map((place) =>
        fc.record({ of, payer: fc.constant(place), giver: fc.constant(place), amount, owned, buys }),
      ),
    ),
    runs: fc
      .tuple(
        turnedBack,
        fc.option(
          fc.constantFrom(...all).chain((place) => aRun([place])),
          { nil: undefined },
        ),
      )
      .map((runs) => runs.filter((run) => run !== undefined)),
    ...rest,
  });
});

/** A run whose hold, transfer or move (of items alone, where it is the pivot) fails until somebody turns it back. */
export const everFailing: fc.Arbitrary<Plan> = of.chain((kind) => {
  const step = fc.constantFrom(
    ...(
      {
        legs: ['ledgerTransfer'],
        items: ['inventoryHold', 'inventoryMove'],
        both: ['inventoryHold', 'ledgerTransfer'],
      } as const
    )[kind],
  );
  const failing = fc.record({ step, takesEffect: fc.boolean() });
  const stuck: fc.Arbitrary<RunPlan> = fc.record({
    deals: fc.constant([0]),
    fates,
    acts: fc.array(act, { maxLength: 1 }).map((more): Act[] => ['compensate', ...more]),
    failing,
  });
  return fc.record({
    deals: fc.tuple(
      fc.record({ of: fc.constant(kind), payer: fc.constant(0), giver: fc.constant(0), amount, owned, buys }),
    ),
    runs: fc
      .tuple(stuck, fc.option(aRun([0]), { nil: undefined }))
      .map((runs) => runs.filter((run) => run !== undefined)),
    ...rest,
  });
});

/**
 * A run whose move or release fails until an operator resolves: of legs and items, where the pivot is terminal by then,
 * and of items alone, where it takes effect and only its answer is lost. One of legs alone has neither; it is resolved
 * between its pivot and its close.
 */
export const resolved: fc.Arbitrary<Plan> = fc
  .constantFrom<DealPlan['of'][]>('legs', 'legs', 'items', 'both', 'both', 'both', 'both')
  .chain((kind) => {
    const step = fc.constantFrom('inventoryMove' as const, 'inventoryRelease' as const);
    const failing = fc.record({
      step,
      takesEffect: kind === 'items' ? fc.constant(true) : fc.boolean(),
      resolved: fc.constant(true),
    });
    const more = fc.array(act, { maxLength: 1 });
    const acts = more.chain((others) =>
      fc.constantFrom<Act[]>(others, ['compensate', ...others], ['compensate', 'resolve', ...others]),
    );
    const given = { deals: fc.constant<number[]>([0]), fates };
    const stuck: fc.Arbitrary<RunPlan> = fc.record({
      ...given,
      acts: kind === 'legs' ? fc.constant<Act[]>(['compensate', 'resolve', 'resolve']) : acts,
      failing,
    });
    const neverHeld: fc.Arbitrary<RunPlan> = fc.record({
      ...given,
      acts: fc.constant<Act[]>(['compensate']),
      early: fc.constant(true),
      failing: fc.constant({ step: 'inventoryRelease', takesEffect: false, resolved: true }),
    });
    const first =
      kind === 'both' ? fc.oneof({ weight: 7, arbitrary: stuck }, { weight: 1, arbitrary: neverHeld }) : stuck;
    return fc.record({
      deals: fc.tuple(
        fc.record({
          of: fc.constant(kind),
          payer: fc.constant(0),
          giver: fc.constant(0),
          amount: fc.constantFrom(60, 60, 101),
          owned,
          buys,
        }),
      ),
      runs: fc
        .tuple(first, fc.option(aRun([0]), { nil: undefined, freq: 1 }))
        .map((runs) => runs.filter((run) => run !== undefined)),
      ...rest,
    });
  });
