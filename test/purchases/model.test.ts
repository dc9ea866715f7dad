import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CatalogReads } from '../../src/catalog/catalog.reads.js';
import { SalesReads } from '../../src/purchases/sales.reads.js';
import { newId } from '../../src/ids.js';
import type { NewPurchase } from '../../src/purchases/purchases.types.js';
import { acceptedOf, purchaseOf, Store, title, wordOf } from './store.js';

/*
 * Stock and limits against an oracle that is told in a few lines: it keeps every purchase, and counts them all each
 * time.
 */

let store: Store;
let reads: SalesReads;
beforeAll(async () => {
  store = await Store.open();
  const [, source] = store.sources;
  reads = new SalesReads(source, new CatalogReads(source));
});
afterAll(async () => {
  expect(await store.close()).toBe(0);
});

const players = ['ann', 'bob'];
const products = ['potion', 'crown'];

interface Wanted {
  player: string;
  product: string;
  quantity: number;
}

interface Bought extends Wanted {
  id: string;
  /** The request, to be sent again. */
  asked: NewPurchase;
  open: boolean;
  counts: boolean;
}

/** What a product allows, and what was bought of all. */
class Oracle {
  readonly bought: Bought[] = [];
  readonly sale = new Map<
    string,
    { version: number; stock: number | null; perPlayer: number | null; withdrawn: boolean }
  >();

  buy(asked: NewPurchase, { player, product, quantity }: Wanted): string {
    const { stock = null, perPlayer = null, withdrawn = false } = this.sale.get(product) ?? {};
    if (withdrawn) return 'not-on-sale';
    const sold = this.count((one) => one.product === product);
    const has = this.count((one) => one.product === product && one.player === player);
    if (stock !== null && sold + quantity > stock) return 'out-of-stock';
    if (perPlayer !== null && has + quantity > perPlayer) return 'purchase-limit-reached';
    this.bought.push({ id: asked.id, asked, player, product, quantity, open: true, counts: true });
    return 'accepted';
  }

  left(player: string, product: string): object {
    const { stock = null, perPlayer = null, withdrawn = false } = this.sale.get(product) ?? {};
    const sold = this.count((one) => one.product === product);
    const bought = this.count((one) => one.product === product && one.player === player);
    const left = (limit: number, taken: number): number => (limit > taken ? limit - taken : 0);
    return {
      onSale: !withdrawn,
      sold,
      ...(stock !== null && { left: left(stock, sold) }),
      limits: perPlayer === null ? [] : [{ period: 'ever', limit: perPlayer, bought, left: left(perPlayer, bought) }],
    };
  }

  count(which: (one: Bought) => boolean): number {
    return this.bought.filter((one) => one.counts && which(one)).reduce((sum, { quantity }) => sum + quantity, 0);
  }
}

const wanted = fc.record({
  player: fc.constantFrom(...players),
  product: fc.constantFrom(...products),
  quantity: fc.integer({ min: 1, max: 3 }),
});
const command = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('buy' as const), list: fc.array(wanted, { minLength: 1, maxLength: 4 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('close' as const),
      which: fc.nat(20),
      state: fc.constantFrom('settled' as const, 'refused' as const, 'compensated' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const), which: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('withdraw' as const), product: fc.constantFrom(...products) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      product: fc.constantFrom(...products),
      stock: fc.option(fc.integer({ min: 0, max: 8 })),
      perPlayer: fc.option(fc.integer({ min: 1, max: 5 })),
    }),
  },
);

let runs = 0;
test('whatever is bought, closed and published is answered and counted as the oracle says', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 25 }), async (commands) => {
      const oracle = new Oracle();
      // Products of each run are its own.
      const code = (product: string): string => `${product}-${runs}`;
      runs += 1;
      const publish = async (product: string, stock: number | null, perPlayer: number | null): Promise<void> => {
        const version = await store.publish(code(product), { stock, limits: perPlayer === null ? {} : { perPlayer } });
        oracle.sale.set(product, { version, stock, perPlayer, withdrawn: false });
      };
      for (const product of products) await publish(product, 6, 4);
      for (const [place, one] of commands.entries()) {
        const service = store.services[place % 2 === 0 ? 0 : 1];
        if (one.kind === 'publish') await publish(one.product, one.stock, one.perPlayer);
        else if (one.kind === 'withdraw') {
          await store.withdraw(code(one.product));
          const sale = oracle.sale.get(one.product);
          if (sale !== undefined) sale.withdrawn = true;
        } else if (one.kind === 'again') {
          const bought = oracle.bought[one.which];
          if (bought === undefined) continue;
          const [outcome] = await service.accept([{ ...bought.asked, id: newId('pur') }]);
          seen.add(wordOf(outcome));
          expect(acceptedOf(outcome).id).toBe(bought.id);
        } else if (one.kind === 'buy') {
          const asked = one.list.map(({ player, product, quantity }) =>
            purchaseOf(player, code(product), { quantity, version: oracle.sale.get(product)?.version ?? 0 }),
          );
          const words = (await service.accept(asked)).map(wordOf);
          expect(words).toEqual(one.list.map((order, n) => oracle.buy(asked[n] as NewPurchase, order)));
          for (const word of words) seen.add(word);
        } else {
          const bought = oracle.bought[one.which];
          if (bought === undefined) continue;
          const cause = { code: 'insufficient-funds', detail: 'The account does not hold enough.' };
          const { id } = bought;
          await service.close([one.state === 'settled' ? { id, state: one.state } : { id, state: one.state, cause }]);
          // Only the first close counts.
          if (bought.open && one.state !== 'settled') bought.counts = false;
          if (bought.open) seen.add(one.state);
          bought.open = false;
        }
        for (const product of products) {
          const count = oracle.count((some) => some.product === product);
          expect(await store.sold(code(product))).toEqual({ counted: count, bought: count });
          const player = players[place % 2] ?? '';
          const { left } = await reads.left(title, code(product), player);
          expect(left).toEqual(oracle.left(player, product));
        }
      }
    }),
    { numRuns: 40 },
  );
  expect([...seen].sort()).toEqual(
    [
      'accepted',
      'replayed',
      'not-on-sale',
      'out-of-stock',
      'purchase-limit-reached',
      'settled',
      'refused',
      'compensated',
    ].sort(),
  );
}, 120_000);
