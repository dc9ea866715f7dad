import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Exchange } from '../../contracts/nouns.js';
import type { AcceptOutcome, StoredDeal } from '../../src/exchanges/deals.types.js';
import { newId } from '../../src/ids.js';
import type { NewPurchase } from '../../src/purchases/purchases.types.js';
import type { NewTrade } from '../../src/trades/trades.types.js';
import { publishProduct } from '../purchases/products.js';
import type { DealPlan } from './interleaving-plans.js';
import { title } from './interleaving-snapshot.js';

/** Who takes part in a deal. */
export interface Names {
  payer: string;
  giver: string;
}

/** A deal that was accepted, and whose things its players have. */
export interface Deal extends Names {
  plan: DealPlan;
  exchange: Exchange;
  /** What is given by a trade, or undefined for legs alone. */
  item: string | undefined;
  /** What a purchase mints: one of an item that has a limit, and one of an item that has none. */
  minted: string[];
  /** The limited item, or undefined where none is minted, or where it was sold out before. */
  edition: string | undefined;
  /** What a refund takes back, and else nothing. */
  swords: string[];
}

/** The limited items of a plan, each of which the deals of one giver want. */
export function editionsOf(plans: readonly DealPlan[], group: number): Map<string, number> {
  return new Map(plans.map(({ giver }) => [editionOf(giver, group), limitOf(giver)]));
}

/** How many of a limited item there are: 1 or 2. */
export const limitOf = (giver: number): number => 1 + (giver % 2);

/** The limited item that a plan wants, or undefined. */
export function wantedEdition({ buys, of, owned, giver }: DealPlan, group: number): string | undefined {
  return buys && owned && of !== 'legs' ? editionOf(giver, group) : undefined;
}

const editionOf = (giver: number, group: number): string => `edition-${group}-${giver}`;

/** What all purchases are of. It says nothing of what they get, which each has by itself. */
const product = 'pack';

/** What every deal says. */
const asked = () => ({ workflowId: null, title, key: randomUUID(), fingerprint: Buffer.from('x'), reference: null });

export function newTrade({ of, amount }: DealPlan, { payer, giver }: Names, item: string | undefined): NewTrade {
  const amounts = of === 'items' ? [] : [{ asset: 'gold', amount: String(amount) }];
  return {
    ...asked(),
    id: newId('trd'),
    parties: [
      { player: payer, gives: { amounts, items: [] } },
      { player: giver, gives: { amounts: [], items: item === undefined ? [] : [item] } },
    ],
  };
}

/** A purchase pays the store, and what it gets is minted. */
export function newPurchase(plan: DealPlan, { payer }: Names, group: number): NewPurchase {
  const { of, amount } = plan;
  const items = of === 'legs' ? [] : [wantedEdition(plan, group) ?? 'sold-out', 'sword'];
  return {
    ...asked(),
    id: newId('pur'),
    player: payer,
    product,
    version: 1,
    quantity: 1,
    pay: { asset: 'gold', amount: of === 'items' ? '0' : String(amount) },
    content: {
      amounts: of === 'items' ? [] : [{ asset: 'gem', amount: '5' }],
      items: items.map((item) => ({ item, instances: [newId('ins')] })),
    },
  };
}

export function acceptedOf<T>(outcome: AcceptOutcome<T>): StoredDeal<T> {
  if (!('deal' in outcome)) throw new Error(`The deal was not accepted: ${outcome.outcome}.`);
  return outcome.deal;
}

/** Gold and gems, swords, an item of which the only one is minted, and a product. */
export async function defineGoods(url: string): Promise<void> {
  const session = new pg.Client({ connectionString: url });
  await session.connect();
  try {
    await session.query(
      `insert into ledger.assets (title, code, name, kind, scale, tradeable, version)
       select $1, code, code, 'currency', 0, true, 1 from unnest(array['gold', 'gem']) code`,
      [title],
    );
    await session.query(
      `insert into inventory.items (title, code, name, tradeable, minting_limit, issued)
       values ($1, 'sword', 'Sword', true, null, 0), ($1, 'sold-out', 'Sold out', true, 1, 1)`,
      [title],
    );
    await publishProduct(session, title, product, {
      content: { amounts: [], items: [] },
      prices: { virtual: [], money: [] },
      stock: null,
      limits: { perPlayer: null, perPlayerAndDay: null, perPlayerAndWeek: null, perPlayerAndMonth: null },
      onSale: { from: null, until: null },
    });
  } finally {
    await session.end();
  }
}
