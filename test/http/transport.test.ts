import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { adminKey, expectProblem, openApi, rowCounts, type Api } from './api.js';
import { sendRaw } from './raw.js';

const auth = `authorization: Bearer ${adminKey}`;
const json = 'content-type: application/json';
const good = '{"id":"raw","name":"Raw"}';

/** A request for a new title with these header lines instead of the usual ones. */
function post(lines: string[], body = good): string {
  return ['POST /v1/titles HTTP/1.1', ...lines, '', body].join('\r\n');
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

  test('the same request without the mistake is accepted', async () => {
    expect((await sendRaw(api.port, post([host, auth, json, length]))).status).toBe(201);
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
    expect(api.logged.filter((line) => line['level'] === 50)).toEqual([]);
  });
});
