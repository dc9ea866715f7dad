import type { ProductCode } from '../saga/bought-kinds.js';
import type { PaidStep, Step } from '../saga/step-name.js';

/** One way that a deal can be and end. */
interface AnyKind {
  name: string;
  reason: string | null;
  /** What is paid, or is to be paid. */
  gold: string | undefined;
  /** Whether it moves or mints. */
  items: boolean;
  steps: readonly (Step | PaidStep)[];
}

export interface TradeKind extends AnyKind {
  deal: 'trade';
  state: 'settled' | 'refused' | 'compensated';
  /** Who is said to give the sword. */
  swordOf: 'buyer' | 'seller';
}

/** Everything that is bought here mints a limited item. */
export interface PurchaseKind extends AnyKind {
  deal: 'purchase';
  state: 'completed' | 'refused' | 'compensated';
  product: ProductCode;
}

/** What is bought for 4.99 EUR: gems and a limited item, or one that is sold out. */
export interface PaidKind extends AnyKind {
  deal: 'purchase in money';
  state: 'completed' | 'refused' | 'compensated' | 'declined' | 'cancelled';
  product: 'chest' | 'idol';
  /** What it is paid with, or what the buyer does in their page. */
  by: { method: string } | { buyer: 'pays' | 'cancels' };
  /** What the provider's books say of it in the end: status and captured amount of its intent. */
  intents: readonly string[];
}

/** What gives back all that was paid for a pack in gold, or for a chest in money: gems, and an item for half of it. */
export interface RefundKind extends AnyKind {
  deal: 'refund';
  state: 'succeeded' | 'failed' | 'compensated';
  of: 'pack' | 'chest';
  /** Whether the buyer has given the item away before. */
  missing: boolean;
  /** What strikes the call that makes it, at the provider. */
  fault?: 'processing' | 'decline';
  /** What the provider's books say of it in the end: status and amount of each of its refunds. */
  given: readonly string[];
}

export type Kind = TradeKind | PurchaseKind | PaidKind | RefundKind;

/** Whether a provider has part in it. */
export function isInMoney(kind: Kind): boolean {
  return kind.deal === 'purchase in money' || (kind.deal === 'refund' && kind.of === 'chest');
}

/** Whether its price is at the provider in the end: that of a purchase, or of one whose refund gave nothing back. */
export function leavesMoney(kind: Kind): boolean {
  return isInMoney(kind) && (kind.deal === 'refund' ? kind.state !== 'succeeded' : kind.state === 'completed');
}

const trade = (
  name: string,
  state: TradeKind['state'],
  reason: string | null,
  gold: string | undefined,
  items: boolean,
  steps: readonly Step[],
  swordOf: TradeKind['swordOf'] = 'seller',
): TradeKind => ({
  deal: 'trade',
  name,
  state,
  reason,
  gold,
  items,
  swordOf,
  steps: [...steps, 'closeTrades'],
});

const purchase = (
  name: string,
  state: PurchaseKind['state'],
  reason: string | null,
  gold: string | undefined,
  product: ProductCode,
  steps: readonly Step[],
): PurchaseKind => ({
  deal: 'purchase',
  name,
  state,
  reason,
  gold,
  items: true,
  product,
  steps: [...steps, 'closePurchases'],
});

const refund = (
  name: string,
  steps: readonly (Step | PaidStep)[],
  more: Partial<RefundKind> & Pick<RefundKind, 'of'>,
): RefundKind => ({
  deal: 'refund',
  name: `refund of a ${more.of}, ${name}`,
  state: 'succeeded',
  reason: null,
  gold: more.of === 'pack' ? '60' : undefined,
  items: true,
  missing: false,
  given: [],
  ...more,
  steps: [...steps, 'closeRefunds'],
});

/** The kinds that go forward until they are done or refused. */
export const forwardKinds: readonly Kind[] = [
  trade('legs, settled', 'settled', null, '60', false, ['ledgerTransfer']),
  trade('items, settled', 'settled', null, undefined, true, ['inventoryHold', 'inventoryMove']),
  trade('both, settled', 'settled', null, '60', true, ['inventoryHold', 'ledgerTransfer', 'inventoryMove']),
  trade('legs, refused', 'refused', 'insufficient-funds', '101', false, ['ledgerTransfer']),
  trade('items, refused', 'refused', 'item-not-owned', undefined, true, ['inventoryHold'], 'buyer'),
  trade('both, refused by the ledger', 'refused', 'insufficient-funds', '101', true, [
    'inventoryHold',
    'ledgerTransfer',
    'inventoryRelease',
  ]),
  trade('both, refused by the inventory', 'refused', 'item-not-owned', '60', true, ['inventoryHold'], 'buyer'),
  purchase('bought, completed', 'completed', null, '60', 'pack', ['inventoryHold', 'ledgerTransfer', 'inventoryMove']),
  purchase('free, completed', 'completed', null, undefined, 'gift', ['inventoryHold', 'inventoryMove']),
  purchase('bought, refused by the ledger', 'refused', 'insufficient-funds', '101', 'throne', [
    'inventoryHold',
    'ledgerTransfer',
    'inventoryRelease',
  ]),
  purchase('bought, sold out', 'refused', 'item-sold-out', '60', 'diadem', ['inventoryHold']),
  refund('whole', ['inventoryHold', 'ledgerTransfer', 'inventoryMove'], { of: 'pack' }),
  refund('its item given away', ['inventoryHold', 'ledgerTransfer', 'inventoryMove'], { of: 'pack', missing: true }),
];

/** The kinds whose workflow is cancelled before its first step. */
export const cancelledKinds: readonly Kind[] = [
  trade('legs, compensated', 'compensated', 'compensated-by-operator', '60', false, ['ledgerCancel']),
  trade('items, compensated', 'compensated', 'compensated-by-operator', undefined, true, ['inventoryRelease']),
  trade('both, compensated', 'compensated', 'compensated-by-operator', '60', true, [
    'ledgerCancel',
    'inventoryRelease',
  ]),
  purchase('bought, compensated', 'compensated', 'compensated-by-operator', '60', 'pack', [
    'ledgerCancel',
    'inventoryRelease',
  ]),
  purchase('free, compensated', 'compensated', 'compensated-by-operator', undefined, 'gift', ['inventoryRelease']),
  refund('compensated', ['ledgerCancel', 'inventoryRelease'], {
    of: 'pack',
    state: 'compensated',
    reason: 'compensated-by-operator',
  }),
];

const paid = (kind: Omit<PaidKind, 'deal' | 'gold' | 'items'>): PaidKind => ({
  ...kind,
  deal: 'purchase in money',
  gold: undefined,
  items: true,
});
const visa = { method: 'pm_card_visa' };

/** What is paid with a card. Each kind that waits for its buyer goes the rest of its way in a later run. */
export const cardKinds = {
  completed: paid({
    name: 'paid by card, completed',
    state: 'completed',
    reason: null,
    product: 'chest',
    by: visa,
    intents: ['succeeded 499'],
    steps: ['inventoryHold', 'paymentAuthorize', 'paymentCapture', 'ledgerTransfer', 'inventoryMove', 'closePurchases'],
  }),
  declined: paid({
    name: 'paid by card, declined',
    state: 'declined',
    reason: 'payment-declined',
    product: 'chest',
    by: { method: 'pm_card_chargeDeclined' },
    intents: ['canceled 0'],
    steps: ['inventoryHold', 'paymentAuthorize', 'paymentVoid', 'inventoryRelease', 'closePurchases'],
  }),
  soldOut: paid({
    name: 'paid by card, sold out',
    state: 'refused',
    reason: 'item-sold-out',
    product: 'idol',
    by: visa,
    intents: [],
    steps: ['inventoryHold', 'closePurchases'],
  }),
  /** Its workflow is cancelled before its first step. */
  compensated: paid({
    name: 'paid by card, compensated',
    state: 'compensated',
    reason: 'compensated-by-operator',
    product: 'chest',
    by: visa,
    intents: [],
    steps: ['paymentVoid', 'inventoryRelease', 'closePurchases'],
  }),
};

/** What is paid in a page of the buyer's own. */
export const pageKinds = {
  completed: paid({
    name: 'paid in a page, completed',
    state: 'completed',
    reason: null,
    product: 'chest',
    by: { buyer: 'pays' },
    intents: ['succeeded 499'],
    steps: ['inventoryHold', 'paymentAuthorize', 'waitPurchases', 'paymentCapture', 'closePurchases'],
  }),
  cancelled: paid({
    name: 'paid in a page, cancelled',
    state: 'cancelled',
    reason: 'purchase-cancelled',
    product: 'chest',
    by: { buyer: 'cancels' },
    intents: ['canceled 0'],
    steps: ['inventoryHold', 'paymentAuthorize', 'waitPurchases', 'paymentVoid', 'closePurchases'],
  }),
};
export const paidKinds: readonly PaidKind[] = [...Object.values(cardKinds), ...Object.values(pageKinds)];

const givingBack = ['inventoryHold', 'paymentRefund', 'ledgerTransfer', 'inventoryMove'] as const;
const allGiven = ['succeeded 499'] as const;

/** What gives real money back. */
export const refundKinds = {
  whole: refund('whole', givingBack, { of: 'chest', given: allGiven }),
  missing: refund('its item given away', givingBack, { of: 'chest', missing: true, given: allGiven }),
  /** It goes the rest of its way in a later run. */
  pending: refund('pending', [...givingBack, 'waitRefunds'], { of: 'chest', fault: 'processing', given: allGiven }),
  failed: refund('failed', ['inventoryHold', 'paymentRefund', 'paymentRefundCancel', 'inventoryRelease'], {
    of: 'chest',
    fault: 'decline',
    state: 'failed',
    reason: 'refund-failed',
    given: ['failed 499'],
  }),
  /** Its workflow is cancelled before its first step. */
  compensated: refund('compensated', ['paymentRefundCancel', 'inventoryRelease'], {
    of: 'chest',
    state: 'compensated',
    reason: 'compensated-by-operator',
  }),
};
