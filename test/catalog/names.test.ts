import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { expectProblem, rowCounts } from '../http/api.js';
import { openCatalog, pack, type CatalogWorld } from './catalog-world.js';

let world: CatalogWorld;
beforeAll(async () => {
  world = await openCatalog();
  // What another title has defined is no help.
  const key = await world.api.makeTitle('bazaar');
  await world.api.send('PUT', '/v1/assets/shells', { key, body: { name: 'Shells', kind: 'currency' } });
  await world.api.send('PUT', '/v1/items/shield', { key, body: { name: 'Shield' } });
});
afterAll(() => world.api.close());

test('a product that names what is not defined is refused with every wrong place, and nothing is kept', async () => {
  const before = await rowCounts(world.api.session);
  const asset = (code: string): unknown => ({ asset: code, amount: '1' });
  const answer = await world.send('PUT', '/v1/products/wrong', {
    name: 'Wrong',
    content: {
      amounts: [asset('gold'), asset('shells'), asset('sword')],
      items: [
        { item: 'shield', count: 1 },
        { item: 'sword', count: 1 },
        { item: 'gold', count: 1 },
      ],
    },
    prices: { virtual: [asset('gems'), asset('shells')] },
  });
  const { errors } = expectProblem(answer, 400, 'validation-failed');
  expect(errors?.map(({ pointer, code }) => [pointer, code])).toEqual([
    ['/content/amounts/1/asset', 'unknown-asset'],
    ['/content/amounts/2/asset', 'unknown-asset'],
    ['/content/items/0/item', 'unknown-item'],
    ['/content/items/2/item', 'unknown-item'],
    ['/prices/virtual/1/asset', 'unknown-asset'],
  ]);
  expect(await rowCounts(world.api.session)).toEqual(before);
});

test('a draft that is there is not changed into one that names what is not defined', async () => {
  const draft = await world.must(201, 'PUT', '/v1/products/right', pack);
  const wrong = { ...pack, prices: { virtual: [{ asset: 'shells', amount: '1' }] } };
  expectProblem(await world.send('PUT', '/v1/products/right', wrong), 400, 'validation-failed');
  expect(await world.must(200, 'GET', '/v1/products/right')).toEqual(draft);
});

test('a product can be sold for money alone, and be of items alone', async () => {
  const body = {
    name: 'Swords',
    content: { items: [{ item: 'sword', count: 50 }] },
    prices: { money: [{ currency: 'JPY', amount: '500' }] },
  };
  expect(await world.must(201, 'PUT', '/v1/products/swords', body)).toMatchObject({
    content: { amounts: [], items: body.content.items },
    prices: { virtual: [], money: body.prices.money },
  });
});
