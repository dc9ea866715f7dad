import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { expectProblem, type Answer } from '../http/api.js';
import { openCatalog, pack, type CatalogWorld } from './catalog-world.js';

let world: CatalogWorld;
let other: string;
beforeAll(async () => {
  world = await openCatalog();
  other = await world.api.makeTitle('bazaar');
  for (const code of ['gold', 'gems']) await theirs('PUT', `/v1/assets/${code}`, { name: code, kind: 'currency' });
  await theirs('PUT', '/v1/items/sword', { name: 'Sword' });
});
afterAll(() => world.api.close());

/** Sends what the other title must be answered. */
async function theirs(method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await world.api.send(method, path, { key: other, ...(body !== undefined && { body }) });
  expect({ path, body: answer.body, done: answer.status < 300 }).toMatchObject({ done: true });
  return answer;
}

test('a product of another title is not found, whatever is asked or done', async () => {
  await theirs('PUT', '/v1/products/theirs', pack);
  await theirs('POST', '/v1/products/theirs/publish');
  await theirs('PUT', '/v1/products/theirs', { ...pack, name: 'Second' });
  const before = await theirs('GET', '/v1/products/theirs');
  for (const path of ['', '/versions', '/versions/1', '/versions/2'])
    expectProblem(await world.send('GET', `/v1/products/theirs${path}`), 404, 'not-found');
  for (const verb of ['publish', 'withdraw'])
    expectProblem(await world.send('POST', `/v1/products/theirs/${verb}`), 404, 'not-found');
  expect((await theirs('GET', '/v1/products/theirs')).body).toEqual(before.body);
});

test('a product of the same code in another title stays as it is', async () => {
  await theirs('PUT', '/v1/products/same', { ...pack, name: 'Theirs' });
  const { body, headers } = await theirs('GET', '/v1/products/same');
  await world.must(201, 'PUT', '/v1/products/same', pack);
  await world.must(200, 'PUT', '/v1/products/same', { ...pack, name: 'Ours' });
  expect(await world.must(200, 'POST', '/v1/products/same/publish')).toMatchObject({ name: 'Ours' });
  await world.must(200, 'POST', '/v1/products/same/withdraw');
  const now = await theirs('GET', '/v1/products/same');
  expect([now.body, now.headers.get('etag')]).toEqual([body, headers.get('etag')]);
});
