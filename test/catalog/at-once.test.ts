import { afterAll, beforeAll, expect, test } from '@jest/globals';
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

test('of many PUTs that expect one revision one is done', async () => {
  await put('expected', 'Pack');
  const answers = await meeting(
    world.api.session,
    gate('expected'),
    names(4).map((name) => () => put('expected', name, { 'if-match': '"1"' })),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
});

test('a PUT that met a publish begins the next draft, and does not touch what is on sale', async () => {
  await put('met', 'First');
  const [published, drafted] = await meeting(world.api.session, gate('met'), [
    () => world.send('POST', '/v1/products/met/publish'),
    () => put('met', 'Second'),
  ]);
  expect(published?.body).toMatchObject({ version: 1, state: 'published', name: 'First' });
  expect(drafted?.body).toMatchObject({ version: 2, state: 'draft', name: 'Second' });
  expect(await world.must(200, 'GET', '/v1/products/met')).toMatchObject({ version: 1, name: 'First', draft: 2 });
});

test('many publishes at once are one, and so are many withdrawals', async () => {
  await put('one', 'One');
  for (const [verb, etag] of [
    ['publish', '"2"'],
    ['withdraw', '"3"'],
  ] as const) {
    const answers = await meeting(
      world.api.session,
      gate('one'),
      names(4).map(() => () => world.send('POST', `/v1/products/one/${verb}`)),
    );
    expect(answers.map(({ status, headers }) => [status, headers.get('etag')])).toEqual(
      Array.from({ length: 4 }, () => [200, etag]),
    );
  }
  expect((await world.facts('one')).map(({ type }) => type)).toEqual([
    'product.drafted',
    'product.published',
    'product.withdrawn',
  ]);
});
