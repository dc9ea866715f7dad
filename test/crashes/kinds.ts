import type { ProductCode } from '../saga/bought-kinds.js';
import type { Step } from '../saga/step-name.js';

/** One way that a deal can be and end. */
interface AnyKind {
  name: string;
  reason: string | null;
  /** What is paid, or is to be paid. */
  gold: string | undefined;
  /** Whether it moves or mints. */
  items: boolean;
  steps: readonly Step[];
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

export type Kind = TradeKind | PurchaseKind;

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
];
