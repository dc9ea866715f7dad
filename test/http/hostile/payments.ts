import { hostileTexts } from './bodies.js';
import { invalid, tooLarge, withValue, wrongType, type HostileRow, type Refusal, type WriteRoute } from './rows.js';

const account: WriteRoute = {
  method: 'PUT',
  path: '/v1/payment-accounts/stripe',
  as: 'title',
  body: {
    secretKey: 'sk_test_hostileHostile1',
    webhookSecrets: ['whsec_hostileHostile1'],
    settlementCurrency: 'EUR',
    spentGoods: 'debt',
  },
};

export const paymentRoutes: WriteRoute[] = [account];

function put(path: (string | number)[], what: string, value: unknown): HostileRow {
  return {
    ...account,
    what: `PUT an account: ${path.join('.')} is ${what}`,
    body: withValue(account.body, path, value),
    ...invalid,
  };
}

const notSecretKeys: [string, unknown][] = [
  ['a publishable key', 'pk_test_hostileHostile1'],
  ['of no mode', 'sk_hostileHostile1'],
  ['of another mode', 'sk_prod_hostileHostile1'],
  ['its prefix alone', 'sk_test_'],
  ['with white space', 'sk_test_hostile Hostile1'],
  ['with a line break', 'sk_test_hostileHostile1\n'],
  ['Cyrillic', 'sk_test_hоstileHostile1'],
  ['of 241 characters', `sk_test_${'x'.repeat(241)}`],
  ['a list', ['sk_test_hostileHostile1']],
  ['null', null],
];
const notWebhookSecrets: [string, unknown][] = [
  ['text', 'whsec_hostileHostile1'],
  ['three', ['whsec_a', 'whsec_b', 'whsec_c']],
  ['one twice', ['whsec_a', 'whsec_a']],
  ['a secret key', ['sk_test_hostileHostile1']],
  ['null', null],
  ['a list of null', [null]],
];

const unsigned: Refusal = { status: 400, code: 'webhook-signature-invalid' };

function event(what: string, row: Partial<HostileRow> & Refusal): HostileRow {
  const [method, path, body] = ['POST', '/v1/webhooks/stripe/arena', { id: 'evt_hostileHostile1' }] as const;
  return { what: `an event: ${what}`, method, path, as: 'nobody', body, ...row };
}

const signature = (value: string): Partial<HostileRow> => ({ headers: { 'stripe-signature': value } });
const ofType = (value: string): Partial<HostileRow> => ({ headers: { 'content-type': value } });

/** Events whose signature is right are in test/payments/webhooks.test.ts. */
const events: HostileRow[] = [
  event('without a signature', unsigned),
  event('without a body', { body: undefined, ...unsigned }),
  event('without a signature, by the title itself', { as: 'title', ...unsigned }),
  ...['', ',', 't=', 't=1', 'v1=00', 't=1,v1=', `t=${'9'.repeat(400)},v1=00`, 't=NaN,v1=00', 't=1,v0=00'].map((value) =>
    event(`with the signature ${value.slice(0, 20)}`, { ...signature(value), ...unsigned }),
  ),
  event('of a title that nobody has', { path: '/v1/webhooks/stripe/nobody', ...unsigned }),
  event('that is no JSON', { body: '{"a":', ...unsigned }),
  event('of nothing but brackets', { body: '['.repeat(200_000), ...unsigned }),
  event('of 300 KB', { body: 'x'.repeat(300 * 1_024), ...tooLarge }),
  ...['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16'].map((type) =>
    event(`as ${type}`, { ...ofType(type), body: '{}', ...wrongType }),
  ),
  ...['paypal/arena', 'STRIPE/arena', 'stripe/Arena', 'stripe/..%2farena', `stripe/${'a'.repeat(65)}`].map((to) =>
    event(`to ${to.slice(0, 30)}`, { path: `/v1/webhooks/${to}`, ...invalid }),
  ),
  ...['GET', 'PUT', 'DELETE'].map((method) =>
    event(`by ${method}`, { method, body: undefined, status: 405, code: 'method-not-allowed' }),
  ),
  event('to no title', { path: '/v1/webhooks/stripe', status: 404, code: 'not-found' }),
];

export const paymentRows: HostileRow[] = [
  ...events,
  ...notSecretKeys.map(([what, value]) => put(['secretKey'], what, value)),
  ...hostileTexts.map(([what, value]) => put(['secretKey'], what, value)),
  ...notWebhookSecrets.map(([what, value]) => put(['webhookSecrets'], what, value)),
  ...['eur', 'EU', 'EURO', 'ZZZ', 'ЕUR', '', 978, null].map((value) =>
    put(['settlementCurrency'], JSON.stringify(value), value),
  ),
  ...['forgive', 'DEBT', '', null, ['debt']].map((value) => put(['spentGoods'], JSON.stringify(value), value)),
  ...['secretKey', 'settlementCurrency', 'spentGoods'].map((name) => put([name], 'missing', undefined)),
  ...['mode', 'provider', 'title', 'version', '__typename'].map((name) => put([name], 'sent', 'test')),
  ...['paypal', 'STRIPE', '..%2fstripe'].flatMap((name): HostileRow[] =>
    (['GET', 'PUT'] as const).map((method) => ({
      what: `${method} an account at ${name}`,
      method,
      path: `/v1/payment-accounts/${name}`,
      ...(method === 'PUT' && { body: account.body }),
      ...invalid,
    })),
  ),
  { what: 'GET an account that is not there', method: 'GET', path: account.path, status: 404, code: 'not-found' },
  {
    ...account,
    what: 'PUT an account that is not there with If-Match',
    headers: { 'if-match': '"1"' },
    status: 412,
    code: 'precondition-failed',
  },
  ...['*', 'W/"1"', '"0"', '1', '"1", "2"'].map((tag): HostileRow => ({
    ...account,
    what: `PUT an account with If-Match: ${tag}`,
    headers: { 'if-match': tag },
    status: 400,
    code: 'if-match-invalid',
  })),
  ...['POST', 'DELETE', 'PATCH'].map((method): HostileRow => ({
    what: `${method} an account`,
    method,
    path: account.path,
    status: 405,
    code: 'method-not-allowed',
  })),
];
