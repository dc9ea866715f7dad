import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Sender } from './sender.js';

let answers: number[] = [];
const server = createServer((_, response) => {
  const status = (answers.length > 1 ? answers.shift() : answers[0]) ?? 500;
  response.writeHead(status, { 'retry-after': '1' }).end('{}');
});
beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)));
afterAll(() => void server.close());

const sender = (boundMs: number): Sender => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return new Sender({ apis: [{ url }] }, boundMs);
};

test('a request is sent until its answer is definite, and how often is told', async () => {
  answers = [503, 429, 201];
  expect(await sender(1).send('POST', '/v1/trades', {}, {}, 0)).toEqual({ status: 201, body: {}, tries: 3 });
});

test('a request without a definite answer is given up a while after the last fault, and not before', async () => {
  answers = [503];
  const one = sender(300);
  const sent = one.send('POST', '/v1/trades', {}, {}, 0);
  await new Promise((resolve) => setTimeout(resolve, 600));
  const began = Date.now();
  one.noMoreFaults();
  await expect(sent).rejects.toThrow(/^POST \/v1\/trades had no definite answer .* the last time there was 503 {}/);
  expect(Date.now() - began).toBeGreaterThanOrEqual(300);
});
