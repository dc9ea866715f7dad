import { eventOf, signatureOf } from '../../payments/events.js';
import type { Script } from '../two-titles.js';

/** An account of each title at the provider. */
export async function playAccounts(script: Script): Promise<void> {
  const put = (end: string, headers?: Record<string, string>): Promise<unknown> =>
    script.both(
      'PUT',
      '/v1/payment-accounts/stripe',
      ({ title }) => ({
        secretKey: `sk_test_ofThisTitle${title.length}${end}`,
        webhookSecrets: [`whsec_ofThisTitle${title.length}${end}`],
        settlementCurrency: 'EUR',
        spentGoods: 'debt',
      }),
      undefined,
      headers,
    );
  await put('first');
  await put('first');
  await put('second', { 'if-match': '"1"' });
  await put('third', { 'if-match': '"1"' });
  await playEvents(script);
  // The provider alone makes disputes. Both titles have one of the same id, and each has one that is its own.
  await script.api.session.query(
    `with paid as (
       insert into payments.payments (id, title, provider, currency, amount, reference, deadline)
       select 'pur_0198c0de-7a11-7000-8000-' || lpad(length(title)::text, 12, '0'), title, provider, 'EUR', 499,
         'pi_disputed', now() from payments.accounts returning id, title, provider
     )
     insert into payments.disputes (title, provider, reference, payment, intent, state, amount, currency, has_evidence,
       opened_at)
     select title, provider, reference, id, 'pi_disputed', 'needs_response', 499, 'EUR', false, now()
     from paid cross join lateral (values ('dp_ofBoth'), ('dp_of_' || title)) as g (reference)`,
  );
}

/** The same event for the account of each title, also twice, signed by the secrets of both. */
async function playEvents(script: Script): Promise<void> {
  const event = eventOf('pi_ofBoth', { id: 'evt_ofBoth' });
  const secrets = ['arena', 'bazaar'].map((title) => `whsec_ofThisTitle${title.length}third`);
  const signatures = secrets.map((secret) => signatureOf(JSON.stringify(event), { secret }));
  const both = [signatures[0], ...signatures.slice(1).map((signature) => signature.replace(/^t=\d+,/, ''))].join(',');
  for (let times = 0; times < 2; times++)
    await script.both(
      'POST',
      (whose) => `/v1/webhooks/stripe/${whose === 'own' ? 'arena' : 'bazaar'}`,
      () => event,
      undefined,
      { 'stripe-signature': both },
    );
}
