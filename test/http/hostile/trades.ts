import { hostileAmounts, unreadableAmounts } from './amounts.js';
import { hostileIds, hostileTexts } from './bodies.js';
import { invalid, notJson, tooLarge, withValue, type HostileRow, type Refusal, type WriteRoute } from './rows.js';

const sword = 'ins_0198c0de-7a11-7000-8000-000000000001';
const ann = { player: 'ann', gives: { amounts: [{ asset: 'gold', amount: '5' }] } };
const bob = { player: 'bob', gives: { items: [sword] } };
const trade: WriteRoute = {
  method: 'POST',
  path: '/v1/trades',
  as: 'title',
  headers: { 'idempotency-key': 'hostile-trade' },
  body: { parties: [ann, bob], reference: 'hostile-1' },
};

export const tradeRoutes: WriteRoute[] = [trade];

function put(path: (string | number)[], what: string, value: unknown, refusal: Refusal = invalid): HostileRow {
  return {
    ...trade,
    what: `POST /v1/trades: ${path.join('.')} is ${what}`,
    body: withValue(trade.body, path, value),
    ...refusal,
  };
}

/** The body with a JSON text as the amount, where JSON.stringify could not put it. */
function amountOf(text: string, refusal: Refusal): HostileRow {
  const body = JSON.stringify(withValue(trade.body, ['parties', 0, 'gives', 'amounts', 0, 'amount'], '@@')).replace(
    '"@@"',
    text,
  );
  return { ...trade, what: `POST /v1/trades: the amount is ${text.slice(0, 40)}`, body, ...refusal };
}

const amounts = ['parties', 0, 'gives', 'amounts'];
const items = ['parties', 1, 'gives', 'items'];
const manyIds = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `ins_0198c0de-7a11-7000-8000-${String(i).padStart(12, '0')}`);

export const tradeRows: HostileRow[] = [
  ...hostileAmounts.map((text) => amountOf(text, invalid)),
  ...unreadableAmounts.map((text) => amountOf(text, notJson)),
  ...hostileIds.flatMap(([what, value]) => [
    put(['parties', 0, 'player'], what, value),
    put([...amounts, 0, 'asset'], what, value),
    put([...items, 0], what, value),
  ]),
  put([...amounts, 0, 'asset'], 'upper case', 'GOLD'),
  ...hostileTexts.map(([what, value]) => put(['reference'], what, value)),
  put(['parties'], 'one', [ann]),
  put(['parties'], 'three', [ann, bob, { ...bob, player: 'cid' }]),
  put(['parties'], 'none', []),
  put(['parties'], 'an object', { 0: ann, 1: bob }),
  put(['parties', 1, 'player'], 'the same', 'ann'),
  put(['parties'], 'without gifts', [
    { player: 'ann', gives: {} },
    { player: 'bob', gives: {} },
  ]),
  put(['parties'], 'with empty gifts', [
    { player: 'ann', gives: { amounts: [], items: [] } },
    { player: 'bob', gives: { items: [] } },
  ]),
  put(['parties', 0, 'gives'], 'missing', undefined),
  put(['parties', 0, 'gives'], 'null', null),
  put(['parties', 0, 'gives', 'price'], 'sent', '5'),
  put(['parties', 0, 'player'], 'an owner', 'player:ann'),
  put(['state'], 'sent', 'settled'),
  put(amounts, 'the same asset twice', [ann.gives.amounts[0], { asset: 'gold', amount: '6' }]),
  put(items, 'the same item twice', [sword, sword]),
  put(['parties'], 'the same item from both', [{ player: 'ann', gives: { items: [sword] } }, bob]),
  put(items, '51 items', manyIds(51)),
  put(items, '50 items beside an amount', manyIds(50)),
  put(items, '100 000 items', manyIds(100_000), tooLarge),
  put(items, 'an id of something else', [sword.replace('ins', 'trf')]),
  { ...trade, what: 'a trade without a key', headers: {}, status: 400, code: 'idempotency-key-missing' },
  {
    ...trade,
    what: 'a trade with a key of 256 characters',
    headers: { 'idempotency-key': 'x'.repeat(256) },
    status: 400,
    code: 'idempotency-key-invalid',
  },
  ...['wait=31', 'wait=abc', 'wait=-1', 'wait'].map((prefer): HostileRow => ({
    ...trade,
    what: `a trade with Prefer: ${prefer}`,
    headers: { ...trade.headers, prefer },
    status: 400,
    code: 'prefer-invalid',
  })),
  ...['trd_1', sword, 'a%2fb'].map((id): HostileRow => ({
    what: `GET /v1/trades/${id}`,
    method: 'GET',
    path: `/v1/trades/${id}`,
    ...invalid,
  })),
  {
    what: 'GET a trade that is not there',
    method: 'GET',
    path: '/v1/trades/trd_0198c0de-7a11-7000-8000-000000000001',
    status: 404,
    code: 'not-found',
  },
  ...['state=open', 'player=%D0%B0nn', 'player=', 'reference=%0a', 'kind=trade'].map((query): HostileRow => ({
    what: `GET /v1/trades?${query}`,
    method: 'GET',
    path: `/v1/trades?${query}`,
    ...invalid,
  })),
];

export const tradeLists: [string, 'admin' | 'title'][] = [['/v1/trades', 'title']];
