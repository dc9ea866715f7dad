import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import type { Exchange } from '../../contracts/nouns.js';
import { CatalogReads } from '../../src/catalog/catalog.reads.js';
import type { SaleVersion } from '../../src/catalog/catalog.types.js';
import { ConvoyDispatcher } from '../../src/exchanges/convoy-dispatcher.js';
import { DealIntake } from '../../src/exchanges/deal-intake.js';
import type { ExchangeStarter } from '../../src/exchanges/exchange-starter.service.js';
import { PurchaseIntake, type PurchaseRequest } from '../../src/purchases/purchase-intake.js';
import { purchaseKind } from '../../src/purchases/purchase-kind.js';
import { untilWaiting } from '../harness/meeting.js';
import { purchaseOf, Store, title, wordOf } from './store.js';

/*
 * A request for a purchase on its way to its row and its seat. PostgreSQL and the convoys are the real ones. Temporal
 * is a double, because what matters here is who waits for whom before a run is started.
 */

let store: Store;
beforeAll(async () => {
  store = await Store.open();
});
afterAll(async () => {
  expect(await store.close()).toBe(0);
});

/** The exchanges of the runs that were started. */
let started: string[];
let convoys: ConvoyDispatcher;
/** Whether titles have accounts at payment providers. */
let accounts = true;
beforeEach(() => {
  started = [];
  const starter = {
    start: (exchanges: readonly Exchange[]) => (started.push(...exchanges.map(({ id }) => id)), Promise.resolve('run')),
    ended: () => Promise.resolve(undefined),
  } as unknown as ExchangeStarter;
  convoys = new ConvoyDispatcher(starter, new Registry());
});

type Published = (asked: readonly { title: string; code: string }[]) => Promise<SaleVersion[]>;

/** @param published what the intake is told of the catalog, if it is not what the catalog says */
function intakeOf(published?: Published): PurchaseIntake {
  const [service] = store.services;
  const [source] = store.sources;
  const reads = new CatalogReads(source);
  const catalog = published === undefined ? reads : { published: (_: unknown, asked: never) => published(asked) };
  return new PurchaseIntake(source, catalog, service, new DealIntake(purchaseKind, service, convoys), {
    existing: (asked) => Promise.resolve(asked.map(() => accounts)),
  });
}

function requestOf(product: string, over: Partial<PurchaseRequest> = {}): PurchaseRequest {
  const { key, fingerprint, player, quantity, pay, reference } = purchaseOf('ann', product);
  return { title, key, fingerprint, player, product, quantity, pay, reference, ...over };
}

/** What becomes of a request, in a word. */
async function take(intake: PurchaseIntake, request: PurchaseRequest): Promise<string> {
  const { outcome, dispatch } = await intake.take(request);
  void dispatch();
  return wordOf(outcome);
}

const aboard = (): number => (convoys as unknown as { aboard: Set<string> }).aboard.size;

it('a purchase that waits for its product has no seat, so nobody waits for it', async () => {
  await store.publish('hot');
  expect(await take(intakeOf(), requestOf('hot'))).toBe('accepted');
  const { taken } = await store.within('rollback', async () => {
    await store.session.query(`select from purchases.sales where product = 'hot' for update`);
    const waiting = intakeOf().take(requestOf('hot'));
    await untilWaiting(store.session, 1);
    expect(aboard()).toBe(0);
    return { taken: waiting };
  });
  const { outcome, dispatch } = await taken;
  expect(outcome).toMatchObject({ outcome: 'accepted', deal: { workflowId: expect.stringContaining('pur_') } });
  await dispatch();
  expect(started).toContain('deal' in outcome ? outcome.deal.id : '');
});

it('a purchase in money of a title without an account at the provider is declined, and a replay is not', async () => {
  await store.publish('paid');
  const pay = { currency: 'EUR', amount: '499', provider: 'stripe' as const };
  const request = requestOf('paid', { pay });
  expect(await take(intakeOf(), request)).toBe('accepted');
  accounts = false;
  try {
    expect(await take(intakeOf(), requestOf('paid', { pay }))).toBe('payment-account-missing');
    expect(await take(intakeOf(), request)).toBe('replayed');
    expect(await take(intakeOf(), requestOf('paid'))).toBe('accepted');
  } finally {
    accounts = true;
  }
});

it('a declined purchase has no seat, and the convoy of the others goes', async () => {
  await store.publish('single', { stock: 1 });
  const intake = intakeOf();
  // The first goes alone, and the others wait for it and go together.
  const taken = await Promise.all([1, 2, 3].map(() => intake.take(requestOf('single'))));
  expect(taken.map(({ outcome }) => wordOf(outcome))).toEqual(['accepted', 'out-of-stock', 'out-of-stock']);
  expect(aboard()).toBe(1);
  await Promise.all(taken.map(({ dispatch }) => dispatch()));
  expect(started).toEqual(taken.flatMap(({ outcome }) => ('deal' in outcome ? [outcome.deal.id] : [])));
});

it('what was accepted once is answered by its key, though it could not be quoted any more', async () => {
  await store.publish('once');
  const request = requestOf('once');
  expect(await take(intakeOf(), request)).toBe('accepted');
  await store.withdraw('once');
  const others = [request, requestOf('once'), { ...request, fingerprint: Buffer.from('g') }];
  const intake = intakeOf();
  expect(await Promise.all(others.map((other) => take(intake, other)))).toEqual([
    'replayed',
    'not-on-sale',
    'key-reused',
  ]);
});

/** The catalog as it was at a moment: what it says of these products then. */
async function asOfNow(...products: string[]): Promise<SaleVersion[]> {
  const [source] = store.sources;
  return new CatalogReads(source).published(
    source.manager,
    products.map((code) => ({ title, code })),
  );
}

it('an order that was quoted by an older version is quoted anew', async () => {
  await store.publish('edited');
  const old = await asOfNow('edited');
  await store.publish('edited', { stock: 1 });
  let asked = 0;
  const intake = intakeOf(async (codes) => (++asked === 1 ? old : asOfNow(...codes.map(({ code }) => code))));
  const { outcome } = await intake.take(requestOf('edited'));
  expect(outcome).toMatchObject({ outcome: 'accepted', deal: { version: 2 } });
  expect(asked).toBe(2);
});

it('an order is declined by what is read anew alone', async () => {
  const intake = intakeOf();
  const pay = { currency: 'EUR', amount: '499', provider: 'stripe' as const };
  accounts = false;
  try {
    expect(await take(intake, requestOf('late', { pay }))).toBe('unknown-product');
    await store.publish('late');
    expect(await take(intake, requestOf('late', { pay }))).toBe('payment-account-missing');
  } finally {
    accounts = true;
  }
  expect(await take(intake, requestOf('late', { pay }))).toBe('accepted');
});

it('an order of a product that is published anew again and again is sent away, with nothing kept', async () => {
  await store.publish('restless');
  const old = await asOfNow('restless');
  await store.publish('restless');
  await expect(intakeOf(() => Promise.resolve(old)).take(requestOf('restless'))).rejects.toMatchObject({
    code: 'unavailable',
  });
  expect(await store.sold('restless')).toEqual({ counted: 0, bought: 0 });
  expect(aboard()).toBe(0);
});
