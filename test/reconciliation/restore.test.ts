import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { tradeBody, until } from '../e2e/processes.js';
import type { Shop } from '../e2e/money/shop.js';
import { RestoreWorld, type Ran } from './restore-world.js';

/*
 * The database is restored to some minutes ago, step by step as docs/operations.md says. The provider and Temporal know
 * what has happened since then, and the books have forgotten it.
 */

let world: RestoreWorld;
let shop: Shop;
let refunded: string;
let disputed: string;
let decided: string;
let dispute: string;
let open: string;
let forgotten: string;
let stuck: string;
let trades: string[];

beforeAll(async () => {
  world = await RestoreWorld.open();
  const { system } = world;
  shop = await system.shop('arena');
  for (const code of ['b', 'c', 'd', 'e', 'f']) await shop.sell(code, 100);
  await shop.api.must(201, shop.api.send('PUT', '/v1/assets/gold', { name: 'Gold', kind: 'currency' }));
  await shop.api.grant('ann', '100');
  const before = await trade('before');
  [refunded, disputed, decided] = [await bought('b'), await bought('c'), await bought('d')];
  dispute = await shop.moves('dispute-open', decided);
  await until('the dispute is known', async () => (await disputes()).length === 1);
  open = await shop.buy({ player: 'slow', product: 'e', method: null });
  await shop.untilBuyer(open);

  await world.copy();

  trades = [before, await trade('after')];
  forgotten = await bought('b');
  await shop.moves('dashboard-refund', refunded, '99');
  await shop.moves('dispute-open', disputed, '150');
  await shop.moves('dispute-lost', dispute);
  await shop.buyerConfirms(open);
  await shop.untilState(open, 'completed');
  await until('what has moved at the provider is booked', async () => (await booked()).length === 2);
  await shop.refuseGrants();
  stuck = await shop.buy({ player: 'last', product: 'f' });
  await shop.untilState(stuck, 'stuck');
});
afterAll(() => world.system.close());

/** What has moved at the provider since the copy, as far as it is booked. */
async function booked(): Promise<unknown[]> {
  const { rows } = await world.system.sql.query(
    `select reason from ledger.transfers
     where (reason = 'outside-refund' and reference = $1) or (reason = 'dispute' and reference = $2)`,
    [refunded, disputed],
  );
  return rows;
}

let players = 0;
async function bought(product: string): Promise<string> {
  const id = await shop.buy({ player: `buyer-${++players}`, product });
  await shop.untilState(id, 'completed');
  return id;
}

async function trade(key: string): Promise<string> {
  const sent = shop.api.post('/v1/trades', key, tradeBody('ann', '10', 'ben'));
  const id = (await shop.api.must(202, sent))['id'] as string;
  expect(await shop.api.closed(id)).toMatchObject({ state: 'settled' });
  return id;
}

async function disputes(): Promise<{ id: string; state: string; purchase: string }[]> {
  const { data } = await shop.api.must(200, shop.api.send('GET', '/v1/disputes'));
  return data as { id: string; state: string; purchase: string }[];
}

/** What a run has found, without what the clock of the test makes due that is not. */
function told({ breaks }: Ran): string[] {
  return breaks
    .filter(({ type }) => type !== 29)
    .map(({ type, subject }) => `${type} ${subject}`)
    .sort();
}

/** What it repairs of that. */
function repaired({ repairs }: Ran): unknown[] {
  return repairs.filter(({ type }) => type !== 29).map(({ type, action, subject }) => [type, action, subject]);
}

let first: Ran;

test('what Temporal still runs is ended, and the transactions are passed', async () => {
  const { system } = world;
  await system.stop();
  await world.putBack();
  expect(await world.isAhead()).toBe(true);
  await world.passTransactions();
  expect(await world.isAhead()).toBe(false);
  expect(await world.endSagas()).toContain(`purchase/${stuck}`);
  expect(await world.endSagas()).toEqual([]);
});

test('a run of everything names what the provider and Temporal know and the books have forgotten', async () => {
  const { system } = world;
  await system.provider.control('POST', 'webhooks', { mode: 'off' });
  // The walks and looks of every minute would find it as well.
  await world.alter(`update payments.outside_walks set due_at = now() + interval '1 day'`);
  await world.alter(`update payments.outside_looks set due_at = now() + interval '1 day'`);
  await world.judgeLater(20);
  await system.startAgain();
  await shop.untilState(open, 'completed');
  first = await world.reconcile('history');
  const { intents } = await shop.effects();
  const lost = intents.filter(({ metadata }) => [forgotten, stuck].includes(metadata['purchase'] ?? ''));
  expect(first).toMatchObject({ verdict: 'BREAKS', reasons: [] });
  expect(told(first).filter((one) => one.startsWith('3 '))).toEqual(
    lost.map(({ reference }) => `3 ${reference}`).sort(),
  );
  expect(told(first).filter((one) => /^30 (trade|purchase)/.test(one))).toEqual(
    [`purchase/${forgotten}`, `purchase/${stuck}`, `trade/${trades[1] ?? ''}`].map((run) => `30 ${run}`).sort(),
  );
  expect(told(first).filter((one) => !one.startsWith('3'))).toEqual([
    expect.stringMatching(/^15 re_/),
    expect.stringMatching(/^19 dp_/),
    `20 ${dispute}`,
  ]);
});

test('what is safe heals by the repairs of the run, and the rest stays with a person', async () => {
  expect(repaired(first)).toEqual([
    [15, 'look', refunded],
    [19, 'look', disputed],
    [20, 'look', decided],
  ]);
  await until('it is booked', async () => (await booked()).length === 2, 120_000);
  await until('the dispute has ended', async () => (await disputes()).some(({ state }) => state === 'lost'));
  // Three movements have goods that follow. By the clock of the next run an open refund would be late.
  await until('the goods have followed', async () => {
    const { rows } = await world.system.sql.query(
      'select (select count(*) from refunds.refunds) >= 3 and not exists (select from refunds.open) as done',
    );
    return (rows[0] as { done: boolean }).done;
  });
  const next = await world.reconcile('full');
  expect(repaired(next)).toEqual([]);
  expect(told(next)).toEqual(told(first).filter((one) => one.startsWith('3')));
  expect(await shop.api.closed(trades[0] ?? '')).toMatchObject({ state: 'settled' });
});

test('what is new is what lists begin with', async () => {
  const newest = await trade('new');
  const firstOf = async (path: string): Promise<Record<string, unknown>> => {
    const { data } = await shop.api.must(200, shop.api.send('GET', `${path}?limit=1`));
    return (data as Record<string, unknown>[])[0] ?? {};
  };
  expect(await firstOf('/v1/trades')).toMatchObject({ id: newest });
  expect(await firstOf('/v1/transfers')).toMatchObject({ reference: newest });
});
