import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { addPayment } from '../payments/events.js';
import { openApi, type Api } from './api.js';
import { valuesOf } from './metric-values.js';

let api: Api;
beforeAll(async () => {
  api = await openApi();
  const key = await api.makeTitle('arena');
  const body = { secretKey: 'sk_test_x', webhookSecrets: [], settlementCurrency: 'EUR', spentGoods: 'debt' };
  await api.send('PUT', '/v1/payment-accounts/stripe', { key, body });
});
afterAll(() => api.close());

const ofApi = (): Registry => api.app.get(Registry, { strict: false });

test('of the intents that no purchase takes, those are counted that are not done with', async () => {
  await addPayment(api.session, { id: 'pur_over', title: 'arena', reference: 'pi_over' });
  await api.session.query(
    `insert into payments.orphans (payment, title, provider, reference, state, captured, currency, parked_code)
     select 'pur_over', 'arena', 'stripe', 'pi_' || place, state, 5, 'EUR', parked
     from (values (1, 'watched', null), (2, 'open', null), (3, 'captured', null), (4, 'captured', null),
       (5, 'refunding', null), (6, 'returned', null), (7, 'captured', 'refund-failed')) as g (place, state, parked)`,
  );
  expect(await valuesOf(ofApi(), 'veltrix_payment_orphans')).toEqual({
    'state=open': 1,
    'state=captured': 2,
    'state=refunding': 1,
    'state=parked': 1,
  });
});

test('of the refunds at providers, those are counted that wait for a person', async () => {
  await addPayment(api.session, { id: 'pur_back', title: 'arena', reference: 'pi_back' });
  await api.session.query(
    `insert into payments.refunds (id, payment, title, provider, currency, amount, reference, state, turned_back_code,
       parked_code)
     select 'rfd_' || place, 'pur_back', 'arena', 'stripe', 'EUR', 5, 're_' || place, state, turned, parked
     from (values (1, 'pending', null, null), (2, 'sending', null, 'refund-mismatch'),
       (3, 'succeeded', null, 'refund-reversed'), (4, 'succeeded', null, 'refund-reversed'),
       (5, 'succeeded', null, null), (6, 'failed', 'refund-failed', null)) as g (place, state, turned, parked)`,
  );
  expect(await valuesOf(ofApi(), 'veltrix_payment_refunds_parked')).toEqual({ 'state=open': 1, 'state=reversed': 2 });
});
