import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import { asked, errorOf, Provider } from './provider.js';

let provider: Provider;
let account: string;
let stripe: Stripe;

beforeAll(async () => {
  provider = await Provider.start();
});
beforeEach(() => {
  account = provider.newKey();
  stripe = provider.client(account);
});
afterAll(() => provider.close());

const strike = (fault: string, more: Record<string, unknown> = {}) =>
  provider.fault({ on: { method: 'POST' }, fault, times: 1, account, ...more });
const create = (key?: string) => stripe.paymentIntents.create(asked, key === undefined ? {} : { idempotencyKey: key });
const effects = () => provider.effects({ account });
const authorised = async (): Promise<string> =>
  (await stripe.paymentIntents.create({ ...asked, payment_method: 'pm_card_visa', confirm: true })).id;
/** The effects of the calls that were not made by the test itself to look. */
const effectsOfPosts = async () =>
  (await effects()).calls.filter(({ method }) => method === 'POST').map(({ effect }) => effect);

test('a fault for one call in three strikes each third that it fits, so many times', async () => {
  await strike('status', { every: 3, times: 2 });
  const answers: string[] = [];
  for (let call = 0; call < 9; call++)
    answers.push(
      await create().then(
        () => 'made',
        () => 'struck',
      ),
    );
  const [third, rest] = [
    ['made', 'made', 'struck'],
    ['made', 'made', 'made'],
  ];
  expect(answers).toEqual([...third, ...third, ...rest]);
});

describe('the connection', () => {
  test('is cut before anything is done: nothing is in the books, and the key is free', async () => {
    // The client sends a POST once more where a connection that it had kept was closed, so each of its two meets it.
    await strike('drop-before', { times: undefined });
    expect((await errorOf(create('k1'))).type).toBe('StripeConnectionError');
    expect((await effects()).intents).toEqual([]);
    expect(new Set(await effectsOfPosts())).toEqual(new Set(['none']));
    await provider.control('DELETE', 'faults');
    expect((await create('k1')).lastResponse.headers).not.toHaveProperty('idempotent-replayed');
  });

  test('is cut after it is done: it is in the books, and the key gives the answer', async () => {
    await strike('drop-after', { times: undefined });
    expect((await errorOf(create('k1'))).type).toBe('StripeConnectionError');
    const [intent] = (await effects()).intents;
    expect(intent).toMatchObject({ status: 'requires_payment_method', amount: '1999' });
    await provider.control('DELETE', 'faults');
    const again = await create('k1');
    expect(again.id).toBe(intent?.reference);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
    const posts = await effectsOfPosts();
    expect([posts[0], new Set(posts.slice(1))]).toEqual(['created', new Set(['replayed'])]);
  });

  test('hangs: nobody answers, nothing is done, and the key is free', async () => {
    await strike('hang');
    const impatient = provider.client(account, { timeout: 2000 });
    const error = await errorOf(impatient.paymentIntents.create(asked, { idempotencyKey: 'k1' }));
    expect([error.type, error.message]).toEqual(['StripeConnectionError', expect.stringContaining('timeout')]);
    expect((await effects()).intents).toEqual([]);
    expect(await create('k1')).toMatchObject({ amount: 1999 });
  });

  test('is slow: the work is done before the answer comes', async () => {
    await strike('delay', { ms: 60_000 });
    const impatient = provider.client(account, { timeout: 2000 });
    expect((await errorOf(impatient.paymentIntents.create(asked))).type).toBe('StripeConnectionError');
    expect((await effects()).intents).toHaveLength(1);
  });

  test('ends in the middle of an answer whose work is done', async () => {
    const id = await authorised();
    await strike('truncate', { on: { path: '/v1/payment_intents/*/capture' }, times: undefined });
    const error = await errorOf(stripe.paymentIntents.capture(id, {}, { idempotencyKey: 'k1' }));
    expect(error.type).toBe('StripeConnectionError');
    expect((await effects()).intents).toMatchObject([{ status: 'succeeded', captured: '1999' }]);
  });

  test('brings 200 with something that is no JSON, and the work is done', async () => {
    const id = await authorised();
    await strike('garbage', { on: { path: `/v1/payment_intents/${id}/capture` } });
    const error = await errorOf(stripe.paymentIntents.capture(id));
    expect([error.type, error.message]).toEqual(['StripeAPIError', expect.stringContaining('Invalid JSON')]);
    expect((await effects()).intents).toMatchObject([{ status: 'succeeded', captured: '1999' }]);
  });
});

describe('a status', () => {
  test('that is not stored leaves nothing, and strikes as often as was said', async () => {
    await strike('status', { status: 500, times: 2 });
    for (const _ of [1, 2]) expect(await errorOf(create('k1'))).toMatchObject({ statusCode: 500 });
    expect((await effects()).intents).toEqual([]);
    expect(await create('k1')).toMatchObject({ status: 'requires_payment_method' });
    expect(await effectsOfPosts()).toEqual(['none', 'none', 'created']);
  });

  test('that is stored leaves nothing but the key', async () => {
    await strike('status-stored', { status: 502 });
    for (const _ of [1, 2]) expect(await errorOf(create('k1'))).toMatchObject({ statusCode: 502 });
    expect((await effects()).intents).toEqual([]);
    expect(await effectsOfPosts()).toEqual(['none', 'replayed']);
  });

  test('of 401 for ever is an account that was disconnected, and no other', async () => {
    await strike('status', { on: {}, status: 401, times: undefined });
    for (const call of [create(), stripe.balanceTransactions.list()]) {
      expect(await errorOf(call)).toMatchObject({ type: 'StripeAuthenticationError', statusCode: 401 });
    }
    expect(await provider.client(provider.newKey()).paymentIntents.create(asked)).toMatchObject({ amount: 1999 });
    await provider.control('DELETE', 'faults');
    expect(await create()).toMatchObject({ amount: 1999 });
  });
});

describe('what a call does', () => {
  test('is a decline of a good card at its confirmation, not before', async () => {
    await strike('decline');
    const { id } = await create();
    const error = await errorOf(stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' }));
    expect(error).toMatchObject({ statusCode: 402, code: 'card_declined', decline_code: 'generic_decline' });
    expect((await effects()).intents).toMatchObject([{ status: 'requires_payment_method', captured: '0' }]);
    expect(await effectsOfPosts()).toEqual(['created', 'declined']);
  });

  test('is a capture that is refused, after which the payment can be voided', async () => {
    const id = await authorised();
    await strike('decline', { on: { path: '/v1/payment_intents/*/capture' } });
    expect(await errorOf(stripe.paymentIntents.capture(id))).toMatchObject({ statusCode: 402 });
    expect((await effects()).intents).toMatchObject([{ status: 'requires_capture', captured: '0' }]);
    expect(await stripe.paymentIntents.cancel(id)).toMatchObject({ status: 'canceled' });
  });

  test.each([
    ['requires-action', 'requires_action'],
    ['processing', 'processing'],
  ])('is %s of a good card', async (fault, status) => {
    await strike(fault);
    const id = await authorised();
    expect((await effects()).intents).toMatchObject([{ reference: id, status, captured: '0' }]);
    expect(await effectsOfPosts()).toEqual([fault]);
    expect(await provider.act('buyer-confirms', id)).toMatchObject({ status: 'requires_capture' });
  });

  test('is an intent of another amount, in the answer and in the books', async () => {
    await strike('wrong-amount');
    const { id, amount } = await create();
    expect(amount).toBe(2000);
    expect((await effects()).intents).toMatchObject([{ reference: id, amount: '2000' }]);
  });

  test('is a capture of another amount', async () => {
    const id = await authorised();
    await strike('wrong-amount');
    expect(await stripe.paymentIntents.capture(id)).toMatchObject({ amount_received: 1998 });
    expect((await effects()).intents).toMatchObject([{ captured: '1998' }]);
  });

  test('is a look that says another amount, while the books stay', async () => {
    const { id } = await create();
    await strike('wrong-amount', { on: { method: 'GET', reference: id } });
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({ amount: 2000 });
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({ amount: 1999 });
  });

  test('is a capture that somebody else has made: an error, and the money is there', async () => {
    const id = await authorised();
    await strike('already-captured');
    const error = await errorOf(stripe.paymentIntents.capture(id));
    expect(error).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
    expect(error.payment_intent).toMatchObject({ status: 'succeeded', amount_received: 1999 });
    expect((await effects()).intents).toMatchObject([{ status: 'succeeded', captured: '1999' }]);
  });

  test('is a refund that waits, and that then is done or fails', async () => {
    const id = await authorised();
    await stripe.paymentIntents.capture(id);
    await strike('processing', { times: 2 });
    const [good, bad] = [
      await stripe.refunds.create({ payment_intent: id, amount: 300 }),
      await stripe.refunds.create({ payment_intent: id, amount: 400 }),
    ];
    expect([good.status, bad.status]).toEqual(['pending', 'pending']);
    expect((await effects()).intents).toMatchObject([{ refunded: '0' }]);
    expect(await provider.act('settle', good.id)).toMatchObject({ status: 'succeeded' });
    expect(await provider.act('buyer-fails', bad.id)).toMatchObject({ status: 'failed' });
    expect((await effects()).intents).toMatchObject([{ refunded: '300' }]);
    expect(await stripe.refunds.create({ payment_intent: id })).toMatchObject({ amount: 1699 });
  });
});

describe('a fault', () => {
  test('can be of one payment, by a value of its metadata', async () => {
    await strike('status', { on: { reference: 'pur_9' }, status: 503, times: undefined });
    const sent = (purchase: string) => stripe.paymentIntents.create({ ...asked, metadata: { purchase } });
    expect(await errorOf(sent('pur_9'))).toMatchObject({ statusCode: 503 });
    expect(await sent('pur_8')).toMatchObject({ amount: 1999 });
    expect((await provider.effects({ reference: 'pur_9' })).calls).toMatchObject([{ effect: 'none' }]);
  });

  test('of one account is ended without those of others', async () => {
    await strike('status', { times: undefined });
    const other = provider.client(provider.newKey());
    expect(await other.paymentIntents.create(asked)).toMatchObject({ amount: 1999 });
    await provider.control('DELETE', 'faults', { account: provider.newKey() });
    expect(await errorOf(create())).toMatchObject({ statusCode: 500 });
    await provider.control('DELETE', 'faults', { account });
    expect(await create()).toMatchObject({ amount: 1999 });
  });

  test.each<[string, string, unknown, string]>([
    ['a fault that there is not', 'faults', { on: {}, fault: 'explode' }, 'fault'],
    ['no object at all', 'faults', 'hang', 'object'],
    ['a name that there is not', 'faults', { on: { verb: 'GET' }, fault: 'hang' }, 'verb'],
    ['no times', 'faults', { on: {}, fault: 'hang', times: 0 }, 'times'],
    ['an account that is none', 'faults', { on: {}, fault: 'hang', account: 'me' }, 'account'],
    ['a mode that there is not', 'webhooks', { mode: 'louder' }, 'mode'],
    ['an act that there is not', 'acts', { act: 'sing', reference: 'pi_1' }, 'act'],
    ['an amount that is none', 'acts', { act: 'settle', reference: 'pi_1', amount: '-1' }, 'amount'],
    ['an act without a reference', 'acts', { act: 'settle' }, 'reference'],
  ])('is refused with its reason: %s', async (_name, path, body, named) => {
    const answer = await provider.control('POST', path, body);
    expect(answer.status).toBe(400);
    expect((answer.body as { error: { message: string } }).error.message).toContain(named);
  });
});
