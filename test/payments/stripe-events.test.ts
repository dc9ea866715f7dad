import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { ProviderEvent } from '../../src/payments/provider.types.js';
import { StripeProvider } from '../../src/payments/stripe/stripe.provider.js';
import { Provider } from '../simulator/provider.js';
import { Payer } from './stripe-account.js';

let provider: Provider;
let listener: Server;
let payer: Payer;
let secret: string;
let received: { body: Buffer; headers: IncomingHttpHeaders }[] = [];

beforeAll(async () => {
  provider = await Provider.start();
  listener = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === `/${payer.secretKey}`) {
        received.push({ body: Buffer.concat(chunks), headers: request.headers });
      }
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
});
beforeEach(async () => {
  received = [];
  payer = new Payer(provider);
  const { port } = listener.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/${payer.secretKey}`;
  const endpoint = await provider.client(payer.secretKey).webhookEndpoints.create({ url, enabled_events: ['*'] });
  secret = endpoint.secret ?? '';
});
afterAll(async () => {
  await provider.close();
  listener.closeAllConnections();
  await new Promise((resolve) => listener.close(resolve));
});

/** Reads what has come, once there is so much of it. */
async function read(count: number, secrets = [secret]): Promise<(ProviderEvent | undefined)[]> {
  while (received.length < count) await new Promise((resolve) => setTimeout(resolve, 10));
  const adapter = new StripeProvider('https://api.stripe.com');
  return received.map(({ body, headers }) => adapter.readEvent(body, headers, secrets));
}
const mode = (body: Record<string, unknown>) =>
  provider.control('POST', 'webhooks', { account: payer.secretKey, ...body });

test('the events of a payment, its refund and its dispute are about the payment', async () => {
  const reference = await payer.authorised();
  await payer.call('capture', reference);
  await provider.act('dashboard-refund', reference, '300');
  await provider.act('dispute-open', reference);
  const events = await read(9);
  expect(new Set(events.map((event) => event?.type))).toEqual(
    new Set([
      'payment_intent.created',
      'charge.succeeded',
      'payment_intent.amount_capturable_updated',
      'charge.captured',
      'payment_intent.succeeded',
      'refund.created',
      'charge.refunded',
      'charge.dispute.created',
      'charge.dispute.funds_withdrawn',
    ]),
  );
  expect(new Set(events.map((event) => event?.reference))).toEqual(new Set([reference]));
  expect(events[0]).toMatchObject({ mode: 'test', id: expect.stringMatching(/^evt_/) });
  expect(Math.abs((events[0]?.createdAt.getTime() ?? 0) - Date.now())).toBeLessThan(120_000);
});

test('a thin event is read as the snapshot of it would be', async () => {
  await mode({ mode: 'on', kind: 'thin' });
  const reference = await payer.created();
  expect(received[0]?.body.toString() ?? '').not.toContain('client_secret');
  expect(await read(1)).toMatchObject([{ type: 'payment_intent.created', reference }]);
});

test('a payout is about no payment', async () => {
  const reference = await payer.authorised();
  await payer.call('capture', reference);
  await provider.act('payout', reference);
  while (!received.some(({ body }) => body.includes('payout.paid'))) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const events = await read(1);
  expect(events.find((event) => event?.type === 'payout.paid')).toMatchObject({ reference: null });
});

test('an event that somebody else has signed is not read, nor by the secret of another', async () => {
  await payer.created();
  expect(await read(1, ['whsec_other'])).toEqual([undefined]);
  expect(await read(1, ['whsec_other', secret])).toMatchObject([{ type: 'payment_intent.created' }]);
  await mode({ mode: 'forge' });
  await payer.created();
  expect((await read(2))[1]).toBeUndefined();
});
