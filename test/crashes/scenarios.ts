import type { CrashPoint } from '../../src/process/crash-point.js';
import { cancelledKinds, forwardKinds, type Kind } from './samples.js';

/** How a process is hit: it dies, or it stands still until what it works on was taken from it, and then goes on. */
export type Blow = 'SIGKILL' | 'SIGSTOP';

/** A crash point, the process that stands there, and the kinds of trade that come by, together in a convoy. */
export interface Scenario {
  point: CrashPoint;
  process: 'API' | 'worker' | 'sweep';
  kinds: readonly Kind[];
  /** Which of the kinds is bad at its hold, so that it leaves the convoy and comes to the point alone. */
  leaver?: number;
  /** What is refused to all of them until the process is struck, so that their runs are stuck. */
  refused?: keyof typeof refusals;
  /** Whether each has a run of its own, and an operator resolves it once it is stuck. */
  resolved?: boolean;
}

/** What the database refuses, and to which rows. */
export const refusals = {
  hold: { event: 'insert', table: 'inventory.holds', when: 'true' },
  close: { event: 'update', table: 'trades.trades', when: 'new.closed_at is not null' },
};

const steps = [
  'inventoryHold',
  'ledgerTransfer',
  'inventoryMove',
  'closeTrades',
  'ledgerCancel',
  'inventoryRelease',
] as const;
const through = (step: (typeof steps)[number]): Kind[] =>
  [...forwardKinds, ...cancelledKinds].filter((kind) => kind.steps.includes(step));

/** Every crash point with every kind of trade that comes by. */
export const scenarios: readonly Scenario[] = [
  ...steps.flatMap((step) =>
    (['before', 'after'] as const).map((when) => ({
      point: `${step}:${when}` as const,
      process: 'worker' as const,
      kinds: through(step),
    })),
  ),
  ...(['sweepExchanges:before', 'sweepExchanges:after', 'start:noted', 'start:started'] as const).map((point) => ({
    point,
    process: 'sweep' as const,
    kinds: forwardKinds,
  })),
  ...(['startAlone:before', 'startAlone:after'] as const).map((point) => ({
    point,
    process: 'worker' as const,
    kinds: forwardKinds,
    leaver: 2,
  })),
  ...around('noteSaga', cancelledKinds),
  ...around(
    'markTrades',
    forwardKinds.filter(({ sword }) => sword),
    { refused: 'hold' },
  ),
  ...around(
    'ledgerKept',
    forwardKinds.filter(({ gold }) => gold !== undefined),
    { refused: 'close', resolved: true },
  ),
  ...around(
    'inventoryKept',
    forwardKinds.filter(({ gold }) => gold === undefined),
    { refused: 'close', resolved: true },
  ),
  ...around(
    'inventoryEndByHand',
    forwardKinds.filter(({ steps: made, sword }) => sword && made.includes('ledgerTransfer')),
    { refused: 'close', resolved: true },
  ),
  ...(['accept:committed', 'start:started'] as const).map((point) => ({
    point,
    process: 'API' as const,
    kinds: forwardKinds,
  })),
];

function around(
  activity: string,
  kinds: readonly Kind[],
  more: Pick<Scenario, 'refused' | 'resolved'> = {},
): Scenario[] {
  return (['before', 'after'] as const).map((when) => ({
    point: `${activity}:${when}`,
    process: 'worker',
    kinds,
    ...more,
  }));
}
