import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expectProblem } from '../http/api.js';
import { openCatalog, pack, type CatalogWorld } from './catalog-world.js';

let world: CatalogWorld;
beforeAll(async () => {
  world = await openCatalog();
});
afterAll(() => world.api.close());

const put = (status: number, code: string, body: unknown, headers?: Record<string, string>) =>
  world.must(status, 'PUT', `/v1/products/${code}`, body, headers);
const act = (status: number, code: string, verb: 'publish' | 'withdraw', headers?: Record<string, string>) =>
  world.must(status, 'POST', `/v1/products/${code}/${verb}`, undefined, headers);
const get = (path: string) => world.must(200, 'GET', `/v1/products/${path}`);
const moment = expect.stringMatching(/^\d{4}-.*Z$/);

const full = {
  ...pack,
  stock: 100,
  limits: { perPlayer: 3, perPlayerAndDay: 1, perPlayerAndWeek: 2, perPlayerAndMonth: 3 },
  onSale: { from: '2026-12-01T00:00:00.000Z', until: '2027-01-01T00:00:00.000Z' },
};

describe('a draft', () => {
  test('is made by the first PUT, read as it was sent, and told', async () => {
    const expected = { code: 'full', version: 1, state: 'draft', ...full, createdAt: moment, etag: '"1"' };
    const answer = await world.send('PUT', '/v1/products/full', full);
    expect([answer.status, answer.headers.get('location')]).toEqual([201, '/v1/products/full']);
    expect({ ...(answer.body as object), etag: answer.headers.get('etag') }).toEqual(expected);
    expect(await get('full')).toEqual(expected);
    expect(await get('full/versions/1')).toEqual({ ...expected, etag: null });
    expect(await world.facts('full')).toEqual([
      { type: 'product.drafted', data: { revision: 1, version: 1, ...full } },
    ]);
  });

  test('leaves out what it does not have, and what is said to be empty is not there', async () => {
    const gift = { name: 'Gift', content: { items: [{ item: 'sword', count: 1 }] }, prices: {} };
    const free = { ...gift, prices: { virtual: [{ asset: 'gold', amount: '0' }] } };
    const answer = await put(201, 'gift', free);
    expect(answer).toEqual({
      code: 'gift',
      version: 1,
      state: 'draft',
      name: 'Gift',
      content: { amounts: [], items: gift.content.items },
      prices: { virtual: [{ asset: 'gold', amount: '0' }], money: [] },
      createdAt: moment,
      etag: '"1"',
    });
    const empties = { ...free, content: { ...free.content, amounts: [] }, limits: {}, onSale: {} };
    expect(await put(200, 'gift', empties)).toEqual(answer);
  });

  test('is written over, and a PUT that says nothing new makes no revision and no fact', async () => {
    await put(201, 'over', pack);
    const changed = await put(200, 'over', { ...pack, stock: 5 });
    expect(changed).toMatchObject({ version: 1, stock: 5, etag: '"2"' });
    expect(await put(200, 'over', { ...pack, stock: 5 })).toEqual(changed);
    expect(await put(200, 'over', pack)).not.toHaveProperty('stock');
    const facts = (await world.facts('over')).map(({ data: { revision, stock } }) => [revision, stock]);
    expect(facts).toEqual([
      [1, null],
      [2, 5],
      [3, null],
    ]);
  });

  test.each<[what: string, change: Record<string, unknown>]>([
    ['its name', { name: 'Other' }],
    ['an amount', { content: { ...pack.content, amounts: [{ asset: 'gold', amount: '501' }] } }],
    ['a count', { content: { ...pack.content, items: [{ item: 'sword', count: 3 }] } }],
    ['a virtual price', { prices: { ...pack.prices, virtual: [{ asset: 'gems', amount: '41' }] } }],
    ['a price in money', { prices: { ...pack.prices, money: [{ currency: 'USD', amount: '499' }] } }],
    ['its stock', { stock: 0 }],
    ['a limit', { limits: { perPlayerAndWeek: 1 } }],
    ['its beginning', { onSale: { from: '2026-01-01T00:00:00Z' } }],
    ['its end', { onSale: { until: '2026-01-01T00:00:00Z' } }],
  ])('has another revision where it differs by %s alone', async (what, change) => {
    const code = what.replaceAll(' ', '-');
    await put(201, code, pack);
    const changed = await put(200, code, { ...pack, ...change });
    expect(changed).toMatchObject({ etag: '"2"' });
    expect(await get(code)).toEqual(changed);
    expect(await put(200, code, { ...pack, ...change })).toEqual(changed);
  });

  test('has its moments in UTC, whatever the zone they were sent in', async () => {
    const sent = { from: '2026-12-01T01:00:00+01:00', until: '2026-12-01T00:00:00.5Z' };
    const answer = await put(201, 'zoned', { ...pack, onSale: sent });
    expect(answer['onSale']).toEqual({ from: '2026-12-01T00:00:00.000Z', until: '2026-12-01T00:00:00.500Z' });
    expect(await put(200, 'zoned', { ...pack, onSale: answer['onSale'] })).toEqual(answer);
  });
});

describe('publish', () => {
  test('puts the draft on sale, and again changes nothing', async () => {
    await put(201, 'once', pack);
    const published = await act(200, 'once', 'publish');
    expect(published).toEqual({
      code: 'once',
      version: 1,
      state: 'published',
      ...pack,
      createdAt: moment,
      publishedAt: moment,
      etag: '"2"',
    });
    expect(await act(200, 'once', 'publish')).toEqual(published);
    expect(await get('once')).toEqual(published);
    expect((await world.facts('once')).map(({ type }) => type)).toEqual(['product.drafted', 'product.published']);
  });

  test('leaves what is on sale as it is while the next draft is written, and then replaces it', async () => {
    await put(201, 'next', pack);
    const first = await act(200, 'next', 'publish');
    // What is on sale already is no draft.
    expect(await put(200, 'next', pack)).toEqual(first);
    const draft = await put(200, 'next', { ...pack, name: 'Second' });
    expect(draft).toMatchObject({ version: 2, state: 'draft', name: 'Second', etag: '"3"' });
    expect(draft).not.toHaveProperty('draft');
    expect(draft).not.toHaveProperty('publishedAt');
    expect(await get('next')).toEqual({ ...first, draft: 2, etag: '"3"' });
    await put(200, 'next', { ...pack, name: 'Second, better' });
    const second = await act(200, 'next', 'publish');
    expect(second).toMatchObject({ version: 2, state: 'published', name: 'Second, better', etag: '"5"' });
    const { etag: _, ...old } = first;
    expect(await get('next/versions')).toEqual({
      data: [
        { ...second, etag: undefined },
        { ...old, state: 'superseded' },
      ],
      next: null,
      etag: null,
    });
    expect(await get('next/versions/1')).toEqual({ ...old, state: 'superseded', etag: null });
  });

  test('answers 404 for a product that is not there', async () => {
    expectProblem(await world.send('POST', '/v1/products/nothing/publish'), 404, 'not-found');
  });

  test('takes an object of nothing for no body', async () => {
    await put(201, 'empty', pack);
    await world.must(200, 'POST', '/v1/products/empty/publish', {});
    await world.must(200, 'POST', '/v1/products/empty/withdraw', {});
  });
});

describe('withdraw', () => {
  test('takes a product off sale until it is published again, without a new draft as well', async () => {
    await put(201, 'gone', pack);
    const published = await act(200, 'gone', 'publish');
    const withdrawn = await act(200, 'gone', 'withdraw');
    expect(withdrawn).toEqual({ ...published, state: 'withdrawn', etag: '"3"' });
    expect(await act(200, 'gone', 'withdraw')).toEqual(withdrawn);
    expect(await get('gone')).toEqual(withdrawn);
    // To write what is withdrawn already is to write nothing new.
    expect(await put(200, 'gone', pack)).toEqual(withdrawn);
    expect(await act(200, 'gone', 'publish')).toEqual({ ...published, etag: '"4"' });
    expect(await world.facts('gone')).toEqual(
      ['drafted', 'published', 'withdrawn', 'published'].map((verb, index) => ({
        type: `product.${verb}`,
        data: expect.objectContaining({ revision: index + 1, version: 1, name: pack.name }) as unknown,
      })),
    );
  });

  test('keeps the draft, which the next publish puts on sale', async () => {
    await put(201, 'both', pack);
    await act(200, 'both', 'publish');
    await put(200, 'both', { ...pack, name: 'Second' });
    expect(await act(200, 'both', 'withdraw')).toMatchObject({ version: 1, state: 'withdrawn', draft: 2 });
    expect(await act(200, 'both', 'publish')).toMatchObject({ version: 2, state: 'published', name: 'Second' });
  });

  test('is refused for a product that was never published, and changes nothing', async () => {
    const draft = await put(201, 'unsold', pack);
    expectProblem(await world.send('POST', '/v1/products/unsold/withdraw'), 409, 'product-not-published');
    expect(await get('unsold')).toEqual(draft);
  });
});

describe('If-Match', () => {
  const tagged = (tag: string) => ({ 'if-match': tag });

  test('lets a change through at the revision that it names, and at no other', async () => {
    await put(201, 'match', pack);
    await put(200, 'match', { ...pack, name: 'Second' }, tagged('"1"'));
    await put(412, 'match', { ...pack, name: 'Third' }, tagged('"1"'));
    for (const verb of ['publish', 'withdraw'] as const) await act(412, 'match', verb, tagged('"1"'));
    expect(await act(200, 'match', 'publish', tagged('"2"'))).toMatchObject({ name: 'Second', etag: '"3"' });
    expect(await act(200, 'match', 'withdraw', tagged('"3"'))).toMatchObject({ state: 'withdrawn', etag: '"4"' });
    await put(412, 'none', pack, tagged('"1"'));
    expectProblem(await world.send('GET', '/v1/products/none'), 404, 'not-found');
    expect(await world.facts('none')).toEqual([]);
  });

  test.each(['W/"1"', '1', '*', '"a"'])('that says %s is refused', async (tag) => {
    await put(400, 'match', pack, tagged(tag));
    for (const verb of ['publish', 'withdraw'] as const) await act(400, 'match', verb, tagged(tag));
  });
});
