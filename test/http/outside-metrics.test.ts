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

test('disputes are counted by state, and looks by whether a person has to see to them', async () => {
  await addPayment(api.session, { id: 'pur_1', title: 'arena', reference: 'pi_1' });
  await api.session.query(
    `insert into payments.disputes (title, provider, reference, payment, intent, state, amount, currency, has_evidence,
       opened_at, closed_at)
     select 'arena', 'stripe', 'dp_' || place, 'pur_1', 'pi_1', state, 5, 'EUR', false, now(),
       case when state in ('lost', 'won') then now() end
     from (values (1, 'inquiry'), (2, 'needs_response'), (3, 'needs_response'), (4, 'under_review'), (5, 'appealed'),
       (6, 'lost'), (7, 'won')) as g (place, state)`,
  );
  expect(await valuesOf(ofApi(), 'veltrix_payment_disputes')).toEqual({
    'state=inquiry': 1,
    'state=needs_response': 2,
    'state=under_review': 1,
    'state=appealed': 1,
    'state=lost': 1,
  });
  await api.session.query(
    `insert into payments.outside_looks (title, provider, kind, about, parked)
     values ('arena', 'stripe', 'intent', 'pi_1', null), ('arena', 'stripe', 'intent', 'pi_2', 'It is in USD.')`,
  );
  expect(await valuesOf(ofApi(), 'veltrix_payment_outside_looks')).toEqual({ 'state=waiting': 1, 'state=parked': 1 });
});

test('the oldest money is told whose goods have not followed, for as long as they have not', async () => {
  await addPayment(api.session, { id: 'pur_2', title: 'arena', reference: 'pi_2' });
  const oldest = async (): Promise<number> =>
    Number((await valuesOf(ofApi(), 'veltrix_payment_oldest_goods_seconds'))['']);
  expect(await oldest()).toBe(0);
  await api.session.query(
    `insert into payments.outside_movements (title, provider, kind, reference, payment, intent, currency, amount,
       counted, moved_at, evidence, goods_due_at, created_at)
     select 'arena', 'stripe', 'outside-refund', 're_' || place, 'pur_2', 'pi_2', 'EUR', 5, 5, now(), '{}',
       case when place > 1 then now() + interval '1 minute' end, now() - make_interval(secs => 1000 / place)
     from generate_series(1, 4) as g (place)`,
  );
  expect(await oldest()).toBeGreaterThanOrEqual(500);
  expect(await oldest()).toBeLessThan(800);
  await api.session.query('update payments.outside_movements set goods_due_at = null');
  expect(await oldest()).toBe(0);
});
