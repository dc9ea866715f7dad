import { randomUUID } from 'node:crypto';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import type { Party } from '../../src/trades/trades.types.js';
import type { Exchange } from '../../contracts/nouns.js';
import { acceptPurchases, dueOfPurchase, endOfPurchase, products } from '../saga/bought-kinds.js';
import type { SagaWorld } from '../saga/saga-world.js';
import type { Kind, PurchaseKind, TradeKind } from './kinds.js';
import { makePaid, type Money } from './money.js';
import { makeRefund } from './refunds.js';

/** A deal of a kind, between players of its own. */
export interface Sample {
  kind: Kind;
  /** How the API is asked for it. */
  path: string;
  body: unknown;
  /** Accepts it, and answers what is to be settled. */
  accept(): Promise<Exchange>;
  /** What its buyer does once it waits for them. @returns whether that is done */
  act?(id: string): Promise<boolean>;
  /** What must be so, and what is, when it has ended. */
  end(id: string): Promise<{ expected: unknown; found: unknown }>;
}

/** Gives the players of a deal what they have at first, and says what they ask for. */
export async function makeSample(world: SagaWorld, of: Kind, money: Money | undefined): Promise<Sample> {
  if (of.deal === 'purchase in money') {
    if (money === undefined) throw new Error('The world has no provider.');
    return makePaid(world, money, of);
  }
  if (of.deal === 'refund') return makeRefund(world, money, of);
  return of.deal === 'trade' ? makeTrade(world, of) : makePurchase(world, of);
}

/** The buyer has 100 gold, the seller a sword and none. */
async function makeTrade(world: SagaWorld, of: TradeKind): Promise<Sample> {
  const { buyer, seller, sword } = await world.pair();
  const items = of.items ? [sword] : [];
  const amounts = of.gold === undefined ? [] : [{ asset: 'gold', amount: of.gold }];
  const gives = (who: TradeKind['swordOf']): string[] => (of.swordOf === who ? items : []);
  const parties: [Party, Party] = [
    { player: buyer, gives: { amounts, items: gives('buyer') } },
    { player: seller, gives: { amounts: [], items: gives('seller') } },
  ];
  const paid = of.state === 'settled' ? BigInt(of.gold ?? 0) : 0n;
  const moved = of.state === 'settled' && of.items;
  return {
    kind: of,
    path: '/v1/trades',
    body: { parties },
    accept: async () => exchangeOf(await world.accept(...parties)),
    end: async (id) => ({
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
    }),
  };
}

/** The buyer has 100 gold. */
async function makePurchase(world: SagaWorld, { product, ...of }: PurchaseKind): Promise<Sample> {
  const buyer = `buyer-${randomUUID()}`;
  await world.grant(buyer, 'gold', 100n);
  return {
    kind: { product, ...of },
    path: '/v1/purchases',
    body: { player: buyer, product, pay: { asset: 'gold', amount: products[product].price } },
    accept: async () => (await acceptPurchases(world, [product], buyer))[0] as Exchange,
    end: async (id) => ({
      expected: dueOfPurchase(product, of.state, of.reason, buyer),
      found: await endOfPurchase(world, id, buyer),
    }),
  };
}
