/**
 * Requests that differ in one place are never taken for one, and those that differ in their spelling alone always are:
 * for every route of the OpenAPI document that has an Idempotency-Key.
 *
 * - `VELTRIX_TEST_SEED` gives the seed, which is printed where it is not given.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { fingerprint } from '../../src/http/idempotency.js';
import { newId } from '../../src/ids.js';
import { InventoryService } from '../../src/inventory/inventory.service.js';
import { LedgerService } from '../../src/ledger/ledger.service.js';
import type { DealsService } from '../../src/exchanges/deals.service.js';
import { PURCHASES_SERVICE } from '../../src/purchases/purchases.tokens.js';
import type { PurchaseTerms } from '../../src/purchases/purchases.types.js';
import { purchaseOf } from '../purchases/store.js';
import { openApi, type Answer, type Api } from './api.js';
import { inLanes } from './apart/walk.js';
import { operationsOf, type Json, type Operation } from './document.js';
import { neighboursOf, placesOf, respellingsOf } from './neighbours.js';
import {
  debit,
  freePack,
  gift,
  legs,
  player,
  properties,
  purchase,
  reconciliation,
  refund,
  small,
  text,
  trade,
  twoParts,
} from './fingerprint-bodies.js';

const seed = Number(process.env['VELTRIX_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** How many requests of each route are sent, each with all that differ from it in one place. */
const numRuns = 3;

// Each test sends hundreds of requests, however busy the machine is.
jest.setTimeout(240_000);

let api: Api;
let key: string;
let operations: Operation[];
beforeAll(async () => {
  console.log(`VELTRIX_TEST_SEED=${seed}`);
  // Whatever is answered here is answered without Temporal.
  api = await openApi({ env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
  key = await api.makeTitle('arena');
  for (const code of ['gold', 'gem'])
    expect(await api.send('PUT', `/v1/assets/${code}`, { key, body: { name: code, kind: 'currency' } })).toMatchObject({
      status: 201,
    });
  for (const code of ['sword', 'relic'])
    expect(await api.send('PUT', `/v1/items/${code}`, { key, body: { name: code } })).toMatchObject({ status: 201 });
  for (const code of ['pack', 'box']) await sellForNothing(code);
  operations = (await operationsOf(api)).filter(({ parameters }) => parameters.header.includes('Idempotency-Key'));
});
afterAll(() => api.close());

async function sellForNothing(code: string): Promise<void> {
  const content = { amounts: [{ asset: 'gem', amount: '5' }] };
  const prices = { virtual: ['gold', 'gem'].map((asset) => ({ asset, amount: '0' })) };
  await api.send('PUT', `/v1/products/${code}`, { key, body: { name: code, content, prices } });
  expect(await api.send('POST', `/v1/products/${code}/publish`, { key })).toMatchObject({ status: 200 });
}

interface Generator {
  body: fc.Arbitrary<Json>;
  /** A body that says what would be so if it were left out: that too is another request. */
  example?: Json;
  /** Values for the `id` of the path: that of the request, and others that are there as well. */
  ids?: (body: Json) => Promise<string[]>;
}

const generators: Record<string, Generator> = {
  'POST /v1/trades': {
    body: trade,
    example: { parties: [gift, { player: 'bob', gives: { amounts: [], items: [] } }] },
  },
  'POST /v1/purchases': { body: purchase, example: freePack },
  'POST /v1/transfers': { body: fc.record({ legs, reason: text, reference: text, debit }) },
  'POST /v1/item-instances': {
    body: fc.record({
      item: fc.constantFrom('sword', 'relic'),
      owner: player.map((id) => `player:${id}`),
      properties,
      reason: text,
    }),
    example: { item: 'sword', owner: 'player:ann', properties: {}, reason: 'x' },
  },
  'POST /v1/transfers/{id}/reversal': {
    body: fc.record({ reason: text, amount: small }),
    example: { reason: 'x', legs: twoParts },
    ids: madeTransfers,
  },
  'POST /v1/purchases/{id}/refunds': { body: refund, example: { reason: 'x', restock: false }, ids: boughtPurchases },
  'POST /v1/reconciliations': { body: reconciliation, example: { kind: 'full', repair: 'make' } },
  'POST /v1/item-instances/{id}/burn': { body: fc.record({ reason: text }), ids: madeInstances },
};
const routes = Object.entries(generators);

async function madeTransfers(body: Json): Promise<string[]> {
  const players = body['legs'] === undefined ? ['ann'] : ['ann', 'bob', 'cid', 'dan'];
  const element = (): Parameters<LedgerService['transfer']>[0][number] => ({
    title: 'arena',
    key: newId('req'),
    kind: 'transfer',
    legs: players.map((to) => ({ from: 'system:mint', to: `player:${to}`, asset: 'gold', amount: 1000n })),
    reason: 'test',
  });
  const answers = await api.app.get(LedgerService, { strict: false }).transfer([element(), element()]);
  return answers.map((answer) => (answer.outcome === 'posted' ? answer.transferId : ''));
}

async function boughtPurchases(): Promise<string[]> {
  const purchases = api.app.get<DealsService<PurchaseTerms>>(PURCHASES_SERVICE, { strict: false });
  const bought = [1, 2].map(() => purchaseOf('ann', 'pack', { pay: { asset: 'gold', amount: '1000' } }));
  await purchases.accept(bought);
  await purchases.close(bought.map(({ id }) => ({ id, state: 'settled' as const })));
  return bought.map(({ id }) => id);
}

async function madeInstances(): Promise<string[]> {
  const ids = [newId('ins'), newId('ins')];
  await api.app.get(InventoryService, { strict: false }).mint(
    ids.map((id) => ({
      title: 'arena',
      key: id,
      fingerprint: 'f',
      id,
      item: 'sword',
      owner: 'player:ann',
      reason: 'test',
    })),
  );
  return ids;
}

interface Request {
  path: string;
  body: unknown;
}

/** A request, and all that differ from it in one place, that of the path included. */
async function pairsOf(
  name: string,
  body: Json,
): Promise<{ request: Request; others: (Request & { place: string })[] }> {
  const path = name.replace('POST ', '');
  const [id = '', ...otherIds] = (await generators[name]?.ids?.(body)) ?? [];
  const at = (one: string): string => path.replace('{id}', one);
  const inPath = otherIds.map((one) => ({ place: 'the id in the path', path: at(one), body }));
  return {
    request: { path: at(id), body },
    others: [...neighboursOf(body).map(({ place, value }) => ({ place, path: at(id), body: value })), ...inPath],
  };
}

let sent = 0;
const newKey = (): string => `key-${++sent}`;
const send = ({ path, body }: Request, idempotencyKey: string): Promise<Answer> =>
  api.send('POST', path, { key, headers: { 'idempotency-key': idempotencyKey }, body });
const codeOf = ({ body }: Answer): unknown => (body as { code?: unknown }).code;

/** What is said of requests that keep nothing, so that their keys are free. */
const keepNothing = new Set<unknown>([
  'validation-failed',
  'unknown-asset',
  'unknown-item',
  'unknown-product',
  'price-changed',
]);

/** Whether it was done, or refused in a way that the key keeps. */
const isKept = (answer: Answer): boolean => answer.status < 300 || codeOf(answer) === 'insufficient-funds';

test('every route with an Idempotency-Key has a generator', () => {
  expect(operations.map(({ name }) => name).sort()).toEqual(Object.keys(generators).sort());
});

test('a key belongs to its route: another path is another request, and another route has another key', async () => {
  const [first = '', second = ''] = await madeTransfers({});
  const reversal = (id: string): Request => ({ path: `/v1/transfers/${id}/reversal`, body: { reason: 'x' } });
  const idempotencyKey = newKey();
  expect(await send(reversal(first), idempotencyKey)).toMatchObject({ status: 201 });
  expect(await send(reversal(second), idempotencyKey)).toMatchObject({
    status: 422,
    body: { code: 'idempotency-key-reused', detail: expect.stringMatching(/another body or another path/) },
  });
  const leg = { from: 'system:mint', to: 'player:ann', asset: 'gold', amount: '1' };
  const transfer = await send({ path: '/v1/transfers', body: { legs: [leg], reason: 'x' } }, idempotencyKey);
  expect([transfer.status, transfer.headers.get('idempotency-replayed')]).toEqual([201, null]);
});

describe.each(routes)('%s', (name, { body, example }) => {
  const examples: [Json][] = example === undefined ? [] : [[example]];
  const runs = { seed, numRuns: numRuns + examples.length, examples, endOnFailure: true };

  test('never takes a request for one that differs from it in one place', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(body, async (first) => {
        const { request, others } = await pairsOf(name, first);
        const idempotencyKey = newKey();
        const kept = await send(request, idempotencyKey);
        expect([request, kept.body, isKept(kept)]).toEqual([request, kept.body, true]);
        await inLanes(others, async (other) => {
          const answer = await send(other, idempotencyKey);
          // What cannot be a request is told so before its key is looked at.
          if (codeOf(answer) === 'validation-failed') return;
          expect({ other, status: answer.status, code: codeOf(answer) }).toEqual({
            other,
            status: 422,
            code: 'idempotency-key-reused',
          });
          seen.add(other.place);
        });
        const again = await send(request, idempotencyKey);
        expect([again.headers.get('idempotency-replayed'), codeOf(again) ?? again.body]).toEqual([
          'true',
          codeOf(kept) ?? kept.body,
        ]);
      }),
      runs,
    );
    const operation = operations.find((one) => one.name === name);
    const places = [...placesOf(operation?.body ?? {}), ...(name.includes('{id}') ? ['the id in the path'] : [])];
    expect(places.length).toBeGreaterThan(0);
    expect(places.filter((place) => !seen.has(place))).toEqual([]);
  });

  test('never takes one for another that comes at the same moment', async () => {
    await fc.assert(
      fc.asyncProperty(body, async (first) => {
        const { request, others } = await pairsOf(name, first);
        const idempotencyKey = newKey();
        const answers = await Promise.all([request, ...others].map((one) => send(one, idempotencyKey)));
        const requests = answers.filter((answer) => !keepNothing.has(codeOf(answer)));
        expect(requests.length).toBeGreaterThan(1);
        expect(requests.filter(isKept)).toHaveLength(1);
        expect(new Set(requests.filter((answer) => !isKept(answer)).map(codeOf))).toEqual(
          new Set(['idempotency-key-reused']),
        );
      }),
      { seed, numRuns: 2, endOnFailure: true },
    );
  });

  test('takes a request for one that is spelled in another way', async () => {
    await fc.assert(
      fc.asyncProperty(body, async (first) => {
        const { request } = await pairsOf(name, first);
        const idempotencyKey = newKey();
        const kept = await send(request, idempotencyKey);
        for (const spelled of respellingsOf(first)) {
          const again = await send({ ...request, body: spelled }, idempotencyKey);
          expect([spelled, again.status, again.headers.get('idempotency-replayed')]).toEqual([
            spelled,
            kept.status,
            'true',
          ]);
          expect(codeOf(again) ?? again.body).toEqual(codeOf(kept) ?? kept.body);
        }
      }),
      runs,
    );
  });

  test('has a fingerprint of its own for everything that differs in one place', () => {
    fc.assert(
      fc.property(body, (first) => {
        const values = [first, ...neighboursOf(first).map(({ value }) => value)];
        const texts = new Set(values.map((value) => JSON.stringify(value)));
        expect(new Set(values.map((value) => fingerprint(value).toString('hex'))).size).toBe(texts.size);
        for (const spelled of respellingsOf(first))
          expect(fingerprint(JSON.parse(spelled))).toEqual(fingerprint(first));
      }),
      { seed, numRuns: 40 },
    );
  });
});

test('any two JSON values that differ in one place have two fingerprints', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const first: unknown = JSON.parse(JSON.stringify(value));
      for (const other of neighboursOf(first))
        expect([other, fingerprint(other.value).equals(fingerprint(first))]).toEqual([other, false]);
      for (const spelled of respellingsOf(first))
        expect([spelled, fingerprint(JSON.parse(spelled)).equals(fingerprint(first))]).toEqual([spelled, true]);
    }),
    { seed, numRuns: 500 },
  );
});
