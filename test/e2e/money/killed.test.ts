import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Api, tradeBody, until } from '../processes.js';
import { expectEnd, expectSides, granted, type End } from './sides.js';
import type { Shop } from './shop.js';
import { MoneySystem } from './system.js';

/*
 * The failure cases of purchases in real money in which a process is killed or ended, or the provider is away. 58, the
 * books of an older moment, is not made here: nobody can say yet what the provider has that they do not.
 */

let system: MoneySystem;
beforeAll(async () => {
  system = await MoneySystem.start('off', { PAYMENT_DEADLINE_SECONDS: '900' });
}, 120_000);
afterAll(() => system.close());

async function killWorker(): Promise<void> {
  system.worker.child.kill('SIGKILL');
  await until('the worker is gone', () => Promise.resolve(system.worker.child.signalCode !== null));
}

/** So many purchases that were each paid once and granted once. */
function all(many: number): End {
  const each = <T>(one: T): T[] => Array.from({ length: many }, () => one);
  return { purchases: each('completed'), intents: each('succeeded 499 499 0'), captures: many, granted: many };
}

async function buyMany(shop: Shop, many: number): Promise<string[]> {
  return Promise.all(Array.from({ length: many }, (_, n) => shop.buy({ player: `buyer-${n}` })));
}

test('25: a bank takes its time, and the worker that waited for it is another one by then', async () => {
  const shop = await system.shop('case-25');
  const id = await shop.buy({ method: 'pm_sepa_debit' });
  await shop.untilState(id, 'processing');
  await killWorker();
  await shop.buyerConfirms(id);
  await system.startWorker();
  await expectEnd(shop, { ...granted, captures: 0 });
}, 300_000);

test('30: the worker is killed after the capture, before it is told of it', async () => {
  const shop = await system.shop('case-30');
  await shop.fault('capture', 'delay', { ms: 2_500 });
  const id = await shop.buy();
  await shop.untilDone('captured');
  await killWorker();
  expect(await shop.purchase(id)).not.toMatchObject({ state: 'completed' });
  await system.startWorker();
  await expectEnd(shop, granted);
}, 300_000);

test('32: the worker is killed after the money is booked, and the items come once it is back', async () => {
  const shop = await system.shop('case-32');
  const cure = await shop.refuseMints();
  await shop.buy();
  await until('it is booked', async () => {
    const { rowCount } = await system.sql.query(
      `select from ledger.outcomes where title = 'case-32' and state = 'posted'`,
    );
    return rowCount === 1;
  });
  await killWorker();
  await cure();
  await system.startWorker();
  await expectEnd(shop, granted);
}, 300_000);

test('54: the provider is down: purchases are accepted, trades settle, and all are paid once it is back', async () => {
  const shop = await system.shop('case-54');
  await system.provider.kill();
  await buyMany(shop, 6);
  await expectTradesSettle('trades-54');
  const { data } = await shop.api.must(200, shop.api.send('GET', '/v1/purchases'));
  expect((data as { closedAt?: string }[]).filter(({ closedAt }) => closedAt === undefined)).toHaveLength(6);
  await system.provider.run();
  await expectEnd(shop, all(6));
}, 300_000);

test('55: the provider answers so late that nobody waits for it, and trades settle meanwhile', async () => {
  const shop = await system.shop('case-55');
  await shop.faultForEver('any', 'delay', { ms: 30_000 });
  await buyMany(shop, 24);
  await until('many wait for an answer', async () => (await shop.effects()).intents.length >= 12);
  await expectTradesSettle('trades-55');
  expect((await shop.effects()).intents.filter(({ captured }) => captured !== '0')).toEqual([]);
  await shop.mend();
  await expectEnd(shop, all(24));
}, 300_000);

test('56: the worker is replaced in the middle, by the next one of a deploy', async () => {
  const shop = await system.shop('case-56');
  await shop.faultForEver('any', 'delay', { ms: 500 });
  await buyMany(shop, 10);
  await shop.untilDone('authorized', 3);
  const leaving = system.worker.stop();
  await system.startWorker();
  expect(await leaving).toBe(0);
  await expectEnd(shop, all(10));
  await expectSides(shop, all(10));
}, 300_000);

/** Trades of a title that has no purchase are answered with their outcome, as if nothing was wrong. */
async function expectTradesSettle(title: string): Promise<void> {
  const api = await Api.forNewTitle(system.main.url, title);
  await api.defineGoldAndSword();
  await Promise.all(['ann', 'ben'].map((player) => api.grant(player, '100')));
  const trades = await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      api.post('/v1/trades', `trade-${n}`, tradeBody('ann', '2', 'ben', [], '1'), { prefer: 'wait=20' }),
    ),
  );
  expect(trades.map(({ status, body }) => `${status} ${String(body['state'])}`)).toEqual(
    trades.map(() => '200 settled'),
  );
}
