import { Body, Controller, Get, Post, Res } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { accepted, created, preferenceApplied, replayed } from '../../src/http/answers.js';
import { TitleId } from '../../src/http/caller.js';
import { ExpectedVersion, setEtag } from '../../src/http/etag.js';
import { IdempotencyKey, SentBody, fingerprint } from '../../src/http/idempotency.js';
import { PreferWait } from '../../src/http/prefer.js';
import { RequireScope } from '../../src/http/scopes.js';
import { adminKey, expectProblem, openApi, type Answer, type Api } from './api.js';
import { sendRaw } from './raw.js';

const anything = z.strictObject({ a: z.number().default(1), b: z.unknown() });

/** Answers what the decorators of src/http made of the request. */
@Controller('v1/probe')
class ProbeController {
  @Post('key')
  @RequireScope('transfers:write')
  key(
    @IdempotencyKey() key: string,
    @TitleId() title: string,
    @SentBody() sent: unknown,
    @Body({ schema: anything }) body: object,
  ): object {
    return { key, title, sent, body };
  }

  @Post('wait')
  @RequireScope('transfers:write')
  wait(@PreferWait() seconds: number | undefined, @Res({ passthrough: true }) reply: FastifyReply): object {
    if (seconds === undefined) accepted(reply, '/v1/probe/1');
    else preferenceApplied(reply, seconds);
    return { seconds: seconds ?? null };
  }

  @Post('match')
  @RequireScope('transfers:write')
  match(@ExpectedVersion() version: bigint | undefined, @Res({ passthrough: true }) reply: FastifyReply): object {
    created(reply, '/v1/probe/1');
    replayed(reply);
    setEtag(reply, (version ?? 0n) + 1n);
    return { version: version?.toString() ?? null };
  }

  @Get('undeclared')
  undeclared(): object {
    return {};
  }
}

const priced = (name: string): object => ({
  name,
  content: { amounts: [{ asset: 'only', amount: '1' }] },
  prices: { virtual: [{ asset: 'only', amount: '1' }] },
});
const account = (spentGoods: string): object => ({
  secretKey: 'sk_test_1234567890',
  settlementCurrency: 'EUR',
  spentGoods,
});

describe('headers', () => {
  let api: Api;
  let key: string;
  beforeAll(async () => {
    api = await openApi({ controllers: [ProbeController] });
    key = await api.makeTitle('arena');
  });
  afterAll(() => api.close());

  const post = (path: string, headers: Record<string, string>, body: unknown = { b: 1 }): Promise<Answer> =>
    api.send('POST', `/v1/probe/${path}`, { key, headers, body });
  const raw = (path: string, lines: string[]): Promise<Answer> =>
    sendRaw(
      api.port,
      Buffer.from(
        [
          `POST /v1/probe/${path} HTTP/1.1`,
          'host: a',
          `authorization: Bearer ${key}`,
          'content-type: application/json',
          'content-length: 2',
          ...lines,
          '',
          '{}',
        ].join('\r\n'),
        'latin1',
      ),
    );

  describe('Idempotency-Key', () => {
    test.each([
      ['abc', 'abc'],
      ['"abc"', 'abc'],
      ['"a b"', 'a b'],
      ['"a\\"b\\\\"', 'a"b\\'],
      ['a,b;c=1', 'a,b;c=1'],
      ['x'.repeat(255), 'x'.repeat(255)],
      [`"${'x'.repeat(255)}"`, 'x'.repeat(255)],
      ['~', '~'],
    ])('%s is a key', async (header, expected) => {
      expect((await post('key', { 'idempotency-key': header })).body).toMatchObject({ key: expected, title: 'arena' });
    });

    test.each([
      '',
      '""',
      'x'.repeat(256),
      `"${'x'.repeat(256)}"`,
      '"abc',
      'abc"',
      'a b',
      '"a"b"',
      '"a\\b"',
      'a\\b',
      '"a", "b"',
    ])('%s is none', async (header) => {
      expectProblem(await post('key', { 'idempotency-key': header }), 400, 'idempotency-key-invalid');
    });

    test.each([['idempotency-key: caf\xe9'], ['idempotency-key: "caf\xe9"'], ['idempotency-key: a\tb']])(
      'what is not visible ASCII is none: %j',
      async (line) => {
        expectProblem(await raw('key', [line]), 400, 'idempotency-key-invalid');
      },
    );

    test('two are none, even if they are equal', async () => {
      expectProblem(await raw('key', ['idempotency-key: a', 'Idempotency-Key: a']), 400, 'idempotency-key-invalid');
    });

    test('without one nothing is done', async () => {
      const problem = expectProblem(await post('key', {}), 400, 'idempotency-key-missing');
      expect(problem.errors).toEqual([
        { pointer: 'Idempotency-Key', code: 'invalid-header', detail: expect.any(String) },
      ]);
    });

    test('the body as sent has no defaults in it', async () => {
      expect((await post('key', { 'idempotency-key': 'k' }, { b: [2] })).body).toMatchObject({
        sent: { b: [2] },
        body: { a: 1, b: [2] },
      });
    });
  });

  describe('the fingerprint of a body', () => {
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffled);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, member]) => [name, shuffled(member)]),
      );
    };
    const body = fc.jsonValue();

    test('does not depend on the order of keys or on white space', () => {
      fc.assert(
        fc.property(body, (value) => {
          const respelled: unknown = JSON.parse(JSON.stringify(shuffled(value), null, 3));
          expect(fingerprint(respelled).equals(fingerprint(value))).toBe(true);
        }),
      );
    });

    test('is another for every other body', () => {
      // What JSON cannot tell apart, such as -0 and 0, is one body.
      const same = (a: unknown, b: unknown): boolean => {
        try {
          expect(JSON.parse(JSON.stringify(a))).toStrictEqual(JSON.parse(JSON.stringify(b)));
          return true;
        } catch {
          return false;
        }
      };
      fc.assert(
        fc.property(body, body, (a, b) => fingerprint(a).equals(fingerprint(b)) === same(a, b)),
        { numRuns: 500 },
      );
      expect(fingerprint({ a: '1' })).not.toEqual(fingerprint({ a: 1 }));
      expect(fingerprint([['a'], 'b'])).not.toEqual(fingerprint(['a', ['b']]));
      expect(fingerprint({ a: 'x","b":"y' })).not.toEqual(fingerprint({ a: 'x', b: 'y' }));
    });
  });

  describe('Prefer', () => {
    test.each([
      ['wait=10', 10],
      ['wait=0', 0],
      ['wait=30', 30],
      ['respond-async, wait=5', 5],
      ['WAIT = "7"', 7],
      ['foo="a, wait=3"; bar, wait=4;x=y', 4],
      ['wait=5, wait=9', 5],
    ])('%s waits', async (prefer, seconds) => {
      const answer = await post('wait', { prefer });
      expect(answer.headers.get('preference-applied')).toBe(`wait=${seconds}`);
      expect(answer.body).toEqual({ seconds });
    });

    test.each(['respond-async', 'waiting=5', 'foo="wait=5"', 'handling=lenient; wait=5', ''])(
      '%s does not',
      async (prefer) => {
        const answer = await post('wait', { prefer });
        expect(answer.status).toBe(202);
        expect(answer.headers.get('preference-applied')).toBeNull();
        expect([answer.headers.get('location'), answer.headers.get('retry-after')]).toEqual(['/v1/probe/1', '1']);
      },
    );

    test.each([
      'wait',
      'wait=',
      'wait=31',
      'wait=-1',
      'wait=1.5',
      'wait=abc',
      'wait="5',
      'wait=1e1',
      'wait=99999999999',
    ])('%s is refused', async (prefer) => {
      expectProblem(await post('wait', { prefer }), 400, 'prefer-invalid');
    });

    test('several lines are one list', async () => {
      expect((await raw('wait', ['prefer: respond-async', 'prefer: wait=3'])).body).toEqual({ seconds: 3 });
    });
  });

  describe('If-Match', () => {
    test('gives the version, and none where it was not sent', async () => {
      const answer = await post('match', { 'if-match': '"41"' });
      expect(answer.body).toEqual({ version: '41' });
      expect([
        answer.status,
        answer.headers.get('etag'),
        answer.headers.get('location'),
        answer.headers.get('idempotency-replayed'),
      ]).toEqual([201, '"42"', '/v1/probe/1', 'true']);
      expect((await post('match', {})).body).toEqual({ version: null });
    });

    test.each(['W/"1"', '1', '"a"', '*', '"1", "2"', '"01"', '"-1"', '""', '', `"${'9'.repeat(19)}"`])(
      '%s is refused',
      async (header) => {
        expectProblem(await post('match', { 'if-match': header }), 400, 'if-match-invalid');
      },
    );
  });

  describe('If-None-Match', () => {
    test('* expects the version of what is not there', async () => {
      expect((await post('match', { 'if-none-match': '*' })).body).toEqual({ version: '0' });
    });

    test.each([
      ['match', { 'if-none-match': '"1"' }],
      ['match', { 'if-none-match': '' }],
      ['match', { 'if-none-match': '*', 'if-match': '"1"' }],
      ['match', { 'if-unmodified-since': 'Sat, 29 Oct 1994 19:43:31 GMT' }],
      ['wait', { 'if-none-match': '*' }],
      ['wait', { 'if-match': '"1"' }],
      ['wait', { 'if-modified-since': 'Sat, 29 Oct 1994 19:43:31 GMT' }],
    ])('%s does not look at %j, and refuses it', async (path, headers) => {
      expectProblem(await post(path, headers), 400, 'condition-not-evaluated');
    });

    const writes: [string, unknown, unknown][] = [
      ['/v1/assets/only', { name: 'Only', kind: 'currency' }, { name: 'Other', kind: 'currency' }],
      ['/v1/items/only', { name: 'Only' }, { name: 'Other' }],
      ['/v1/products/only', priced('Only'), priced('Other')],
      ['/v1/payment-accounts/stripe', account('debt'), account('absorb')],
    ];
    test.each(writes)('%s is made by it once, and not changed', async (path, body, other) => {
      const headers = { 'if-none-match': '*' };
      const made = await api.send('PUT', path, { key, headers, body });
      expect(made.status).toBeLessThan(300);
      expectProblem(await api.send('PUT', path, { key, headers, body: other }), 412, 'precondition-failed');
      expect((await api.send('GET', path, { key })).headers.get('etag')).toBe(made.headers.get('etag'));
      const same = { 'if-match': made.headers.get('etag') ?? '' };
      expect((await api.send('PUT', path, { key, headers: same, body: other })).status).toBe(200);
    });
  });

  test('a handler that declares nobody is refused to everybody', async () => {
    for (const anyKey of [key, adminKey])
      expectProblem(await api.send('GET', '/v1/probe/undeclared', { key: anyKey }), 403, 'forbidden');
    expectProblem(await api.send('GET', '/v1/probe/undeclared'), 401, 'unauthenticated');
  });
});
