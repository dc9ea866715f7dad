import { StartError } from './say.js';

/** What a demo title is given to sell, as requests in their order. */
const requests: readonly [method: 'PUT' | 'POST', path: string, body?: object][] = [
  ['PUT', '/v1/assets/gold', { name: 'Gold', kind: 'currency' }],
  ['PUT', '/v1/assets/gem', { name: 'Gem', kind: 'currency' }],
  ['PUT', '/v1/items/sword', { name: 'Sword' }],
  ['PUT', '/v1/items/crown', { name: 'Crown', limit: 100 }],
  [
    'PUT',
    '/v1/products/starter-pack',
    {
      name: 'Starter pack',
      content: { amounts: [{ asset: 'gem', amount: '500' }], items: [{ item: 'sword', count: 1 }] },
      prices: { virtual: [{ asset: 'gold', amount: '100' }], money: [{ currency: 'EUR', amount: '499' }] },
      limits: { perPlayerAndDay: 3 },
    },
  ],
  ['POST', '/v1/products/starter-pack/publish'],
  [
    'PUT',
    '/v1/products/crown',
    {
      name: 'Crown',
      content: { items: [{ item: 'crown', count: 1 }] },
      prices: { virtual: [{ asset: 'gold', amount: '400' }] },
      stock: 100,
      limits: { perPlayer: 1 },
    },
  ],
  ['POST', '/v1/products/crown/publish'],
];

/** Defines the goods of a new demo title, and puts two products on sale. */
export async function openDemoStore(api: string, key: string): Promise<void> {
  for (const [method, path, body] of requests) {
    const answer = await fetch(`${api}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok)
      throw new StartError(
        `The API refuses ${method} ${path} for the demo title (${answer.status}): ${await answer.text()}`,
      );
  }
}
