import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ProductVersion } from '../../src/catalog/catalog.types.js';
import type { VeltrixError } from '../../src/errors.js';
import { meeting } from '../harness/meeting.js';
import { openCatalog, pack, title, type CatalogWorld } from './catalog-world.js';

let world: CatalogWorld;
beforeAll(async () => {
  world = await openCatalog();
});
afterAll(() => world.api.close());

/** What locks one product from outside, until the commands that are to meet have come. */
const gate = (code: string): string =>
  `select from catalog.products where title = '${title}' and code = '${code}' for update`;
const names = (count: number): string[] => Array.from({ length: count }, (_, place) => `Pack ${place}`);
const put = (code: string, name: string, headers?: Record<string, string>) =>
  world.send('PUT', `/v1/products/${code}`, { ...pack, name }, headers);

test('many first PUTs at once make one product, and each is a revision of its own', async () => {
  const answers = await Promise.all(names(6).map((name) => put('first', name)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 201]);
  expect(answers.map(({ headers }) => headers.get('etag')).sort()).toEqual(['"1"', '"2"', '"3"', '"4"', '"5"', '"6"']);
  expect(answers.every(({ body }) => (body as { version: number }).version === 1)).toBe(true);
  const facts = await world.facts('first');
  expect(facts.map(({ data }) => data['revision'])).toEqual([1, 2, 3, 4, 5, 6]);
  const now = await world.must(200, 'GET', '/v1/products/first');
  expect(now).toMatchObject({ name: facts.at(-1)?.data['name'], etag: '"6"' });
});

// What is to meet is of several processes: the commands of one process take turns.

test('of many PUTs that expect one revision one is done', async () => {
  await put('expected', 'Pack');
  const { terms } = await world.products.publish({ title, code: 'expected' });
  const answers = await meeting(
    world.api.session,
    gate('expected'),
    names(4).map((name) => () => {
      const request = { title, code: 'expected', expectedRevision: 2n, terms: { ...terms, name } };
      return world
        .another()
        .put(request)
        .catch((error: VeltrixError) => ({ outcome: error.code }));
    }),
  );
  expect(answers.map(({ outcome }) => outcome).sort()).toEqual([
    ...Array<string>(3).fill('precondition-failed'),
    'updated',
  ]);
});

test('a PUT that met a publish begins the next draft, and does not touch what is on sale', async () => {
  await put('met', 'First');
  const { terms } = await world.another().publish({ title, code: 'met' });
  await put('met', 'Second');
  const [published, drafted] = await meeting<ProductVersion>(world.api.session, gate('met'), [
    () => world.another().publish({ title, code: 'met' }),
    async () => (await world.another().put({ title, code: 'met', terms: { ...terms, name: 'Third' } })).product,
  ]);
  expect(published).toMatchObject({ version: 2, state: 'published', terms: { name: 'Second' } });
  expect(drafted).toMatchObject({ version: 3, state: 'draft', terms: { name: 'Third' } });
  expect(await world.must(200, 'GET', '/v1/products/met')).toMatchObject({ version: 2, name: 'Second', draft: 3 });
});

test('many publishes at once are one, and so are many withdrawals', async () => {
  await put('one', 'One');
  for (const [verb, revision] of [
    ['publish', 2n],
    ['withdraw', 3n],
  ] as const) {
    const answers = await meeting(
      world.api.session,
      gate('one'),
      names(4).map(() => () => world.another()[verb]({ title, code: 'one' })),
    );
    expect(answers.map((answer) => answer.revision)).toEqual(Array(4).fill(revision));
  }
  expect((await world.facts('one')).map(({ type }) => type)).toEqual([
    'product.drafted',
    'product.published',
    'product.withdrawn',
  ]);
});
