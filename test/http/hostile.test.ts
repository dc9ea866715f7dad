import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { adminKey, expectProblem, openApi, rowCounts, type Api } from './api.js';
import { Described } from './described.js';
import { accountLists, accountRoutes, accountRows } from './hostile/accounts.js';
import { hostileBodies } from './hostile/bodies.js';
import { catalogLists, catalogRoutes, catalogRows, draftedProduct } from './hostile/catalog.js';
import { inventoryLists, inventoryRoutes, inventoryRows } from './hostile/inventory.js';
import { ledgerLists, ledgerRoutes, ledgerRows } from './hostile/ledger.js';
import { paymentRoutes, paymentRows } from './hostile/payments.js';
import { countsOfSales, purchaseLists, purchaseRoutes, purchaseRows, soldProducts } from './hostile/purchases.js';
import { purchasesToRefund, refundLists, refundRoutes, refundRows } from './hostile/refunds.js';
import { hostileAddresses, hostileKeys, hostileLists } from './hostile/requests.js';
import type { HostileRow, WriteRoute } from './hostile/rows.js';
import { closedDeal, sagaLists, sagaRetry, sagaRoutes, sagaRows } from './hostile/sagas.js';
import { titleRoutes, titleRows } from './hostile/titles.js';
import { tradeLists, tradeRoutes, tradeRows } from './hostile/trades.js';

const routes = [
  ...titleRoutes,
  ...ledgerRoutes,
  ...accountRoutes,
  ...inventoryRoutes,
  ...catalogRoutes,
  ...purchaseRoutes,
  ...refundRoutes,
  ...paymentRoutes,
  ...tradeRoutes,
  ...sagaRoutes,
];
const lists: [string, 'admin' | 'title'][] = [
  ['/v1/titles', 'admin'],
  ['/v1/titles/arena/keys', 'admin'],
  ...ledgerLists,
  ...accountLists,
  ...inventoryLists,
  ...catalogLists,
  ...purchaseLists,
  ...refundLists,
  ...tradeLists,
  ...sagaLists,
];
const rows: HostileRow[] = [
  ...hostileAddresses(),
  ...[...routes, sagaRetry].flatMap(hostileBodies),
  ...lists.flatMap(([path, as]) => hostileLists(path, as)),
  ...titleRows,
  ...ledgerRows,
  ...accountRows,
  ...inventoryRows,
  ...catalogRows,
  ...purchaseRows,
  ...refundRows,
  ...paymentRows,
  ...tradeRows,
  ...sagaRows,
];

describe('what must be refused', () => {
  let api: Api;
  let titleKey: string;
  let before: Record<string, number>;
  let described: Described;
  beforeAll(async () => {
    api = await openApi();
    titleKey = await api.makeTitle('arena');
    // What the rows refer to is there, so that each is refused for its own mistake alone.
    for (const [path, body] of [
      ['/v1/assets/gold', { name: 'Gold', kind: 'currency' }],
      ['/v1/items/sword', { name: 'Sword' }],
      draftedProduct,
      ...Object.entries(soldProducts).map(([code, body]) => [`/v1/products/${code}`, body] as const),
    ] as const) {
      expect(await api.send('PUT', path, { key: titleKey, body })).toMatchObject({ status: 201 });
    }
    for (const act of [...Object.keys(soldProducts).map((code) => `${code}/publish`), 'gone/withdraw'])
      expect(await api.send('POST', `/v1/products/${act}`, { key: titleKey })).toMatchObject({ status: 200 });
    await api.session.query(countsOfSales);
    await api.session.query(closedDeal);
    for (const made of purchasesToRefund) await api.session.query(made);
    described = await Described.of(api);
    before = await rowCounts(api.session);
    expect(before).toMatchObject({ 'titles.titles': 1, 'titles.keys': 1, 'titles.outbox': 2 });
  });
  afterAll(() => api.close());

  async function expectRefused({
    method,
    path,
    as = 'title',
    headers = {},
    body,
    status,
    code,
  }: HostileRow): Promise<void> {
    const key = { admin: adminKey, title: titleKey, nobody: undefined }[as];
    const answer = await api.send(method, path, { ...(key !== undefined && { key }), headers, body });
    expectProblem(answer, status, code);
    if (status !== 404 && status !== 405)
      expect(described.faults(method, path.replace(/\?.*/, ''), answer)).toEqual([]);
    expect(answer.headers.get('allow') !== null).toBe(status === 405);
    expect(answer.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
    expect(JSON.stringify(answer.body)).not.toMatch(/ at .*:\d+:\d+|node_modules|\.js|hostileHostile/);
    // The words of the validator are no promise of ours, and change with it.
    expect(JSON.stringify(answer.body)).not.toMatch(/Invalid |expected |received |Too (small|big)|Unrecognized/);
    expect(JSON.stringify(answer.body).length).toBeLessThan(4_096);
    expect(await rowCounts(api.session)).toEqual(before);
  }

  test.each(rows.map((row) => [row.what, row] as const))('%s', (_what, row) => expectRefused(row));

  test.each<[what: string, pay: unknown, pointer: string]>([
    ['an amount', { asset: 'gold', amount: '19' }, '/pay/amount'],
    ['an asset', { asset: 'gem', amount: '20' }, '/pay/asset'],
  ])('a purchase at another price says where %s is wrong, and the price of now', async (_what, pay, pointer) => {
    const [{ method, path, headers, body }] = purchaseRoutes as [WriteRoute];
    const sent = { key: titleKey, ...(headers && { headers }), body: { ...body, pay } };
    expect(expectProblem(await api.send(method, path, sent), 409, 'price-changed')).toMatchObject({
      errors: [{ pointer }],
      prices: [{ asset: 'gold', amount: '20' }],
    });
  });

  test('no key but the right one', async () => {
    for (const row of hostileKeys('GET', '/v1/titles', titleKey)) await expectRefused(row);
  });

  test('every route takes the body that these were made from', async () => {
    for (const { method, path, as, headers, body } of routes) {
      const { status } = await api.send(method, path, {
        key: as === 'admin' ? adminKey : titleKey,
        ...(headers && { headers }),
        body,
      });
      expect([path, status]).toEqual([path, expect.any(Number)]);
      expect(status).toBeLessThan(300);
    }
  });

  test('nothing of all this was a failure of the service', () => {
    expect(api.logged.filter((line) => line['level'] === 50 || (line['status'] as number) >= 500)).toEqual([]);
  });
});
