import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { adminKey, expectProblem, openApi, rowCounts, type Api } from './api.js';
import { until } from '../e2e/processes.js';
import { sendAndListen, sendRaw } from './raw.js';

const auth = `authorization: Bearer ${adminKey}`;
const json = 'content-type: application/json';
const good = '{"id":"raw","name":"Raw"}';

/** A request for a new title with these header lines instead of the usual ones. */
function post(lines: string[], body = good): string {
  return ['POST /v1/titles HTTP/1.1', ...lines, '', body].join('\r\n');
}

/** The same request in chunks. */
function chunked(...lines: string[]): string {
  return post([...lines, auth, json], `${good.length.toString(16)}\r\n${good}\r\n0\r\n\r\n`);
}

const host = 'host: veltrix.test';
const length = `content-length: ${good.length}`;

describe('what fetch would never send', () => {
  let api: Api;
  beforeAll(async () => {
    api = await openApi();
  });
  afterAll(() => api.close());

  test.each([
    ['no Host', post([auth, json, length]), 400, 'malformed-request'],
    ['two Hosts', post([host, 'host: other.test', auth, json, length]), 400, 'malformed-request'],
    ['a header of 20 KB', post([host, auth, json, length, `x-large: ${'x'.repeat(20_000)}`]), 431, 'headers-too-large'],
    [
      'many headers',
      post([host, auth, json, length, ...Array.from({ length: 3_000 }, (_, i) => `x-${i}: ${i}`)]),
      431,
      'headers-too-large',
    ],
    ['an address of 20 KB', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n\r\n`, 414, 'uri-too-long'],
    ['a Host with a space', post(['host: a b', auth, json, length]), 400, 'malformed-request'],
    ['a Host with a user', post(['host: c@d', auth, json, length]), 400, 'malformed-request'],
    ['a Host with a path', post(['host: a/b', auth, json, length]), 400, 'malformed-request'],
    ['a Host with a port of letters', post(['host: a:b', auth, json, length]), 400, 'malformed-request'],
    ['chunks that are compressed', chunked(host, 'transfer-encoding: gzip, chunked'), 400, 'malformed-request'],
    ['chunks in chunks', chunked(host, 'transfer-encoding: chunked, chunked'), 400, 'malformed-request'],
    [
      'chunks in HTTP/1.0',
      chunked(host, 'transfer-encoding: chunked').replace('HTTP/1.1', 'HTTP/1.0'),
      400,
      'malformed-request',
    ],
    ['HTTP/2.0', post([host, auth, json, length]).replace('HTTP/1.1', 'HTTP/2.0'), 400, 'malformed-request'],
    ['HTTP/0.9', post([host, auth, json, length]).replace('HTTP/1.1', 'HTTP/0.9'), 400, 'malformed-request'],
    ['no HTTP', 'hello\r\n\r\n', 400, 'malformed-request'],
    ['an unknown method', `BREW /v1/titles HTTP/1.1\r\n${host}\r\n\r\n`, 400, 'malformed-request'],
    ['another version', `GET /health/live HTTP/3.7\r\n${host}\r\n\r\n`, 400, 'malformed-request'],
    ['a space in the address', `GET /v1/ti tles HTTP/1.1\r\n${host}\r\n\r\n`, 400, 'malformed-request'],
    ['two lengths', post([host, auth, json, length, 'content-length: 7']), 400, 'malformed-request'],
    ['a length and chunks', post([host, auth, json, length, 'transfer-encoding: chunked']), 400, 'malformed-request'],
    ['a negative length', post([host, auth, json, 'content-length: -1']), 400, 'malformed-request'],
    ['a broken chunk', post([host, auth, json, 'transfer-encoding: chunked'], 'zz\r\n'), 400, 'malformed-request'],
    ['a folded header', post([host, auth, json, length, 'x-a: b\r\n c']), 400, 'malformed-request'],
    ['a header with U+0000', post([host, auth, json, length, 'x-a: \0']), 400, 'malformed-request'],
    ['an expectation', post([host, auth, json, length, 'expect: miracles']), 417, 'expectation-failed'],
    ['no content type', post([host, auth, length]), 415, 'unsupported-media-type'],
    ['an empty content type', post([host, auth, length, 'content-type:']), 415, 'unsupported-media-type'],
    [
      'chunks without end beyond the limit',
      post([host, auth, json, 'transfer-encoding: chunked'], `11000\r\n${'x'.repeat(0x11000)}\r\n`),
      413,
      'body-too-large',
    ],
    [
      'a length beyond the limit and no body',
      post([host, auth, json, 'content-length: 66000'], ''),
      413,
      'body-too-large',
    ],
    ['two keys', post([host, auth, auth, json, length]), 401, 'unauthenticated'],
    ['OPTIONS *', `OPTIONS * HTTP/1.1\r\n${host}\r\n\r\n`, 404, 'not-found'],
    ['TRACE', `TRACE /v1/titles HTTP/1.1\r\n${host}\r\n\r\n`, 405, 'method-not-allowed'],
  ])('%s', async (_what, request, status, code) => {
    const before = await rowCounts(api.session);
    const answer = await sendRaw(api.port, request);
    expectProblem(answer, status, code);
    expect(await rowCounts(api.session)).toEqual(before);
  });

  test.each(['veltrix.test', 'veltrix.test:80', '[::1]:3000', '127.0.0.1', ''])(
    'the same request without the mistake is accepted, to %j',
    async (name) => {
      const id = `raw${name.replace(/[^a-z0-9]/g, '')}`;
      const body = JSON.stringify({ id, name: 'Raw' });
      const lines = [`host: ${name}`, auth, json, `content-length: ${body.length}`];
      expect((await sendRaw(api.port, post(lines, body))).status).toBe(201);
    },
  );

  test('the same request in chunks is accepted', async () => {
    const body = '{"id":"chunked","name":"Chunked"}';
    const request = post([host, auth, json, 'transfer-encoding: chunked'], `21\r\n${body}\r\n0\r\n\r\n`);
    expect((await sendRaw(api.port, request)).status).toBe(201);
  });

  test('requests with garbage behind them are answered as what they came to, and then it is', async () => {
    const request = (id: string): string => {
      const body = JSON.stringify({ id, name: 'x' });
      return post([host, auth, json, `content-length: ${body.length}`], body);
    };
    const { said } = await sendAndListen(api.port, `${request('followed')}${request('followed-too')}garbage\r\n\r\n`);
    expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 201', 'HTTP/1.1 201', 'HTTP/1.1 400']);
    expect(said.indexOf('"followed"')).toBeLessThan(said.indexOf('"followed-too"'));
  });

  test('a request whose body breaks behind one that is whole is answered behind it', async () => {
    const { said } = await sendAndListen(
      api.port,
      `GET /v1/titles HTTP/1.1\r\n${host}\r\n${auth}\r\n\r\n` +
        post([host, auth, json, 'transfer-encoding: chunked'], 'zz\r\n'),
    );
    expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  });

  test.each([
    ['without a key', [json, length], 401],
    ['with a key that is not known', [`${auth}x`, json, length], 401],
    ['with a length beyond the limit', [auth, json, 'content-length: 66000'], 413],
  ])('a body is not asked for %s, and the connection is closed', async (_what, lines, status) => {
    const { said } = await sendAndListen(api.port, post([host, ...lines, 'expect: 100-continue'], ''));
    expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`]);
    expect(said).toMatch(/^connection: close/im);
  });

  test('a body is not asked for at an address that is not there', async () => {
    const request = post([host, auth, json, length, 'expect: 100-continue'], '').replace('/v1/titles', '/v1/nothing');
    expect((await sendAndListen(api.port, request)).said.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 404']);
  });

  test('a request has half a minute to arrive, wherever it stops, and so has the next one', async () => {
    const parts = [
      '',
      `GET /health/live HTTP/1.1\r\n${host}\r\n\r\n`,
      `POST /v1/titles HTTP/1.1\r\n${host}\r\n`,
      post([host, auth, json, length], '{"id"'),
    ];
    const ends = await Promise.all(parts.map((part) => sendAndListen(api.port, part)));
    for (const { seconds } of ends) {
      expect(seconds).toBeGreaterThan(29);
      expect(seconds).toBeLessThan(35);
    }
    const statuses = ends.map(({ said }) => said.match(/^HTTP\/1\.1 \d+/gm)?.join());
    expect(statuses.slice(1)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 408', 'HTTP/1.1 408']);
  });

  test('an expectation that can be met is met', async () => {
    const body = '{"id":"expected","name":"Expected"}';
    expect(
      (
        await sendRaw(
          api.port,
          post([host, auth, json, `content-length: ${body.length}`, 'expect: 100-continue'], body),
        )
      ).status,
    ).toBe(201);
  });

  test('a caller who goes away in the middle of a body leaves nothing behind', async () => {
    const before = await rowCounts(api.session);
    for (let i = 0; i < 20; i++) {
      const socket = connect(api.port, '127.0.0.1');
      await new Promise<void>((resolve) =>
        socket.write(post([host, auth, json, 'content-length: 60000']), () => resolve()),
      );
      socket.destroy();
    }
    expect((await api.send('GET', '/health/live')).status).toBe(200);
    expect(await rowCounts(api.session)).toEqual(before);
    expect(api.logged.filter(({ level }) => Number(level) > 30)).toEqual([]);
    // One that went before its header was read was never a request.
    const aborted = /^veltrix_http_requests_total\{method="POST",route="\/v1\/titles",status="aborted"\} [1-9]/m;
    const metrics = async (): Promise<string> => (await fetch(`${api.url}/metrics`)).text();
    await until('they are counted', async () => aborted.test(await metrics()), 5_000);
  });
});
