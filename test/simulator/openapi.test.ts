import { afterAll, describe, expect, test } from '@jest/globals';
import { eventRoutes } from '../../simulator/api/events.routes.js';
import { intentRoutes } from '../../simulator/api/intents.routes.js';
import { moneyRoutes } from '../../simulator/api/money.routes.js';
import { lookThrough } from '../../src/payments/created-search.js';
import type { CallBody, OperationKind, PaymentTerms, ProviderAnswer } from '../../src/payments/provider.types.js';
import { pathOf, pathOfAll, pathOfPage, refunds } from '../../src/payments/stripe/stripe-bodies.rules.js';
import { pathOfNamed, pathOfOutside } from '../../src/payments/stripe/stripe-outside.rules.js';
import { StripeProvider } from '../../src/payments/stripe/stripe.provider.js';
import { startStripeMock, type StripeMock } from './stripe-mock.js';

/*
 * What the adapter sends, and what the simulator offers, held to Stripe's own OpenAPI document. stripe-mock refuses
 * what is not in the document and answers the rest with fixtures, so it tells nothing about what a call does. Two
 * parameters that exclude each other pass it as well.
 */

const mock = await startStripeMock();

const secretKey = 'sk_test_ofTheMock';
const options = { timeoutMs: 20_000 };
const references: Record<OperationKind, string | null> = {
  create: null,
  confirm: 'pi_1',
  capture: 'pi_1',
  cancel: 'pi_1',
};
const kinds = Object.keys(references) as OperationKind[];
const termsOf = (method: string | null): PaymentTerms => {
  return { title: 'arena', id: 'pur_1', currency: 'EUR', amount: 1999n, method };
};

const routes = [...intentRoutes, ...moneyRoutes, ...eventRoutes];

test.each(kinds)('the simulator has a path for the call %s', (kind) => {
  const path = pathOf(kind, ':id');
  expect(routes.map((route) => `${route.method} ${route.path}`)).toContain(`POST ${decodeURIComponent(path)}`);
});

if ('missing' in mock)
  process.stderr.write(`\nNOT RUN: nothing was held to Stripe's OpenAPI, since ${mock.missing}.\n`);
else describe('Stripe', () => heldTo(mock));

function heldTo({ url, close }: StripeMock): void {
  const account = new StripeProvider(url).account({ secretKey, webhookSecrets: [] });
  afterAll(close);

  /** A call as it is sent, with what is sent beside it. */
  const send = (kind: OperationKind, method: string | null, more: CallBody = {}): Promise<ProviderAnswer> => {
    const body = { ...account.bodyOf(kind, termsOf(method)), ...more };
    return account.call({ kind, reference: references[kind], key: `pur_1:${kind}:1`, body }, options);
  };

  /** The status of a request by hand. */
  const statusOf = async (method: string, path: string): Promise<number> => {
    const headers = { authorization: `Bearer ${secretKey}` };
    return (await fetch(`${url}${path}`, { method, headers })).status;
  };

  const calls = kinds.flatMap((kind) => [null, 'pm_card_visa'].map((method) => [kind, method] as const));
  test.each(calls)('accepts the call %s as it is sent with the method %s', async (kind, method) => {
    expect(await send(kind, method)).toMatchObject({ result: 'intent', evidence: { http: 200 } });
  });

  test('accepts a look at an intent, and tells it with what is asked for', async () => {
    expect(await account.fetch('pi_1', options)).toMatchObject({
      result: 'intent',
      intent: { reference: 'pi_1', fee: expect.anything() },
      evidence: { http: 200, charge: expect.stringMatching(/^ch_/) },
    });
  });

  test('accepts the list of what was created, and its next page', async () => {
    const window = { from: new Date(Date.now() - 3_600_000), to: new Date() };
    const listed = await lookThrough((after) => account.listCreated({ ...window, purchase: 'pur_1' }, after, options));
    expect(listed).toMatchObject({ complete: true, evidence: { http: 200 } });
    expect(await statusOf('GET', pathOfPage(window, 'pi_1'))).toBe(200);
  });

  test('accepts a refund as it is sent, a look at it, and the list of those of an intent', async () => {
    const terms = { title: 'arena', purchase: 'pur_1', reference: 'pi_1', amount: 100n };
    for (const refund of ['rfd_1', null]) {
      const body = account.refundBodyOf({ ...terms, refund });
      expect(await account.refund({ key: `${refund}:refund:1`, body }, options)).toMatchObject({
        evidence: { http: 200 },
      });
    }
    expect(await account.fetchRefund('re_1', options)).toMatchObject({ evidence: { http: 200 } });
    expect(await account.listRefunds('pi_1', options)).toMatchObject({ result: 'refunds' });
    expect(await statusOf('GET', pathOfAll(refunds, 'pi_1', 're_1'))).toBe(200);
  });

  test.each([undefined, '1:', '2:', '3:', '4:', '5:', '6:', '0:txn_1'])(
    'accepts the page of what has moved outside that begins at %s',
    async (after) => {
      const window = { from: new Date(Date.now() - 3_600_000), to: new Date() };
      expect(await statusOf('GET', pathOfOutside(window, after) ?? '')).toBe(200);
    },
  );

  test('accepts the list of the disputes of an intent, and what is named by its id', async () => {
    expect(await account.listDisputes('pi_1', options)).toMatchObject({ evidence: { http: 200 } });
    for (const kind of ['refund', 'dispute', 'charge', 'fraud-warning'] as const)
      expect(await statusOf('GET', pathOfNamed({ kind, id: 'id_1' }))).toBe(200);
  });

  test.each(kinds)('refuses the call %s with a parameter that there is not', async (kind) => {
    const refused = { result: 'refused', evidence: { http: 400, errorType: 'invalid_request_error' } };
    expect(await send(kind, null, { nonsense: '1' })).toMatchObject(refused);
  });

  test.each([
    ['create', { amount: 'many' }],
    ['create', { capture_method: 'sometimes' }],
    ['create', { 'automatic_payment_methods[allow_redirects]': 'perhaps' }],
    ['capture', { amount_to_capture: 'all' }],
  ] as const)('refuses the call %s with %j', async (kind, wrong) => {
    expect(await send(kind, 'pm_card_visa', wrong)).toMatchObject({ result: 'refused', evidence: { http: 400 } });
  });

  test.each(routes.filter(({ path }) => path.startsWith('/v1/')).map(({ method, path }) => [method, path]))(
    'has %s %s, which the simulator has',
    async (...route) => {
      const [method = '', path = ''] = route;
      // A call without its parameters is refused for them, and one that there is not for its path.
      expect([200, 400]).toContain(await statusOf(method, path.replace(':id', 'id_1')));
    },
  );

  test('has no path that nobody knows', async () => {
    expect(await statusOf('POST', '/v1/payment_intents/pi_1/void')).toBe(404);
  });
}
