import { randomUUID } from 'node:crypto';
import type { Exchange } from '../../contracts/nouns.js';
import { newId } from '../../src/ids.js';
import { exchangeOf } from '../../src/purchases/purchases.rules.js';
import type { PurchasedContent } from '../../src/purchases/purchases.types.js';
import { publishProduct } from '../purchases/products.js';
import { title, type SagaWorld } from './saga-world.js';

/*
 * What the store of a world sells for gold, of which a buyer has 100. A crown is limited, and a diadem is sold out.
 */

/** The products, by the way that a purchase of one goes. */
export const products = {
  /** Legs and a mint. */
  pack: { price: '60', gems: '5', item: 'crown' },
  /** A mint alone, whose move is the pivot. */
  gift: { price: '0', gems: undefined, item: 'crown' },
  /** Refused by the ledger, after its crown was reserved. */
  throne: { price: '101', gems: undefined, item: 'crown' },
  /** Refused by the inventory. */
  diadem: { price: '60', gems: '5', item: 'diadem' },
} as const;
export type ProductCode = keyof typeof products;
export const productCodes = Object.keys(products) as ProductCode[];

const amountsOf = (code: ProductCode): PurchasedContent['amounts'] => {
  const { gems } = products[code];
  return gems === undefined ? [] : [{ asset: 'gem', amount: gems }];
};

/** Defines what the store sells, and puts it on sale. The gold of the world is there already. */
export async function openStore(world: SagaWorld, crowns = 1_000): Promise<void> {
  await world.defineAsset('gem');
  await world.defineItem('crown', true, crowns);
  await world.defineItem('diadem', true, 1);
  await world.mint('somebody-else', 'diadem');
  for (const code of productCodes) {
    const { price, item } = products[code];
    await publishProduct(world.session, title, code, {
      content: { amounts: amountsOf(code), items: [{ item, count: 1 }] },
      prices: { virtual: [{ asset: 'gold', amount: price }], money: [] },
      stock: 1_000,
      limits: { perPlayer: 1, perPlayerAndDay: null, perPlayerAndWeek: null, perPlayerAndMonth: null },
      onSale: { from: null, until: null },
    });
  }
}

/** Accepts purchases of these products, each by a buyer of its own or by one that is given, and starts none. */
export async function acceptPurchases(
  world: SagaWorld,
  codes: readonly ProductCode[],
  buyer?: string,
): Promise<Exchange[]> {
  const buyers = codes.map(() => buyer ?? `buyer-${randomUUID()}`);
  if (buyer === undefined) for (const one of buyers) await world.grant(one, 'gold', 100n);
  const outcomes = await world.purchases.accept(
    codes.map((code, place) => ({
      id: newId('pur'),
      workflowId: null,
      title,
      key: randomUUID(),
      fingerprint: Buffer.from('x'),
      player: buyers[place] ?? '',
      product: code,
      version: 1,
      quantity: 1,
      pay: { asset: 'gold', amount: products[code].price },
      content: { amounts: amountsOf(code), items: [{ item: products[code].item, instances: [newId('ins')] }] },
      reference: null,
    })),
  );
  return outcomes.map((outcome) => {
    if (!('deal' in outcome)) throw new Error(`The purchase was not accepted: ${JSON.stringify(outcome)}`);
    return exchangeOf(outcome.deal);
  });
}

/** What became of a purchase: its row, what its buyer has, and what was booked and minted for it, by whom. */
export async function endOfPurchase(world: SagaWorld, id: string, player: string): Promise<object> {
  const { rows } = await world.session.query<{ booked: number; minted: string[]; owned: string[] }>(
    `select (select count(*)::int from ledger.transfers where title = $1 and reference = $2) as booked,
       (select coalesce(array_agg(m.to_owner || ' ' || i.item), '{}') from inventory.movements m
        join inventory.instances i on i.id = m.instance where m.kind = 'mint' and m.cause = $2) as minted,
       (select coalesce(array_agg(item), '{}') from inventory.instances where title = $1 and owner = $3) as owned`,
    [title, id, `player:${player}`],
  );
  return {
    row: await world.row(id),
    gold: await world.balance(player, 'gold'),
    gems: await world.balance(player, 'gem'),
    facts: await world.facts(id),
    ...rows[0],
  };
}

/** How a purchase of a product must have ended, by a buyer who had 100 gold and bought nothing else. */
export function dueOfPurchase(
  code: ProductCode,
  state: 'completed' | 'refused' | 'compensated',
  reason: string | null,
  player: string,
): object {
  const { price, gems = '0', item } = products[code];
  const done = state === 'completed';
  const legs = price !== '0';
  return {
    row: { state, reason_code: reason },
    gold: done ? 100n - BigInt(price) : 100n,
    gems: done ? BigInt(gems) : 0n,
    facts: ['purchase.accepted', `purchase.${state}`],
    booked: done && legs ? 1 : 0,
    minted: done ? [`player:${player} ${item}`] : [],
    owned: done ? [item] : [],
  };
}

/**
 * What the counts of the store contradict when all is quiet: nothing is reserved, what was issued is there with serials
 * that have no gap, and what was sold is what was bought and not given back.
 */
export async function storeFaults(world: SagaWorld): Promise<unknown[]> {
  const { rows } = await world.session.query<object>(
    `select code as what, reserved, issued, serials from inventory.items i
     cross join lateral (
       select coalesce(array_agg(serial order by serial), '{}') as serials from inventory.instances n
       where n.title = i.title and n.item = i.code) n
     where minting_limit is not null and (
       reserved <> 0 or issued > minting_limit or serials <> array(select generate_series(1, issued)))
     union all
     select product, sold, bought, null from purchases.sales s
     cross join lateral (
       select coalesce(sum(quantity), 0)::int as bought from purchases.purchases p
       where p.title = s.title and p.product = s.product
         and state not in ('refused', 'compensated', 'declined', 'cancelled', 'expired')) p
     where sold <> bought`,
  );
  return rows;
}
