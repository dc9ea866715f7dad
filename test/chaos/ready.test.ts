import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { untilReady } from './system.js';

let answers: { status: number; body: string }[] = [];
const server = createServer((_, response) => {
  const { status, body } = (answers.length > 1 ? answers.shift() : answers[0]) ?? { status: 500, body: '' };
  response.writeHead(status).end(body);
});
const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise<void>((resolve) => void server.close(() => resolve())));

test('the wait for a process outlives an answer that is no JSON, or not ready', async () => {
  answers = [
    { status: 200, body: '' },
    { status: 200, body: 'not yet' },
    { status: 503, body: '{"degraded":[]}' },
    { status: 200, body: '{"degraded":["temporal"]}' },
    { status: 200, body: '{"degraded":[]}' },
  ];
  await expect(untilReady(url())).resolves.toBeUndefined();
  expect(answers).toHaveLength(1);
});

test('the wait for a process that gives up says its last answer', async () => {
  answers = [{ status: 200, body: 'never' }];
  await expect(untilReady(url(), 0)).rejects.toThrow('Its last answer: 200 never');
});
