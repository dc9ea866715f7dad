import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import Stripe from 'stripe';
import { asked, Provider } from './provider.js';

interface Received {
  path: string;
  body: string;
  headers: IncomingHttpHeaders;
  event: { id: string; type: string };
}

let provider: Provider;
let listener: Server;
let account: string;
let stripe: Stripe;
let secret: string;
let path: string;
const received: Received[] = [];
/** How many deliveries of a path are still refused, and by what status. */
const refusals = new Map<string, number>();

beforeAll(async () => {
  provider = await Provider.start();
  listener = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const to = request.url ?? '';
      const left = refusals.get(to) ?? 0;
      refusals.set(to, left - 1);
      received.push({ path: to, body, headers: request.headers, event: JSON.parse(body) as Received['event'] });
      response.writeHead(left > 0 ? 500 : 200).end();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
});
beforeEach(async () => {
  account = provider.newKey();
  stripe = provider.client(account);
  path = `/${account}`;
  const { port } = listener.address() as AddressInfo;
  const endpoint = await stripe.webhookEndpoints.create({
    url: `http://127.0.0.1:${port}${path}`,
    enabled_events: ['*'],
  });
  secret = endpoint.secret ?? '';
});
afterAll(async () => {
  await provider.close();
  listener.closeAllConnections();
  await new Promise((resolve) => listener.close(resolve));
});

const mode = (body: Record<string, unknown>) => provider.control('POST', 'webhooks', { account, ...body });
const mine = () => received.filter((one) => one.path === path);
const types = () => mine().map(({ event }) => event.type);

/** Waits until so many deliveries have come. The test's own time is the bound. */
async function deliveries(count: number): Promise<Received[]> {
  while (mine().length < count) await new Promise((resolve) => setTimeout(resolve, 10));
  return mine();
}

const verify = ({ body, headers }: Received, by = secret) =>
  stripe.webhooks.constructEvent(body, headers['stripe-signature'] ?? '', by);

test('an event comes signed, over exactly what was sent, and is the one that can be fetched', async () => {
  const { id } = await stripe.paymentIntents.create(asked, { idempotencyKey: 'k1' });
  const [delivery] = (await deliveries(1)) as [Received];
  const event = verify(delivery);
  expect(event).toMatchObject({
    type: 'payment_intent.created',
    data: { object: { id, status: 'requires_payment_method' } },
  });
  expect(event.request?.idempotency_key).toBe('k1');
  expect((await stripe.events.retrieve(event.id)).data).toEqual(event.data);
  expect(() => verify(delivery, 'whsec_other')).toThrow('No signatures found');
  expect(() => verify({ ...delivery, body: delivery.body.replace('1999', '1') })).toThrow('No signatures found');
});

test('the events of a payment come in their order, and as what they were then', async () => {
  const { id } = await stripe.paymentIntents.create(asked);
  await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
  await stripe.paymentIntents.capture(id);
  await deliveries(5);
  expect(types()).toEqual([
    'payment_intent.created',
    'charge.succeeded',
    'payment_intent.amount_capturable_updated',
    'charge.captured',
    'payment_intent.succeeded',
  ]);
  const statuses = mine().map((one) => (verify(one).data.object as { status: string }).status);
  expect(statuses).toEqual(['requires_payment_method', 'succeeded', 'requires_capture', 'succeeded', 'succeeded']);
});

test('an endpoint hears only of what it asked for, and nothing once it is deleted', async () => {
  const [general] = (await stripe.webhookEndpoints.list()).data;
  expect(general).not.toHaveProperty('secret');
  const { port } = listener.address() as AddressInfo;
  await stripe.webhookEndpoints.del(general?.id ?? '');
  const url = `http://127.0.0.1:${port}${path}`;
  await stripe.webhookEndpoints.create({ url, enabled_events: ['payment_intent.canceled'] });
  const { id } = await stripe.paymentIntents.create(asked);
  await stripe.paymentIntents.cancel(id);
  await deliveries(1);
  expect(types()).toEqual(['payment_intent.canceled']);
});

test('what is not taken comes again, and is the same event', async () => {
  refusals.set(path, 1);
  await stripe.paymentIntents.create(asked);
  const [first, second] = (await deliveries(2)) as [Received, Received];
  expect(second.event.id).toBe(first.event.id);
  expect(verify(second).id).toBe(first.event.id);
});

test('every event comes twice', async () => {
  await mode({ mode: 'duplicate' });
  await stripe.paymentIntents.create(asked);
  const [first, second] = (await deliveries(2)) as [Received, Received];
  expect(verify(second).id).toBe(verify(first).id);
});

test('later events come first', async () => {
  await mode({ mode: 'reorder', ms: 50 });
  await stripe.paymentIntents.create({ ...asked, payment_method: 'pm_card_visa', confirm: true });
  await deliveries(3);
  expect(types()).toEqual(['payment_intent.amount_capturable_updated', 'charge.succeeded', 'payment_intent.created']);
});

test('an event that somebody else has signed is not verified', async () => {
  await mode({ mode: 'forge' });
  await stripe.paymentIntents.create(asked);
  const [delivery] = (await deliveries(1)) as [Received];
  expect(() => verify(delivery)).toThrow('No signatures found');
});

test('nothing comes while they are off, also not later, but the events are there', async () => {
  await mode({ mode: 'off' });
  const { id } = await stripe.paymentIntents.create(asked);
  await mode({ mode: 'on' });
  await stripe.paymentIntents.cancel(id);
  await deliveries(1);
  expect(types()).toEqual(['payment_intent.canceled']);
  const events = (await stripe.events.list()).data.map(({ type }) => type);
  expect(events).toEqual(['payment_intent.canceled', 'payment_intent.created']);
});

test('an event comes late, after others that are not', async () => {
  await mode({ mode: 'delay', ms: 5000 });
  const { id } = await stripe.paymentIntents.create(asked);
  await mode({ mode: 'on' });
  await stripe.paymentIntents.cancel(id);
  await deliveries(2);
  expect(types()).toEqual(['payment_intent.canceled', 'payment_intent.created']);
});

test('a thin event names the object alone, and is fetched as an event of the second version', async () => {
  await mode({ mode: 'on', kind: 'thin' });
  const { id } = await stripe.paymentIntents.create(asked);
  const [delivery] = (await deliveries(1)) as [Received];
  const note = stripe.parseEventNotification(delivery.body, delivery.headers['stripe-signature'] ?? '', secret);
  const related = { id, type: 'payment_intent', url: `/v1/payment_intents/${id}` };
  expect(note).toMatchObject({ type: 'v1.payment_intent.created', related_object: related });
  expect(delivery.body).not.toContain('1999');
  expect(await stripe.v2.core.events.retrieve(note.id)).toMatchObject({
    id: note.id,
    object: 'v2.core.event',
    related_object: { id },
  });
});

test('what was not delivered before the process was killed is delivered afterwards', async () => {
  refusals.set(path, 1);
  const { id } = await stripe.paymentIntents.create(asked);
  await deliveries(1);
  await provider.kill();
  await provider.run();
  const last = (await deliveries(2))[1] as Received;
  expect(verify(last).data.object).toMatchObject({ id });
});
