import type { Books, Leg, PurchaseRow, TransferRow } from './books.js';
import { dealLegs, dealMints, isDone } from './deals.rules.js';
import { answered, asked, at, read } from './falsified.js';
import { productOf, times, type Product } from './products.js';
import type { Entry } from './recorder.js';

const millis = Date.parse(at);

/** A purchase by cat as its row says, refused where there is a code. */
function bought(number: number, code: string, quantity: number, refused: string | null = null): PurchaseRow {
  const { price, amounts, items } = productOf(code) as Product;
  return {
    id: `pur_${number}`,
    title: 'one',
    key: `p${number}`,
    state: refused === null ? 'completed' : 'refused',
    code: refused,
    reference: 'r',
    createdAt: millis,
    closedAt: millis,
    accepted: 1,
    closed: 1,
    player: 'cat',
    product: code,
    version: 1,
    quantity,
    pay: { asset: 'gold', amount: times(price, quantity) },
    content: {
      amounts: amounts.map(({ asset, amount }) => ({ asset, amount: times(amount, quantity) })),
      items: items.map(({ item }) => ({ item, instances: [`ins_${number}`] })),
    },
  };
}

const purchases = [
  bought(1, 'relic', 1),
  bought(2, 'castle', 1, 'insufficient-funds'),
  bought(3, 'badge', 2),
  bought(4, 'scarf', 25),
  bought(5, 'ration', 2),
];
const grantLegs = [{ from: 'system:mint', to: 'player:cat', asset: 'gold', amount: '1000' }];

/** What is asked for, and what is answered to it, of one purchase. */
function orderOf({ player, product, quantity, pay, reference }: PurchaseRow): Record<string, unknown> {
  return { player, product, quantity, pay, reference };
}
function bodyOf(row: PurchaseRow): Record<string, unknown> {
  const { id, state, code, version, content } = row;
  const reason = code === null ? {} : { reason: { code, detail: 'd' } };
  return { ...orderOf(row), id, state, ...reason, version, content, createdAt: at };
}

function record(): Entry[] {
  const grant = { id: 'trf_1', sequence: 1, kind: 'transfer', reason: 'g', reference: 'r', legs: grantLegs };
  const balance = (owner: string, posted: string): object => ({ owner, asset: 'gold', posted, available: posted });
  const order = (id: string, product: string, pay: string): Entry =>
    asked(id, 'purchase', { player: 'cat', product, pay: { asset: 'gold', amount: pay }, reference: 'r' });
  const declined = (id: string, code: string, more: object = {}): Entry => ({
    ...answered(id, 409, { code, detail: 'd', ...more }),
    tries: 1,
  });
  const price = order('price', 'potion', '4');
  const [first] = purchases as [PurchaseRow];
  return [
    asked('g', 'grant', { legs: grantLegs, reason: 'g', reference: 'r' }),
    answered('g', 201, { ...grant, balances: [balance('system:mint', '-1000'), balance('player:cat', '1000')] }),
    ...purchases.flatMap((row) => [
      asked(row.key, 'purchase', orderOf(row)),
      { ...answered(row.key, 200, bodyOf(row)), tries: 1 },
    ]),
    order('limit', 'badge', '2'),
    declined('limit', 'purchase-limit-reached'),
    order('day', 'ration', '1'),
    declined('day', 'purchase-limit-reached'),
    order('stock', 'scarf', '6'),
    declined('stock', 'out-of-stock'),
    { ...price, refusal: { kind: 'another price', codes: ['price-changed'] } } as Entry,
    declined('price', 'price-changed', {
      prices: [
        { asset: 'gold', amount: '3' },
        { currency: 'EUR', amount: '99' },
      ],
    }),
    asked('again', 'replay', {}, { key: 'p1', again: 'p1' }),
    answered('again', 200, bodyOf(first)),
    read('one', 'purchase', 'pur_1'),
    answered('one', 200, bodyOf(first)),
    read('list', 'purchases', '', { player: 'cat' }),
    answered('list', 200, { data: purchases.map(bodyOf).toReversed(), complete: true }),
    read('saga', 'saga', 'pur_1'),
    answered('saga', 200, { id: 'pur_1', kind: 'purchase', players: ['cat'], deal: { state: 'completed' } }),
    read('seal', 'instance', 'ins_1'),
    answered('seal', 200, {
      id: 'ins_1',
      item: 'seal',
      owner: 'player:cat',
      state: 'owned',
      version: 1,
      serial: 1,
    }),
    read('product', 'product', 'potion'),
    answered('product', 200, { code: 'potion', name: 'potion', state: 'published' }),
    { ...read('theirs', 'purchase', 'pur_1'), title: 'two', refusal: { kind: 'theirs', codes: ['not-found'] } },
    answered('theirs', 404, { code: 'not-found' }),
  ];
}

/** The accounts that transfers make, each with its entries. */
export function accountsOf(transfers: readonly TransferRow[]): Books['accounts'] {
  const accounts = new Map<string, Books['accounts'][number]>();
  const book = (transfer: string, leg: number, owner: string, { asset, amount }: Leg, sign: bigint): void => {
    const name = `${owner} ${asset}`;
    const account = accounts.get(name) ?? { title: 'one', owner, asset, posted: 0n, version: 0, entries: [] };
    accounts.set(name, account);
    const change = sign * BigInt(amount);
    account.posted += change;
    account.version += 1;
    const { posted, version } = account;
    account.entries.push({ transfer, version, leg, amount: change, posted, available: posted, at: millis });
  };
  for (const { id, legs } of transfers)
    for (const [index, leg] of legs.entries()) {
      book(id, index, leg.from, leg, -1n);
      book(id, index, leg.to, leg, 1n);
    }
  return [...accounts.values()];
}

function books(): Books {
  const done = purchases.filter(isDone);
  const booked = { title: 'one', reverses: null, told: 1 };
  const transfers: TransferRow[] = [
    { ...booked, id: 'trf_1', sequence: 1, kind: 'transfer', reason: 'g', reference: 'r', legs: grantLegs },
    ...done.map((row, index) => ({
      ...booked,
      id: `trf_${index + 2}`,
      sequence: index + 2,
      kind: 'exchange',
      reason: 'purchase',
      reference: row.id,
      legs: dealLegs(row),
    })),
  ];
  return {
    transfers,
    accounts: accountsOf(transfers),
    transferOutcomes: transfers.map(({ id, kind, reference }) => ({
      title: 'one',
      key: kind === 'exchange' ? `exchange/${reference}` : 'transfers/g',
      id,
      code: null,
    })),
    trades: [],
    purchases: [...purchases],
    refunds: [],
    debts: [],
    freezes: [],
    payments: [],
    outside: [],
    disputes: [],
    provider: { intents: [], refunds: [], disputes: [], movements: [], calls: [] },
    sales: purchases.map(({ title, product, quantity, state }) => ({
      title,
      product,
      sold: state === 'refused' ? 0 : quantity,
    })),
    items: [{ title: 'one', item: 'seal', limit: 20, issued: 1, reserved: 0 }],
    instances: done.flatMap((row) =>
      dealMints(row).map(({ instance, item, to }, index) => ({
        id: instance,
        title: 'one',
        item,
        owner: to,
        state: 'owned',
        serial: index + 1,
        version: 1,
        movements: [{ version: 1, kind: 'mint', from: null, to, cause: row.id, at: millis }],
      })),
    ),
    issues: [],
    convoys: [1],
    disagreements: [],
  };
}

/**
 * A record and books that agree about purchases: completed, refused, declined for each reason, one sent again, and
 * reads of them; then changed.
 */
export function falsifiedPurchases(change: (made: { entries: Entry[]; books: Books }) => void = () => undefined): {
  entries: Entry[];
  books: Books;
} {
  // No part may be shared, so that a change of one changes no other.
  const made = { entries: JSON.parse(JSON.stringify(record())) as Entry[], books: structuredClone(books()) };
  change(made);
  return made;
}
