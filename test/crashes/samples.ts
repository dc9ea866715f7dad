import { exchangeOf } from '../../src/trades/trades.rules.js';
import type { Party } from '../../src/trades/trades.types.js';
import type { Exchange } from '../../contracts/nouns.js';
import type { SagaWorld } from '../saga/saga-world.js';

/** The steps that the saga of a sample may make. */
export type Step =
  'inventoryHold' | 'ledgerTransfer' | 'inventoryMove' | 'closeTrades' | 'ledgerCancel' | 'inventoryRelease';

/** One way that a trade can be and end. The buyer has 100 gold, the seller a sword and none. */
export interface Kind {
  name: string;
  state: 'settled' | 'refused' | 'compensated';
  reason: string | null;
  /** What changes hands if it is settled. */
  gold: string | undefined;
  sword: boolean;
  /** Who is said to give the sword. */
  swordOf: 'buyer' | 'seller';
  steps: readonly Step[];
}

const kind = (
  name: string,
  state: Kind['state'],
  reason: string | null,
  gold: string | undefined,
  sword: boolean,
  steps: readonly Step[],
  swordOf: Kind['swordOf'] = 'seller',
): Kind => ({
  name,
  state,
  reason,
  gold,
  sword,
  swordOf,
  steps,
});

/** The kinds that go forward until they are settled or refused. */
export const forwardKinds: readonly Kind[] = [
  kind('legs, settled', 'settled', null, '60', false, ['ledgerTransfer', 'closeTrades']),
  kind('items, settled', 'settled', null, undefined, true, ['inventoryHold', 'inventoryMove', 'closeTrades']),
  kind('both, settled', 'settled', null, '60', true, [
    'inventoryHold',
    'ledgerTransfer',
    'inventoryMove',
    'closeTrades',
  ]),
  kind('legs, refused', 'refused', 'insufficient-funds', '101', false, ['ledgerTransfer', 'closeTrades']),
  kind('items, refused', 'refused', 'item-not-owned', undefined, true, ['inventoryHold', 'closeTrades'], 'buyer'),
  kind('both, refused by the ledger', 'refused', 'insufficient-funds', '101', true, [
    'inventoryHold',
    'ledgerTransfer',
    'inventoryRelease',
    'closeTrades',
  ]),
  kind(
    'both, refused by the inventory',
    'refused',
    'item-not-owned',
    '60',
    true,
    ['inventoryHold', 'closeTrades'],
    'buyer',
  ),
];

/** The kinds whose workflow is cancelled before its first step. */
export const cancelledKinds: readonly Kind[] = [
  kind('legs, compensated', 'compensated', 'compensated-by-operator', '60', false, ['ledgerCancel', 'closeTrades']),
  kind('items, compensated', 'compensated', 'compensated-by-operator', undefined, true, [
    'inventoryRelease',
    'closeTrades',
  ]),
  kind('both, compensated', 'compensated', 'compensated-by-operator', '60', true, [
    'ledgerCancel',
    'inventoryRelease',
    'closeTrades',
  ]),
];

/** A trade of a kind, between players of its own. */
export interface Sample {
  kind: Kind;
  buyer: string;
  seller: string;
  sword: string;
  parties: [Party, Party];
}

let made = 0;

/** Gives a buyer and a seller what they have at first, and says what they trade. */
export async function makeSample(world: SagaWorld, of: Kind): Promise<Sample> {
  made += 1;
  const [buyer, seller] = [`buyer-${made}`, `seller-${made}`];
  await world.grant(buyer, 'gold', 100n);
  const sword = await world.mint(seller);
  const items = of.sword ? [sword] : [];
  const amounts = of.gold === undefined ? [] : [{ asset: 'gold', amount: of.gold }];
  const gives = (who: Kind['swordOf']): string[] => (of.swordOf === who ? items : []);
  return {
    kind: of,
    buyer,
    seller,
    sword,
    parties: [
      { player: buyer, gives: { amounts, items: gives('buyer') } },
      { player: seller, gives: { amounts: [], items: gives('seller') } },
    ],
  };
}

/** Accepts the trade of a sample, and answers what is to be settled. */
export async function acceptSample(world: SagaWorld, { parties }: Sample): Promise<Exchange> {
  return exchangeOf(await world.accept(...parties));
}

/** What must be so, and what is, of a sample whose trade has ended. */
export async function endOf(
  world: SagaWorld,
  { kind: of, buyer, seller, sword }: Sample,
  id: string,
): Promise<{ expected: unknown; found: unknown }> {
  const paid = of.state === 'settled' ? BigInt(of.gold ?? 0) : 0n;
  const moved = of.state === 'settled' && of.sword;
  return {
    expected: {
      row: { state: of.state, reason_code: of.reason },
      gold: [100n - paid, paid],
      sword: { owner: `player:${moved ? buyer : seller}`, state: 'owned' },
      facts: ['trade.accepted', `trade.${of.state}`],
    },
    found: {
      row: await world.row(id),
      gold: [await world.balance(buyer, 'gold'), await world.balance(seller, 'gold')],
      sword: await world.ownerOf(sword),
      facts: await world.facts(id),
    },
  };
}
