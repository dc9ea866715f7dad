import { expect } from '@jest/globals';
import { until } from '../processes.js';
import type { Shop } from './shop.js';

/** What has gone back of the purchases of a case, in all. */
export interface Back {
  /** The refunds by their states, reasons and amounts, such as `succeeded 499`, and `succeeded 499 reversing`. */
  refunds: string[];
  /** Cents that were given back, and by how many entries. */
  cents: number;
  entries: number;
  gems: number;
  swords: number;
  /** Cents that the buyer owes for what they have no more, and for how many swords. */
  owes?: number;
  missing?: number;
  /** Cents that were written off. */
  lost?: number;
  /** Cents that a bank has taken and not brought back. They are none of what was refunded at the provider. */
  disputed?: number;
  /** How many disputes have cost their fee. */
  fees?: number;
}

/** How a case ends, on its four sides. Everything that its title has is compared, and not the one purchase alone. */
export interface End {
  /** The purchases by their states and reasons, such as `declined payment-declined`. */
  purchases: string[];
  /** The provider's intents by their states, amounts, what was captured and what was refunded. */
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
  back?: Back;
}

/** Cents that a dispute costs. */
const disputeFee = 1_500;

const nothingBack: Back = { refunds: [], cents: 0, entries: 0, gems: 0, swords: 0 };

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

function shownRefunds(refunds: Awaited<ReturnType<Shop['refunds']>>): string[] {
  return refunds
    .map(({ state, reason, amount, reverses }) =>
      [state, reason?.code, amount, reverses === undefined ? '' : 'reversing'].filter(Boolean).join(' '),
    )
    .sort();
}

/** Waits until the purchases of a shop have come to their ends, and compares its four sides. */
export async function expectEnd(shop: Shop, end: End, boundMs = 240_000): Promise<void> {
  const ends = [end.purchases, end.back?.refunds ?? []].map((some) => [...some].sort().join());
  const now = async (): Promise<string[]> => [
    shown(await purchasesOf(shop)).join(),
    shownRefunds(await shop.refunds()).join(),
  ];
  await until(`${shop.title} ends`, async () => (await now()).join('|') === ends.join('|'), boundMs).catch(
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

function sidesAfter(end: End): unknown {
  const { purchases, intents, captures, granted: packs, held = 0, gems = 0, givenBack = 0, back = nothingBack } = end;
  const { owes = 0, missing = 0, lost = 0, disputed = 0, fees = 0 } = back;
  const amounts = [
    ['player EUR', -owes],
    ['player gem', 50 * packs + gems - back.gems],
    ['system:clearing:stripe EUR', 499 * packs - back.cents - disputeFee * fees],
    ['system:fees EUR', disputeFee * fees - lost],
    ['system:mint EUR', -499 * packs + back.cents],
    ['system:mint gem', -50 * packs - gems + back.gems],
    ['system:store EUR', owes + lost],
  ] as const;
  return {
    purchases: [...purchases].sort(),
    strangers: [],
    intents: [...intents].sort(),
    captures,
    books: Object.fromEntries(
      amounts.filter(([, amount]) => amount !== 0).map(([name, amount]) => [name, `${amount}`]),
    ),
    entries: {
      clearing: packs + 2 * givenBack + back.entries + fees,
      euros: packs + 2 * givenBack + back.entries,
      lost: '0',
    },
    items: { owned: packs, store: back.swords, issued: packs, reserved: held, held, sold: packs + held },
    refunds: [...back.refunds].sort(),
    missing,
    disputed: `${disputed}`,
  };
}

async function sidesOf(shop: Shop): Promise<unknown> {
  const [purchases, effects, refunds] = await Promise.all([purchasesOf(shop), shop.effects(), shop.refunds()]);
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
    refunds: shownRefunds(refunds),
    disputed: String(effects.intents.reduce((sum, { disputed }) => sum + BigInt(disputed), 0n)),
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
  const { rows } = await sql.query<{ entries: object; items: object; missing: number }>(
    `select
       (select json_build_object(
          'clearing', count(*) filter (where owner = 'system:clearing:stripe'),
          'euros', count(*) filter (where owner = 'system:mint' and asset = 'EUR'),
          'lost', coalesce(sum(amount), 0)::text)
        from ledger.entries e join ledger.accounts a on a.id = e.account_id where a.title = $1) as entries,
       json_build_object(
         'owned', (select count(*) from inventory.instances where title = $1 and state = 'owned'),
         'store', (select count(*) from inventory.instances where title = $1 and owner = 'system:store'),
         'issued', (select sum(issued) from inventory.items where title = $1),
         'reserved', (select sum(reserved) from inventory.items where title = $1),
         'held', (select count(*) from inventory.holds where title = $1 and state = 'held'),
         'sold', (select coalesce(sum(sold), 0) from purchases.sales where title = $1)) as items,
       (select count(*)::int from ledger.entries e join ledger.accounts a on a.id = e.account_id
        where a.title = $1 and a.owner = 'system:store' and a.asset = 'EUR') as missing`,
    [title],
  );
  return { books: Object.fromEntries(balances.map(({ name, posted }) => [name, posted])), ...rows[0] };
}
