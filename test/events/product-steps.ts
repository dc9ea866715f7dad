const content = { amounts: [{ asset: 'gold', amount: '5' }], items: [{ item: 'sword', count: 1 }] };
const sent = {
  name: 'Pack',
  content,
  prices: { virtual: [{ asset: 'gold', amount: '0' }], money: [{ currency: 'EUR', amount: '499' }] },
  stock: 7,
  limits: { perPlayer: 4, perPlayerAndDay: 1, perPlayerAndWeek: 2, perPlayerAndMonth: 3 },
  onSale: { from: '2026-01-01T00:00:00.000Z', until: '2027-01-01T00:00:00.000Z' },
};
const bare = { name: 'Pack', content, prices: sent.prices };
const none = { perPlayer: null, perPlayerAndDay: null, perPlayerAndWeek: null, perPlayerAndMonth: null };
const said = { ...bare, stock: null, limits: none, onSale: { from: null, until: null } };
type Step = [status: number, method: string, act: string, body: unknown, type: string, data: unknown];

/** What is done to a product, and the fact that tells of it, one step after the other. */
export const productSteps: Step[] = [
  [201, 'PUT', '', sent, 'product.drafted', { revision: 1, version: 1, ...sent }],
  [200, 'POST', '/publish', undefined, 'product.published', { revision: 2, version: 1, ...sent }],
  [200, 'PUT', '', bare, 'product.drafted', { revision: 3, version: 2, ...said }],
  [200, 'POST', '/withdraw', undefined, 'product.withdrawn', { revision: 4, version: 1, ...sent }],
  [200, 'POST', '/publish', undefined, 'product.published', { revision: 5, version: 2, ...said }],
];
