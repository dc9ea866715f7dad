import { expect, test } from '@jest/globals';
import { until } from '../e2e/processes.js';
import { openApi } from '../http/api.js';
import { asked, Provider } from '../simulator/provider.js';

test('the provider is told that its events were taken, and sends each once', async () => {
  const api = await openApi();
  const key = await api.makeTitle('arena');
  const provider = await Provider.start();
  try {
    const stripe = provider.client(provider.newKey());
    const endpoint = await stripe.webhookEndpoints.create({
      url: `${api.url}/v1/webhooks/stripe/arena`,
      enabled_events: ['*'],
    });
    const body = {
      secretKey: 'sk_test_ofTheProvider',
      webhookSecrets: [endpoint.secret],
      settlementCurrency: 'EUR',
      spentGoods: 'debt',
    };
    expect(await api.send('PUT', '/v1/payment-accounts/stripe', { key, body })).toMatchObject({ status: 200 });
    const intent = await stripe.paymentIntents.create({ ...asked, payment_method: 'pm_card_visa', confirm: true });
    const types = async (): Promise<string[]> => {
      const { rows } = await api.session.query<{ type: string }>(
        'select type from payments.inbox where reference = $1 order by type',
        [intent.id],
      );
      return rows.map(({ type }) => type);
    };
    await until('its events are stored', async () => (await types()).length >= 3);
    expect(await types()).toEqual([
      'charge.succeeded',
      'payment_intent.amount_capturable_updated',
      'payment_intent.created',
    ]);
  } finally {
    await provider.close();
    await api.close();
  }
});
