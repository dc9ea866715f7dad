import { expect } from '@jest/globals';
import { until } from '../processes.js';
import type { Shop } from './shop.js';

/** How a case ends, on its four sides. Everything that its title has is compared, and not the one purchase alone. */
export interface End {
  /** The purchases by their states and reasons, such as `declined payment-declined`. */
  purchases: string[];
  /** The provider's intents by their states, amounts, what was captured and what was given back. */
  intents: string[];
  /** How many calls have captured money. */
  captures: number;
  /** How many packs were granted: booked and minted. */
  granted: number;
  /** How many purchases have set something aside yet. */
  held?: number;
  /** How many captures came for what is over, and were given back. */
  givenBack?: number;
  /** The gems that the buyer had before. */
  gems?: number;
}

/** One purchase that was paid once and granted once. */
export const granted: End = {
  purchases: ['completed'],
  intents: ['succeeded 499 499 0'],
  captures: 1,
  granted: 1,
};

/** One purchase that has come to nothing. */
export function turnedBack(purchase: string, ...intents: string[]): End {
  return { purchases: [purchase], intents, captures: 0, granted: 0 };
}

interface Listed {
  state: string;
  reason?: { code: string };
  closedAt?: string;
  payment: { reference?: string; clientSecret?: string };
}

async function purchasesOf({ api }: Shop): Promise<Listed[]> {
  const { data } = await api.must(200, api.send('GET', '/v1/purchases?limit=100'));
  return data as Listed[];
}

function shown(purchases: readonly Listed[]): string[] {
  return purchases.map(({ state, reason }) => (reason === undefined ? state : `${state} ${reason.code}`)).sort();
}

/** Waits until the purchases of a shop have come to their ends, and compares its four sides. */
export async function expectEnd(shop: Shop, end: End, boundMs = 240_000): Promise<void> {
  const wanted = [...end.purchases].sort().join();
  await until(`${shop.title} ends`, async () => shown(await purchasesOf(shop)).join() === wanted, boundMs).catch(
    async (error: unknown) => {
      expect(await sidesOf(shop)).toEqual(sidesAfter(end));
      throw error;
    },
  );
  await expectSides(shop, end);
}

/** Compares the four sides of a shop as they are now. */
export async function expectSides(shop: Shop, end: End): Promise<void> {
  expect(await sidesOf(shop)).toEqual(sidesAfter(end));
}

function sidesAfter({ purchases, intents, captures, granted: packs, held = 0, gems = 0, givenBack = 0 }: End): unknown {
  const amounts = [
    ['player gem', 50 * packs + gems],
    ['system:clearing:stripe EUR', 499 * packs],
    ['system:mint EUR', -499 * packs],
    ['system:mint gem', -50 * packs - gems],
  ] as const;
  return {
    purchases: [...purchases].sort(),
    strangers: [],
    intents: [...intents].sort(),
    captures,
    books: Object.fromEntries(
      amounts.filter(([, amount]) => amount !== 0).map(([name, amount]) => [name, `${amount}`]),
    ),
    entries: { clearing: packs + 2 * givenBack, euros: packs + 2 * givenBack, lost: '0' },
    items: { owned: packs, issued: packs, reserved: held, held, sold: packs + held },
  };
}

async function sidesOf(shop: Shop): Promise<unknown> {
  const [purchases, effects] = await Promise.all([purchasesOf(shop), shop.effects()]);
  const references = effects.intents.map(({ reference }) => reference);
  return {
    purchases: shown(purchases),
    // What was paid is what is shown, and nobody is given a secret to pay with once it is closed.
    strangers: purchases.filter(
      ({ closedAt, payment: { reference, clientSecret } }) =>
        (reference !== undefined && !references.includes(reference)) ||
        (closedAt !== undefined && clientSecret !== undefined),
    ),
    intents: effects.intents
      .map(({ status, amount, captured, refunded }) => `${status} ${amount} ${captured} ${refunded}`)
      .sort(),
    captures: effects.calls.filter(({ effect }) => effect === 'captured').length,
    ...(await booksOf(shop)),
  };
}

/** What the books and the items of a title say. */
async function booksOf({ system: { sql }, title }: Shop): Promise<object> {
  const { rows: balances } = await sql.query<{ name: string; posted: string }>(
    `select regexp_replace(owner, '^player:.*', 'player') || ' ' || asset as name,
       sum(credits_posted - debits_posted)::text as posted
     from ledger.accounts where title = $1 group by 1 having sum(credits_posted - debits_posted) <> 0`,
    [title],
  );
  const { rows } = await sql.query<{ entries: object; items: object }>(
    `select
       (select json_build_object(
          'clearing', count(*) filter (where owner = 'system:clearing:stripe'),
          'euros', count(*) filter (where owner = 'system:mint' and asset = 'EUR'),
          'lost', coalesce(sum(amount), 0)::text)
        from ledger.entries e join ledger.accounts a on a.id = e.account_id where a.title = $1) as entries,
       json_build_object(
         'owned', (select count(*) from inventory.instances where title = $1 and state = 'owned'),
         'issued', (select sum(issued) from inventory.items where title = $1),
         'reserved', (select sum(reserved) from inventory.items where title = $1),
         'held', (select count(*) from inventory.holds where title = $1 and state = 'held'),
         'sold', (select coalesce(sum(sold), 0) from purchases.sales where title = $1)) as items`,
    [title],
  );
  return { books: Object.fromEntries(balances.map(({ name, posted }) => [name, posted])), ...rows[0] };
}
