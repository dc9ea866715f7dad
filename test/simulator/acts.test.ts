import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import { asked, errorOf, Provider } from './provider.js';

let provider: Provider;
let account: string;
let stripe: Stripe;
let id: string;

beforeAll(async () => {
  provider = await Provider.start();
});
beforeEach(async () => {
  account = provider.newKey();
  stripe = provider.client(account);
  ({ id } = await stripe.paymentIntents.create({ ...asked, payment_method: 'pm_card_visa', confirm: true }));
});
afterAll(() => provider.close());

const effects = async () => (await provider.effects({ account })).intents[0];
const refused = async (act: string, reference: string, amount?: string): Promise<unknown> =>
  (await provider.control('POST', 'acts', { act, reference, ...(amount && { amount }) })).status;
const transactions = async () =>
  (await stripe.balanceTransactions.list()).data.map(({ type, amount, fee, net }) => [type, amount, fee, net]);

test('the buyer pays an intent that waits for them, and meets a cancelled one with an error', async () => {
  const { id: waiting } = await stripe.paymentIntents.create(asked);
  expect(await provider.act('buyer-confirms', waiting)).toMatchObject({ status: 'requires_capture' });
  const { id: voided } = await stripe.paymentIntents.create(asked);
  await stripe.paymentIntents.cancel(voided);
  expect(await refused('buyer-confirms', voided)).toBe(400);
  expect(await stripe.paymentIntents.retrieve(voided)).toMatchObject({ status: 'canceled', latest_charge: null });
});

test('an act can be of a payment by what its metadata says', async () => {
  const purchase = provider.newKey();
  const { id: waiting } = await stripe.paymentIntents.create({ ...asked, metadata: { purchase } });
  expect(await provider.act('buyer-confirms', purchase)).toMatchObject({ id: waiting, status: 'requires_capture' });
});

test('an act with an account is of a payment of that account, whatever others say in their metadata', async () => {
  const metadata = { purchase: provider.newKey() };
  const { id: ours } = await stripe.paymentIntents.create({ ...asked, metadata });
  await provider.client(provider.newKey()).paymentIntents.create({ ...asked, metadata });
  expect(
    await provider.control('POST', 'acts', { act: 'buyer-confirms', reference: metadata.purchase, account }),
  ).toMatchObject({ status: 200, body: { id: ours } });
});

test('the key of an account can be sent as the user of Basic, and an empty reference is none', async () => {
  const url = `http://127.0.0.1:${provider.port}/v1/payment_intents`;
  const basic = (key: string): Promise<Response> =>
    fetch(url, { headers: { authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` } });
  expect((await (await basic(account)).json()) as unknown).toMatchObject({ data: [{ id }] });
  expect((await basic('nobody')).status).toBe(401);
  expect((await provider.effects({ account, reference: '' })).intents).toMatchObject([{ reference: id }]);
});

test('the buyer fails, and may try again', async () => {
  const { id: waiting } = await stripe.paymentIntents.create(asked);
  expect(await provider.act('buyer-fails', waiting)).toMatchObject({
    status: 'requires_payment_method',
    last_payment_error: { code: 'card_declined' },
  });
  expect(await provider.act('buyer-confirms', waiting)).toMatchObject({ status: 'requires_capture' });
});

test('an authorisation expires, which makes no refund', async () => {
  expect(await provider.act('expire', id)).toMatchObject({ status: 'canceled', cancellation_reason: 'expired' });
  expect((await stripe.refunds.list({ payment_intent: id })).data).toEqual([]);
  expect(await errorOf(stripe.paymentIntents.capture(id))).toMatchObject({ code: 'payment_intent_unexpected_state' });
  expect(await refused('expire', id)).toBe(400);
});

test('the fee is known once the charge is settled, not when it is captured', async () => {
  const { latest_charge: charge } = await stripe.paymentIntents.capture(id);
  expect(await stripe.charges.retrieve(charge as string)).toMatchObject({ balance_transaction: null });
  const settled = await provider.act<Stripe.Charge>('settle', id);
  expect(settled).toMatchObject({ id: charge, object: 'charge' });
  const transaction = await stripe.balanceTransactions.retrieve(settled.balance_transaction as string);
  expect(transaction).toMatchObject({ type: 'charge', amount: 1999, fee: 55, net: 1944, source: charge });
  await provider.act('settle', id);
  expect(await transactions()).toHaveLength(1);
});

test('two refunds come from the dashboard, in part, and are in the books by their ids', async () => {
  await stripe.paymentIntents.capture(id);
  const first = await provider.act('dashboard-refund', id, '300');
  const second = await provider.act('dashboard-refund', id, '400');
  expect([first, second]).toMatchObject([
    { object: 'refund', amount: 300, status: 'succeeded', metadata: {} },
    { amount: 400 },
  ]);
  expect((await stripe.refunds.list({ payment_intent: id })).data.map((one) => one.id)).toEqual([second.id, first.id]);
  expect(await effects()).toMatchObject({ captured: '1999', refunded: '700' });
  expect(await refused('dashboard-refund', id, '1300')).toBe(400);
  expect(await effects()).toMatchObject({ refunded: '700' });
});

test('a refund that was done is sent back by its bank, and can be made anew', async () => {
  await stripe.paymentIntents.capture(id);
  const refund = await stripe.refunds.create({ payment_intent: id });
  expect(await provider.act('buyer-fails', refund.id)).toMatchObject({ id: refund.id, status: 'failed' });
  expect(await effects()).toMatchObject({ refunded: '0' });
  expect(await transactions()).toEqual([
    ['refund_failure', 1999, 0, 1999],
    ['refund', -1999, 0, -1999],
  ]);
  expect(await refused('buyer-fails', refund.id)).toBe(400);
  expect(await stripe.refunds.create({ payment_intent: id })).toMatchObject({ status: 'succeeded', amount: 1999 });
});

test('a refund that waits is canceled, and one that was done is not', async () => {
  await stripe.paymentIntents.capture(id);
  const path = '/v1/refunds';
  await provider.fault({ on: { method: 'POST', path }, fault: 'processing', times: 1, account });
  const [waiting, done] = [
    await stripe.refunds.create({ payment_intent: id, amount: 300 }),
    await stripe.refunds.create({ payment_intent: id, amount: 400 }),
  ];
  expect(await provider.act('expire', waiting.id)).toMatchObject({ id: waiting.id, status: 'canceled' });
  expect(await refused('expire', done.id)).toBe(400);
  expect(await stripe.refunds.create({ payment_intent: id })).toMatchObject({ amount: 1599 });
});

test('a dispute takes money when it opens, forbids refunds, and gives it back when an appeal wins', async () => {
  await stripe.paymentIntents.capture(id);
  await provider.act('dashboard-refund', id, '499');
  expect(await refused('dispute-open', id, '1501')).toBe(400);
  const dispute = await provider.act<Stripe.Dispute>('dispute-open', id, '1500');
  expect(dispute).toMatchObject({ object: 'dispute', status: 'needs_response', amount: 1500, payment_intent: id });
  expect(await effects()).toMatchObject({ disputed: '1500' });
  expect(await errorOf(stripe.refunds.create({ payment_intent: id }))).toMatchObject({ code: 'charge_disputed' });
  expect(await provider.act('dispute-lost', dispute.id)).toMatchObject({ status: 'lost' });
  expect(await effects()).toMatchObject({ disputed: '1500' });
  expect(await refused('dispute-lost', dispute.id)).toBe(400);
  expect(await provider.act('dispute-won', id)).toMatchObject({ id: dispute.id, status: 'won' });
  expect(await effects()).toMatchObject({ disputed: '0' });
  expect(await transactions()).toEqual([
    ['adjustment', 1500, 0, 1500],
    ['adjustment', -1500, 1500, -3000],
    ['refund', -499, 0, -499],
  ]);
  expect((await stripe.disputes.retrieve(dispute.id)).balance_transactions).toHaveLength(2);
});

test('the books say what has moved for each account, and how its disputes stand', async () => {
  await stripe.paymentIntents.capture(id);
  const refund = await provider.act('dashboard-refund', id, '499');
  const dispute = await provider.act<Stripe.Dispute>('dispute-open', id);
  await provider.act('dispute-won', id);
  const said = await provider.effects({ account });
  expect(said.disputes).toEqual([
    { reference: dispute.id, intent: id, status: 'won', amount: '1500', currency: 'eur' },
  ]);
  expect(said.movements).toMatchObject([
    { type: 'refund', source: refund.id, intent: id, amount: '-499', fee: '0' },
    { type: 'adjustment', source: dispute.id, intent: id, amount: '-1500', fee: '1500', currency: 'eur' },
    { type: 'adjustment', source: dispute.id, intent: id, amount: '1500', fee: '0' },
  ]);
  expect((await provider.effects({ account: provider.newKey() })).movements).toEqual([]);
  expect((await provider.effects({ account, reference: 'pi_other' })).movements).toEqual([]);
});

test('an inquiry moves no money and closes without any', async () => {
  await stripe.paymentIntents.capture(id);
  const inquiry = await provider.act<Stripe.Dispute>('dispute-inquiry', id);
  expect(inquiry).toMatchObject({ status: 'warning_needs_response', balance_transactions: [] });
  expect(await effects()).toMatchObject({ disputed: '0' });
  expect(await provider.act('dispute-lost', inquiry.id)).toMatchObject({ status: 'warning_closed' });
  expect(await transactions()).toEqual([]);
});

test('an inquiry becomes a dispute by its id, and takes the money then', async () => {
  await stripe.paymentIntents.capture(id);
  const inquiry = await provider.act<Stripe.Dispute>('dispute-inquiry', id);
  expect(await provider.act('dispute-open', inquiry.id)).toMatchObject({ id: inquiry.id, status: 'needs_response' });
  expect(await effects()).toMatchObject({ disputed: '1999' });
  expect(await refused('dispute-open', inquiry.id)).toBe(400);
});

test('what is prevented takes the money without a fee, and an appeal moves none', async () => {
  await stripe.paymentIntents.capture(id);
  expect(await provider.act('dispute-prevented', id, '1000')).toMatchObject({ status: 'prevented', amount: 1000 });
  expect(await transactions()).toEqual([['adjustment', -1000, 0, -1000]]);
  const other = await stripe.paymentIntents.create({ ...asked, confirm: true, payment_method: 'pm_card_visa' });
  await stripe.paymentIntents.capture(other.id);
  expect(await refused('dispute-appeal', other.id)).toBe(400);
  const dispute = await provider.act<Stripe.Dispute>('dispute-open', other.id);
  await provider.act('dispute-lost', dispute.id);
  const appealed = await provider.act<Stripe.Dispute>('dispute-appeal', dispute.id);
  expect([appealed.status, appealed.balance_transactions.length]).toEqual(['appeal_under_review', 1]);
  expect(await provider.act('dispute-won', dispute.id)).toMatchObject({ status: 'won' });
});

test('a warning moves no money, and a refund that the bank refuses brings it back', async () => {
  await stripe.paymentIntents.capture(id);
  const warning = await provider.act<Stripe.Radar.EarlyFraudWarning>('fraud-warning', id);
  expect(warning).toMatchObject({ object: 'radar.early_fraud_warning', payment_intent: id, actionable: true });
  expect(await stripe.radar.earlyFraudWarnings.retrieve(warning.id)).toMatchObject({ id: warning.id });
  expect((await stripe.radar.earlyFraudWarnings.list({ payment_intent: id })).data).toHaveLength(1);
  expect(await transactions()).toEqual([]);
  const refund = await provider.act<Stripe.Refund>('dashboard-refund', id, '300');
  expect(await provider.act('buyer-fails', refund.id)).toMatchObject({ id: refund.id, status: 'failed' });
  expect(await refused('buyer-fails', refund.id)).toBe(400);
  expect(await transactions()).toEqual([
    ['refund_failure', 300, 0, 300],
    ['refund', -300, 0, -300],
  ]);
});

test('a payout takes what the balance has, and says what it is made of', async () => {
  await stripe.paymentIntents.capture(id);
  await stripe.refunds.create({ payment_intent: id, amount: 99 });
  const payout = await provider.act<Stripe.Payout>('payout', id);
  expect(payout).toMatchObject({ object: 'payout', amount: 1999 - 55 - 99, currency: 'eur', status: 'paid' });
  expect((await stripe.payouts.list()).data.map((one) => one.id)).toEqual([payout.id]);
  expect(await stripe.payouts.retrieve(payout.id)).toMatchObject({ amount: 1845 });
  const parts = (await stripe.balanceTransactions.list({ payout: payout.id })).data;
  expect(parts.map(({ type, net }) => [type, net]).sort()).toEqual([
    ['charge', 1944],
    ['payout', -1845],
    ['refund', -99],
  ]);
  expect(await refused('payout', id)).toBe(400);
});

test('nothing is done to what is not there', async () => {
  expect(await refused('settle', 'pi_nobody')).toBe(404);
  expect(await refused('settle', id)).toBe(400);
  expect(await refused('dispute-won', id)).toBe(400);
});
