import type { CrashPoint } from '../../src/process/crash-point.js';
import type { Step } from '../saga/step-name.js';
import { cancelledKinds, cardKinds, forwardKinds, pageKinds, refundKinds, type Kind } from './kinds.js';

/** How a process is hit: it dies, or it stands still until what it works on was taken from it, and then goes on. */
export type Blow = 'SIGKILL' | 'SIGSTOP';

/** A crash point, the process that stands there, and the kinds of deal that come by, together in a convoy. */
export interface Scenario {
  point: CrashPoint;
  process: 'API' | 'worker' | 'sweep';
  kinds: readonly Kind[];
  /** The kinds that travel with them and never come to the point. */
  company?: readonly Kind[];
  /** Which of the kinds is bad at its hold, so that it leaves the convoy and comes to the point alone. */
  leaver?: number;
  /** What is refused to all of them until the process is struck, so that their runs are stuck. */
  refused?: keyof typeof refusals;
  /** Whether each has a run of its own, and an operator resolves it once it is stuck. */
  resolved?: boolean;
  /** Whether the answer to the first capture of each is lost, so that a step of its own sees to it. */
  captureLost?: boolean;
  /** The call to the provider that is about to be made, or was made. */
  doing?: 'create' | 'confirm' | 'capture' | 'cancel' | 'look' | 'refund' | 'refund-list' | 'refund-look';
  /** What tells it from others at the same point. */
  about?: string;
}

/** What the database refuses, and to which rows. */
export const refusals = {
  hold: { event: 'insert', tables: ['inventory.holds'], when: 'true' },
  close: {
    event: 'update',
    tables: ['trades.trades', 'purchases.purchases', 'refunds.refunds'],
    when: 'new.closed_at is not null',
  },
};

const all = [...forwardKinds, ...cancelledKinds];
const through = (step: Step): Kind[] => all.filter((kind) => kind.steps.includes(step));
const of = (deal: Kind['deal'], kinds: readonly Kind[] = all): Kind[] => kinds.filter((kind) => kind.deal === deal);
const others = (deal: Kind['deal'], kinds: readonly Kind[] = all): Kind[] => kinds.filter((kind) => kind.deal !== deal);
const reserving = forwardKinds.filter(({ items }) => items);

const card = [cardKinds.completed, cardKinds.declined];
const page = [pageKinds.completed, pageKinds.cancelled];
const byCard = { about: 'by card' };
/** The run that goes on once the buyer has paid, or has cancelled. */
const later = { about: 'in a page' };

/** The steps of what is paid in real money, and the calls to its provider. */
const inMoney: readonly Scenario[] = [
  ...around('inventoryHold', [...card, cardKinds.soldOut, ...page], byCard),
  ...around('paymentAuthorize', [...card, ...page], { ...byCard, company: [cardKinds.soldOut] }),
  ...around('waitPurchases', page, { ...later, company: card }),
  ...around('paymentCapture', [cardKinds.completed], {
    ...byCard,
    company: [cardKinds.declined, ...page],
    captureLost: true,
  }),
  ...around('paymentCapture', [pageKinds.completed], { ...later, captureLost: true }),
  ...around('paymentVoid', [cardKinds.declined, cardKinds.compensated], byCard),
  ...around('paymentVoid', [pageKinds.cancelled], later),
  ...around('ledgerTransfer', [cardKinds.completed], { ...byCard, company: [cardKinds.declined] }),
  ...around('inventoryMove', [cardKinds.completed], { ...byCard, company: [cardKinds.declined] }),
  ...around('inventoryRelease', [cardKinds.declined, cardKinds.compensated], byCard),
  ...around('closePurchases', [...card, cardKinds.soldOut, cardKinds.compensated], byCard),
  ...around('closePurchases', page, later),
  ...around('paymentKept', card, { ...byCard, refused: 'close', resolved: true }),
  ...(['payment:planned', 'payment:answered'] as const).flatMap((point) =>
    (
      [
        ['create', [...card, ...page]],
        ['confirm', card],
        ['capture', [cardKinds.completed]],
        ['cancel', [cardKinds.declined]],
        ['look', [pageKinds.completed]],
      ] as const
    ).map(([doing, kinds]) => ({ point, process: 'worker' as const, kinds, doing, about: doing })),
  ),
];

const back = [refundKinds.whole, refundKinds.missing];
const sent = [...back, refundKinds.pending, refundKinds.failed];
const turned = [refundKinds.failed, refundKinds.compensated];
const ofRefunds = { about: 'of refunds' };
/** The run that goes on once the provider has settled a refund. */
const settledLater = { about: 'of refunds that were pending' };

/** The steps of what gives real money back, and the calls to its provider. */
const givingBack: readonly Scenario[] = [
  ...around('inventoryHold', sent, ofRefunds),
  ...around('paymentRefund', sent, ofRefunds),
  ...around('waitRefunds', [refundKinds.pending], { ...ofRefunds, company: [...back, refundKinds.failed] }),
  ...around('paymentRefundCancel', turned, { ...ofRefunds, company: back }),
  ...around('ledgerTransfer', back, { ...ofRefunds, company: [refundKinds.failed] }),
  ...around('ledgerTransfer', [refundKinds.pending], settledLater),
  ...around('inventoryMove', back, { ...ofRefunds, company: [refundKinds.failed] }),
  ...around('inventoryMove', [refundKinds.pending], settledLater),
  ...around('inventoryRelease', turned, ofRefunds),
  ...around('closeRefunds', [...back, ...turned], ofRefunds),
  ...around('closeRefunds', [refundKinds.pending], settledLater),
  ...around('refundKept', [refundKinds.whole, refundKinds.failed], { ...ofRefunds, refused: 'close', resolved: true }),
  ...(['payment:planned', 'payment:answered'] as const).flatMap((point) =>
    (
      [
        ['refund-list', sent],
        ['refund', sent],
        ['refund-look', [refundKinds.pending]],
      ] as const
    ).map(([doing, kinds]) => ({ point, process: 'worker' as const, kinds, doing, about: doing })),
  ),
];

/** Every crash point with every kind of deal that comes by. */
export const scenarios: readonly Scenario[] = [
  ...inMoney,
  ...givingBack,
  ...(['inventoryHold', 'ledgerTransfer', 'inventoryMove', 'ledgerCancel', 'inventoryRelease'] as const).flatMap(
    (step) => around(step, through(step)),
  ),
  ...(
    [
      ['closeTrades', 'trade'],
      ['closePurchases', 'purchase'],
      ['closeRefunds', 'refund'],
    ] as const
  ).flatMap(([step, deal]) => around(step, of(deal), { company: others(deal) })),
  ...(['sweepExchanges:before', 'sweepExchanges:after', 'start:started'] as const).map((point) => ({
    point,
    process: 'sweep' as const,
    kinds: forwardKinds,
  })),
  // A sweep notes the deals of one kind after the other, and stands still before it notes the next.
  {
    point: 'start:noted',
    process: 'sweep',
    kinds: of('trade', forwardKinds),
    company: others('trade', forwardKinds),
  },
  ...(['startAlone:before', 'startAlone:after'] as const).map((point) => ({
    point,
    process: 'worker' as const,
    kinds: forwardKinds,
    leaver: 2,
  })),
  ...around('noteSaga', cancelledKinds),
  ...(
    [
      ['markTrades', 'trade'],
      ['markPurchases', 'purchase'],
      ['markRefunds', 'refund'],
    ] as const
  ).flatMap(([step, deal]) => around(step, of(deal, reserving), { company: others(deal, reserving), refused: 'hold' })),
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
    reserving.filter(({ steps: made }) => made.includes('ledgerTransfer')),
    { refused: 'close', resolved: true },
  ),
  { point: 'accept:committed', process: 'API', kinds: forwardKinds },
  // A convoy that stands here keeps its place among the few that an API has under way, so only few may come.
  { point: 'start:started', process: 'API', kinds: of('trade', forwardKinds) },
];

function around(
  activity: string,
  kinds: readonly Kind[],
  more: Pick<Scenario, 'company' | 'refused' | 'resolved' | 'captureLost' | 'about'> = {},
): Scenario[] {
  return (['before', 'after'] as const).map((when) => ({
    point: `${activity}:${when}`,
    process: 'worker',
    kinds,
    ...more,
  }));
}
