import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { PAYMENT_LISTENER, type PaymentListener } from '../../src/payments/payments.tokens.js';
import { until } from '../e2e/processes.js';
import { openApi, type Api } from '../http/api.js';
import { valuesOf } from '../http/metric-values.js';
import { addPayment, eventOf, sendEvent } from './events.js';

/* The events of a provider about refunds: who works on one hears of it, and one that has succeeded is looked at. */

const secret = 'whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH';
let api: Api;
let changed: jest.SpiedFunction<PaymentListener['changed']>;
beforeAll(async () => {
  api = await openApi();
  const key = await api.makeTitle('arena');
  const terms = { secretKey: 'sk_test_x', webhookSecrets: [secret], settlementCurrency: 'EUR', spentGoods: 'debt' };
  expect(await api.send('PUT', '/v1/payment-accounts/stripe', { key, body: terms })).toMatchObject({ status: 200 });
  await addPayment(api.session, { id: 'pur_1', title: 'arena', reference: 'pi_1' });
  await api.session.query(
    `insert into payments.refunds (id, payment, title, provider, currency, amount, reference, state, looks)
     values ('rfd_open', 'pur_1', 'arena', 'stripe', 'EUR', 5, 're_open', 'pending', 0),
       ('rfd_done', 'pur_1', 'arena', 'stripe', 'EUR', 5, 're_done', 'succeeded', 2)`,
  );
});
beforeEach(() => {
  changed = jest.spyOn(api.app.get<PaymentListener>(PAYMENT_LISTENER, { strict: false }), 'changed');
  changed.mockReset().mockResolvedValue([]);
});
afterAll(() => api.close());

const about = (id: string, payment_intent = 'pi_unknown') => ({
  data: { object: { object: 'refund', id, payment_intent } },
});
/** A thin event about a refund, as it is sent. */
const thin = (id: string): string =>
  JSON.stringify({
    id: `evt_${randomUUID()}`,
    object: 'v2.core.event',
    type: 'v1.refund.updated',
    livemode: false,
    created: new Date().toISOString(),
    related_object: { id, type: 'refund' },
  });
const due = async (): Promise<unknown[]> => {
  const { rows } = await api.session.query<{ id: string }>(
    'select id, looks from payments.refunds where due_at <= now() order by id',
  );
  return rows;
};

test.each(['refund.updated', 'refund.failed', 'charge.refund.updated'])(
  'an event of type %s wakes the deal of the refund that it names, once',
  async (type) => {
    const event = eventOf('pi_unknown', { type, ...about('re_open') });
    for (let times = 0; times < 2; times++)
      expect(await sendEvent(api, event, { secret })).toMatchObject({ status: 200 });
    await until('the deal hears of it', async () => changed.mock.calls.length > 0);
    expect(changed.mock.calls).toEqual([[['rfd_open']]]);
    expect(await due()).toEqual([]);
  },
);

test('a thin event, which names no intent, wakes it as well', async () => {
  expect(await sendEvent(api, thin('re_open'), { secret })).toMatchObject({ status: 200 });
  await until('the deal hears of it', async () => changed.mock.calls.length > 0);
  expect(changed.mock.calls).toEqual([[['rfd_open']]]);
});

test('an event about a refund is foreign where neither its refund nor its payment is one of ours', async () => {
  const registry: Registry = api.app.get(Registry, { strict: false });
  const before = await valuesOf(registry, 'veltrix_payment_events_total');
  for (const id of ['re_theirs', 're_done', 're_done'])
    expect(await sendEvent(api, thin(id), { secret })).toMatchObject({ status: 200 });
  await sendEvent(api, eventOf('pi_1', about('re_theirs', 'pi_1')), { secret });
  await sendEvent(api, eventOf('pi_theirs', about('re_done')), { secret });
  await sendEvent(api, eventOf('pi_theirs', about('re_theirs')), { secret });
  const after = await valuesOf(registry, 'veltrix_payment_events_total');
  const more = (outcome: string): number => (after[`outcome=${outcome}`] ?? 0) - (before[`outcome=${outcome}`] ?? 0);
  expect([more('stored'), more('foreign')]).toEqual([4, 2]);
});

test('an event about a refund that has succeeded wakes no deal, and has it looked at anew', async () => {
  await sendEvent(api, eventOf('pi_unknown', { type: 'refund.failed', ...about('re_done') }), { secret });
  expect(await due()).toEqual([{ id: 'rfd_done', looks: 0 }]);
  expect(changed).not.toHaveBeenCalled();
});

test('an event about the refund of another, or in live mode, is stored and wakes nobody', async () => {
  for (const event of [
    eventOf('pi_unknown', about('re_foreign')),
    eventOf('pi_unknown', { ...about('re_open'), livemode: true }),
  ])
    expect(await sendEvent(api, event, { secret })).toMatchObject({ status: 200 });
  expect(changed).not.toHaveBeenCalled();
});
