import { spentGoodsPolicies } from '../../../src/payments/accounts.types.js';
import { hostileAmounts, unreadableAmounts } from './amounts.js';
import { hostileTexts } from './bodies.js';
import { invalid, notJson, withValue, type HostileRow, type Refusal, type WriteRoute } from './rows.js';

const purchase = (place: number): string => `pur_0198c0de-7a11-7000-8000-0000000001${String(place).padStart(2, '0')}`;
const [completed, open, refused, free] = [purchase(1), purchase(2), purchase(3), purchase(4)];

/** Purchases that are refunded, or are not, by what became of them. */
export const purchasesToRefund = [
  `('${completed.slice(4)}', 'completed', null, null, '20', now())`,
  `('${open.slice(4)}', 'accepted', null, null, '20', null)`,
  `('${refused.slice(4)}', 'refused', 'item-sold-out', 'There are none.', '20', now())`,
  `('${free.slice(4)}', 'completed', null, null, '0', now())`,
].map(
  (row) => `
  insert into purchases.purchases (
    id, title, key, fingerprint, state, reason_code, reason_detail, player, product, version, quantity, pay, content,
    closed_at)
  select id::uuid, 'arena', 'hostile-' || id, '', state, code, detail, 'ann', 'potion', 1, 1,
    json_build_object('asset', 'gold', 'amount', amount), '{"amounts":[{"asset":"gold","amount":"5"}],"items":[]}',
    closed_at::timestamptz
  from (values ${row}) as g (id, state, code, detail, amount, closed_at)`,
);

const refund: WriteRoute = {
  method: 'POST',
  path: `/v1/purchases/${completed}/refunds`,
  as: 'title',
  headers: { 'idempotency-key': 'hostile-refund' },
  body: { amount: '5', reason: 'hostile', spentGoods: 'debt', restock: false },
};

export const refundRoutes: WriteRoute[] = [refund];

function put(name: string, what: string, value: unknown, refusal: Refusal = invalid): HostileRow {
  return {
    ...refund,
    what: `a refund: ${name} is ${what}`,
    body: withValue(refund.body, [name], value),
    ...refusal,
  };
}

/** The body with a JSON text as the amount, where JSON.stringify could not put it. */
function amountOf(text: string, refusal: Refusal = invalid): HostileRow {
  const body = JSON.stringify(withValue(refund.body, ['amount'], '@@')).replace('"@@"', text);
  return { ...refund, what: `a refund: the amount is ${text.slice(0, 40)}`, body, ...refusal };
}

function of(what: string, id: string, refusal: Refusal): HostileRow {
  return { ...refund, what: `a refund of ${what}`, path: `/v1/purchases/${id}/refunds`, ...refusal };
}

const notFound: Refusal = { status: 404, code: 'not-found' };
const notRefundable: Refusal = { status: 409, code: 'purchase-not-refundable' };
const tooLarge: Refusal = { status: 409, code: 'refund-too-large' };
const noPurchase = 'pur_0198c0de-7a11-7000-8000-000000000001';

export const refundRows: HostileRow[] = [
  ...hostileAmounts.map((text) => amountOf(text)),
  ...unreadableAmounts.map((text) => amountOf(text, notJson)),
  ...['"21"', `"${'9'.repeat(18)}"`].map((text) => amountOf(text, tooLarge)),
  put('reason', 'missing', undefined),
  ...hostileTexts.map(([what, value]) => put('reason', what, value)),
  put('reason', 'text of 201 characters', 'x'.repeat(201)),
  ...['', 'DEBT', 'debt ', 'forgive', null, true, 1, {}, [...spentGoodsPolicies]].map((value) =>
    put('spentGoods', JSON.stringify(value), value),
  ),
  ...[null, 'true', 0, 1, '', [], {}].map((value) => put('restock', JSON.stringify(value), value)),
  ...['player', 'purchase', 'state', 'found', 'pay', 'takes', 'currency', 'grounds', '__typename'].map((name) =>
    put(name, 'sent', 1),
  ),
  of('an open purchase', open, notRefundable),
  of('a refused purchase', refused, notRefundable),
  of('a free purchase', free, notRefundable),
  of('no purchase', noPurchase, notFound),
  ...['pur_1', completed.replace('pur', 'trd'), completed.replace('pur', 'PUR'), 'a%2fb'].map((id) =>
    of(id, id, invalid),
  ),
  { ...refund, what: 'a refund without a key', headers: {}, status: 400, code: 'idempotency-key-missing' },
  {
    ...refund,
    what: 'a refund with a key of 256 characters',
    headers: { 'idempotency-key': 'x'.repeat(256) },
    status: 400,
    code: 'idempotency-key-invalid',
  },
  ...['wait=31', 'wait=abc', 'wait'].map((prefer): HostileRow => ({
    ...refund,
    what: `a refund with Prefer: ${prefer}`,
    headers: { ...refund.headers, prefer },
    status: 400,
    code: 'prefer-invalid',
  })),
  ...['rfd_1', 'pur_0198c0de-7a11-7000-8000-000000000001', 'RFD_0198c0de-7a11-7000-8000-000000000001'].map(
    (id): HostileRow => ({ what: `GET /v1/refunds/${id}`, method: 'GET', path: `/v1/refunds/${id}`, ...invalid }),
  ),
  {
    what: 'GET a refund that is not there',
    method: 'GET',
    path: '/v1/refunds/rfd_0198c0de-7a11-7000-8000-000000000001',
    ...notFound,
  },
  {
    what: 'GET the refunds of a purchase that is not there',
    method: 'GET',
    path: `/v1/purchases/${noPurchase}/refunds`,
    ...notFound,
  },
  ...['POST', 'PUT', 'PATCH', 'DELETE'].map((method): HostileRow => ({
    what: `${method} /v1/refunds`,
    method,
    path: '/v1/refunds',
    status: 405,
    code: 'method-not-allowed',
  })),
  ...[
    // The words in which open ones are shown, and those of other kinds.
    'state=planned',
    'state=completed',
    'state=',
    'state=stuck&state=failed',
    'player=',
    'player=player:ann',
    'purchase=pur_1',
    `purchase=${completed.replace('pur', 'trd')}`,
    'purchase=',
    'product=potion',
    'reference=x',
  ].map((query): HostileRow => ({
    what: `GET /v1/refunds?${query}`,
    method: 'GET',
    path: `/v1/refunds?${query}`,
    ...invalid,
  })),
  {
    what: 'GET the refunds of a purchase by their state',
    method: 'GET',
    path: `/v1/purchases/${completed}/refunds?state=failed`,
    ...invalid,
  },
];

export const refundLists: [string, 'admin' | 'title'][] = [
  ['/v1/refunds', 'title'],
  [`/v1/purchases/${completed}/refunds`, 'title'],
];
