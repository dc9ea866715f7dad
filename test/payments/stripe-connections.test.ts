import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { lookThrough } from '../../src/payments/created-search.js';
import type { ProviderAccount, ProviderAnswer } from '../../src/payments/provider.types.js';
import { StripeProvider } from '../../src/payments/stripe/stripe.provider.js';

/** What the simulator cannot do: answers that stall, that are strange, and connections that are counted. */
let server: Server;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let account: ProviderAccount;
let requests: { method: string; key: unknown; body: string; version: unknown }[];
const sockets = new Set<Socket>();
let mostSockets: number;

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { 'idempotency-key': key, 'stripe-version': version } = request.headers;
      requests.push({ method: request.method ?? '', key, body, version });
      answer(request, response);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    mostSockets = Math.max(mostSockets, sockets.size);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  server.closeAllConnections();
  requests = [];
  mostSockets = 0;
  const { port } = server.address() as AddressInfo;
  const secrets = { secretKey: 'sk_test_own_server', webhookSecrets: [] };
  account = new StripeProvider(`http://127.0.0.1:${port}/`).account(secrets);
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const intent = {
  id: 'pi_1',
  object: 'payment_intent',
  status: 'requires_capture',
  amount: 1999,
  amount_capturable: 1999,
  amount_received: 0,
  currency: 'eur',
  livemode: false,
  created: 1_795_000_000,
};
const capture = (timeoutMs = 20_000): Promise<ProviderAnswer> =>
  account.call({ kind: 'capture', reference: 'pi_1', key: 'k1', body: { amount_to_capture: '1999' } }, { timeoutMs });
const answering = (body: string, status = 200) => {
  answer = (_request, response) => void response.writeHead(status, { 'content-type': 'application/json' }).end(body);
};

/** How long a call has taken. The timer may be a little early. */
async function timed(call: Promise<ProviderAnswer>): Promise<{ answered: ProviderAnswer; ms: number }> {
  const began = performance.now();
  const answered = await call;
  return { answered, ms: performance.now() - began };
}

describe('the time of a call', () => {
  test('ends an answer that stalls in its body', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(JSON.stringify(intent).slice(0, 40));
      setTimeout(() => response.destroy(), 20_000).unref();
    };
    const { answered, ms } = await timed(capture(700));
    expect(answered).toMatchObject({ result: 'unknown', why: 'no answer within 700 ms' });
    expect(ms).toBeGreaterThan(600);
    expect(ms).toBeLessThan(15_000);
  });

  test('ends an answer that comes byte by byte, and closes its connection', async () => {
    let dripping: NodeJS.Timeout | undefined;
    const closed = new Promise((resolve) => {
      answer = (request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        dripping = setInterval(() => response.write(' '), 20);
        request.socket.once('close', resolve);
      };
    });
    expect(await capture(700)).toMatchObject({ result: 'unknown', why: 'no answer within 700 ms' });
    await closed;
    clearInterval(dripping);
  });

  test('ends a call that still waits for a connection, and which then is never sent', async () => {
    answer = () => {};
    const patient = Array.from({ length: 128 }, () => capture(4000));
    const impatient = Array.from({ length: 36 }, () => capture(700));
    const answers = await Promise.all([...patient, ...impatient]);
    expect(new Set(answers.map(({ result }) => result))).toEqual(new Set(['unknown']));
    answering(JSON.stringify(intent));
    expect(await capture()).toMatchObject({ result: 'intent' });
    expect(requests.length).toBe(128 + 1);
  });
});

describe('connections', () => {
  test('are shared by calls that are made side by side, and bounded', async () => {
    answer = (_request, response) => setTimeout(() => response.end(JSON.stringify(intent)), 20);
    const answers = await Promise.all(Array.from({ length: 256 }, () => capture()));
    expect(new Set(answers.map(({ result }) => result))).toEqual(new Set(['intent']));
    expect(mostSockets).toBe(128);
    expect(requests).toHaveLength(256);
  });

  test('that are kept and then cut are replaced, and the call is sent again by the same key', async () => {
    answering(JSON.stringify(intent));
    await capture();
    let cuts = 0;
    answer = (request, response) => {
      if (cuts++ === 0) request.socket.destroy();
      else response.end(JSON.stringify(intent));
    };
    expect(await capture()).toMatchObject({ result: 'intent' });
    const sent = { method: 'POST', key: 'k1', body: 'amount_to_capture=1999', version: '2026-10-28.endive' };
    expect(requests).toEqual([sent, sent, sent]);
  });

  test('that are new and cut are not replaced', async () => {
    answer = (request) => request.socket.destroy();
    expect(await capture()).toMatchObject({ result: 'unknown', why: 'the connection failed (ECONNRESET)' });
    expect(requests).toHaveLength(1);
  });

  test('that nobody takes are an unknown outcome', async () => {
    const nobody = new StripeProvider('http://127.0.0.1:1').account({ secretKey: 'sk_test_x', webhookSecrets: [] });
    expect(await nobody.fetch('pi_1', { timeoutMs: 20_000 })).toMatchObject({
      result: 'unknown',
      why: 'the connection failed (ECONNREFUSED)',
    });
  });
});

test('the bytes of a call are the same, in whatever order its parameters were stored', async () => {
  answering(JSON.stringify(intent));
  const body = account.bodyOf('create', {
    title: 'Größe & Co',
    id: 'pur_1',
    currency: 'EUR',
    amount: 1n,
    method: null,
  });
  const stored = Object.fromEntries(Object.entries(body).reverse());
  for (const one of [body, stored]) {
    await account.call({ kind: 'create', reference: null, key: 'k1', body: one }, { timeoutMs: 20_000 });
  }
  const [first, second] = requests.map((request) => request.body);
  expect(second).toBe(first);
  expect(Object.fromEntries(new URLSearchParams(first))).toEqual(body);
});

describe('an answer', () => {
  test.each([
    ['nothing', ''],
    ['a number', '5'],
    ['a text', '"ok"'],
    ['true', 'true'],
    ['null', 'null'],
    ['a list', '[]'],
    ['an empty object', '{}'],
    ['an error that is a text', '{"error":"invalid_grant"}'],
    ['an error that is true', '{"error":true}'],
    ['an object of another kind', JSON.stringify({ ...intent, object: 'charge' })],
    ['another intent', JSON.stringify({ ...intent, id: 'pi_2' })],
    ['an intent with an error', JSON.stringify({ ...intent, error: { type: 'api_error' } })],
  ])('of 200 with %s is unknown', async (_name, body) => {
    answering(body);
    expect(await capture()).toMatchObject({ result: 'unknown', evidence: { http: 200 } });
  });

  test.each([301, 400, 401, 402, 403, 404, 500])('of %i that is no error of Stripe is unknown', async (status) => {
    for (const body of ['<html></html>', '{}', JSON.stringify(intent)]) {
      answering(body, status);
      expect(await capture()).toMatchObject({ result: 'unknown', evidence: { http: status } });
    }
  });

  test('of 401 that repeats the key is denied without it', async () => {
    const message = 'Invalid API Key provided: sk_test_own_server';
    answering(JSON.stringify({ error: { type: 'invalid_request_error', message } }), 401);
    const answered = await capture();
    expect(answered).toMatchObject({ result: 'denied', why: 'Invalid API Key provided: …' });
    expect(JSON.stringify(answered)).not.toContain('own_server');
  });
});

describe('a list', () => {
  const window = { from: new Date(0), to: new Date(), purchase: 'pur_1' };
  const own = { ...intent, metadata: { purchase: 'pur_1' } };
  const page = (data: unknown, more: Record<string, unknown> = {}) =>
    JSON.stringify({ object: 'list', has_more: false, data, ...more });

  test.each([
    ['is no list', JSON.stringify(own)],
    ['says of more, and is empty', page([], { has_more: true })],
    ['comes to the same page for ever', page([own], { has_more: true })],
    ['has something that is no object', page([5])],
    ['has an intent without metadata', page([{ ...own, metadata: null }])],
    ['has an intent of ours that cannot be read', page([{ ...own, amount: 'much' }])],
  ])('that %s is not complete', async (_name, body) => {
    answering(body);
    expect(await lookThrough((after) => account.listCreated(window, after, { timeoutMs: 20_000 }))).toMatchObject({
      complete: false,
    });
  });

  test('passes over what others have made, whatever it is', async () => {
    answering(page([{ id: 'pi_0', metadata: { purchase: 'pur_2' } }, own]));
    const listed = await lookThrough((after) => account.listCreated(window, after, { timeoutMs: 20_000 }));
    expect(listed).toMatchObject({ complete: true, intents: [{ reference: 'pi_1' }], evidence: { seen: 2, own: 1 } });
  });
});
