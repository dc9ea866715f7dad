import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import { asked, errorOf, Provider } from './provider.js';

let provider: Provider;
let account: string;
let stripe: Stripe;

beforeAll(async () => {
  provider = await Provider.start();
});
afterAll(() => provider.close());

/** An account of its own for each test. */
function newAccount(): void {
  account = provider.newKey();
  stripe = provider.client(account);
}

const create = (idempotencyKey: string, more: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  stripe.paymentIntents.create({ ...asked, ...more }, { idempotencyKey });
const intents = async () => (await provider.effects({ account })).intents.length;

test('the same key and parameters give the first answer again, which says so, and do nothing', async () => {
  newAccount();
  const first = await create('k1');
  await stripe.paymentIntents.confirm(first.id, { payment_method: 'pm_card_visa' });
  const again = await create('k1');
  expect({ ...again, lastResponse: undefined }).toEqual({ ...first, lastResponse: undefined });
  expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
  expect(again.lastResponse.headers['original-request']).toBe(first.lastResponse.requestId);
  expect(first.lastResponse.headers).not.toHaveProperty('idempotent-replayed');
  expect(await intents()).toBe(1);
  expect((await provider.effects({ account })).calls.map(({ effect }) => effect)).toEqual([
    'created',
    'authorized',
    'replayed',
  ]);
});

test('the same key with other parameters, or for another path, is refused', async () => {
  newAccount();
  const { id } = await create('k1');
  expect(await errorOf(create('k1', { amount: 2000 }))).toMatchObject({
    type: 'StripeIdempotencyError',
    statusCode: 400,
  });
  const other = stripe.paymentIntents.cancel(id, {}, { idempotencyKey: 'k1' });
  expect(await errorOf(other)).toMatchObject({ type: 'StripeIdempotencyError' });
  expect(await provider.effects({ account })).toMatchObject({ intents: [{ status: 'requires_payment_method' }] });
});

test('the same key is free for another account', async () => {
  newAccount();
  const first = await create('k1');
  newAccount();
  expect((await create('k1')).id).not.toBe(first.id);
});

test('of two calls with one key at once, one is done and the other is told to wait', async () => {
  newAccount();
  await provider.fault({ on: { method: 'POST' }, fault: 'delay', ms: 4000, times: 1, account });
  const slow = create('k1');
  while ((await intents()) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  const refused = await errorOf(create('k1'));
  expect(refused).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
  const { id } = await slow;
  expect((await create('k1')).id).toBe(id);
  expect(await intents()).toBe(1);
});

test('a decline is kept: the key says it again, and another key asks again', async () => {
  newAccount();
  const { id } = await create('k1');
  const confirm = (key: string, method: string) =>
    stripe.paymentIntents.confirm(id, { payment_method: method }, { idempotencyKey: key });
  expect(await errorOf(confirm('k2', 'pm_card_chargeDeclined'))).toMatchObject({ code: 'card_declined' });
  const again = await errorOf(confirm('k2', 'pm_card_chargeDeclined'));
  expect(again).toMatchObject({ code: 'card_declined', statusCode: 402 });
  expect(again.headers).toHaveProperty('idempotent-replayed', 'true');
  expect(await confirm('k3', 'pm_card_visa')).toMatchObject({ status: 'requires_capture' });
});

test('what is refused for its parameters keeps nothing', async () => {
  newAccount();
  expect(await errorOf(create('k1', { amount: 10 }))).toMatchObject({ code: 'amount_too_small' });
  expect(await create('k1')).toMatchObject({ amount: 1999 });
});

test('a GET takes no key', async () => {
  newAccount();
  const { id } = await create('k1');
  const [first, second] = [
    await stripe.paymentIntents.retrieve(id, {}, { idempotencyKey: 'k2' }),
    await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' }, { idempotencyKey: 'k2' }),
  ];
  expect([first.status, second.status]).toEqual(['requires_payment_method', 'requires_capture']);
});

test.each([429, 401, 503])('a status of %i comes before the key, which is free afterwards', async (status) => {
  newAccount();
  await provider.fault({ on: {}, fault: 'status', status, times: 1, account });
  const error = await errorOf(create('k1'));
  expect(error.statusCode).toBe(status);
  if (status !== 401) expect(Number(error.headers?.['retry-after'])).toBeGreaterThan(0);
  expect(await intents()).toBe(0);
  const { lastResponse } = await create('k1');
  expect(lastResponse.headers).not.toHaveProperty('idempotent-replayed');
  expect(await intents()).toBe(1);
});

test('a status that is stored is replayed for ever, and another key is free', async () => {
  newAccount();
  await provider.fault({ on: { method: 'POST' }, fault: 'status-stored', status: 500, times: 1, account });
  expect(await errorOf(create('k1'))).toMatchObject({ statusCode: 500, type: 'StripeAPIError' });
  const again = await errorOf(create('k1'));
  expect(again).toMatchObject({ statusCode: 500 });
  expect(again.headers).toHaveProperty('idempotent-replayed', 'true');
  expect(await intents()).toBe(0);
  expect(await create('k2')).toMatchObject({ amount: 1999 });
});
