import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Exchange } from '../../contracts/nouns.js';
import { until } from '../e2e/processes.js';
import { openStore } from './bought-kinds.js';
import { saidOf } from './paid-kinds.js';
import { waitsUntil } from './payments-in-memory.js';
import { acceptRefund, fundStore, given, keeps, leftOf, type RefundDeal, type Refunded } from './refund-kinds.js';
import { title, type SagaWorld, type StepName } from './saga-world.js';
import { act, standAt } from './standing-refunds.js';
import { openForTests } from './test-world.js';

let world: SagaWorld;
openForTests(
  async (opened) => {
    world = opened;
    await openStore(world);
    await fundStore(world);
  },
  { STUCK_AFTER_SECONDS: '1' },
);

const byOperator = { code: 'compensated-by-operator', detail: 'Olga: test' };

/** Names the steps that are made from now on, in order. */
function listen(): StepName[] {
  const made: StepName[] = [];
  world.before = (step) => Promise.resolve(void made.push(step));
  return made;
}

/** Accepts a refund, settles it alone, and answers which steps were made and what is there of it then. */
async function settleOne(refunded: Refunded): Promise<{ deal: RefundDeal; made: StepName[]; end: object }> {
  const deal = await acceptRefund(world, refunded);
  const made = listen();
  await world.settle([deal.exchange]);
  return { deal, made, end: await leftOf(world, deal) };
}

async function ended(deal: RefundDeal): Promise<object> {
  world.reset();
  await world.client.workflow.getHandle(`purchase/${deal.exchange.id}`).result();
  return leftOf(world, deal);
}

describe('a refund of real money', () => {
  test('is held, given back, booked and taken, in this order', async () => {
    const { made, end } = await settleOne({});
    expect(end).toEqual(given());
    expect(made).toEqual(['inventoryHold', 'paymentRefund', 'ledgerTransfer', 'inventoryMove', 'closePurchases']);
  });

  test('of amounts alone holds and takes no items', async () => {
    const { made, end } = await settleOne({ of: 'gems' });
    expect(end).toEqual(given('gems'));
    expect(made).toEqual(['paymentRefund', 'ledgerTransfer', 'closePurchases']);
  });

  test.each([0, 1] as const)(
    'of two items of which the player has %i books what is owed for the rest',
    async (owned) => {
      const { end } = await settleOne({ owned });
      expect(end).toEqual(given('money', owned));
    },
  );

  test('that fails is cancelled first, and only then are the items the player’s again', async () => {
    const { made, end } = await settleOne({ refund: { fate: 'fails' }, owned: 1 });
    expect(end).toEqual(keeps('refund-failed', 1));
    expect(made).toEqual([
      'inventoryHold',
      'paymentRefund',
      'paymentRefundCancel',
      'inventoryRelease',
      'closePurchases',
    ]);
  });

  test('that is pending ends its run with its row open, and the next run goes on from the beginning', async () => {
    const deal = await acceptRefund(world, { refund: { waits: 1 }, owned: 1 });
    const { exchange } = deal;
    expect(await world.settle([exchange])).toEqual([]);
    expect(await saidOf(world, exchange)).toEqual({
      id: exchange.id,
      for: 'provider',
      until: waitsUntil,
      outcome: 'waits',
    });
    expect(await leftOf(world, deal)).toMatchObject({ row: { state: 'accepted' }, refunds: 0, booked: 0, gems: 5n });
    expect(await world.settle([exchange])).toMatchObject([{ state: 'settled' }]);
    expect(await leftOf(world, deal)).toEqual(given('money', 1));
  });

  test('that was cancelled before it was sent is never sent', async () => {
    const deal = await acceptRefund(world);
    await world.refunds.cancel([{ id: deal.exchange.id, cause: byOperator }]);
    const made = listen();
    await world.settle([deal.exchange]);
    expect(await leftOf(world, deal)).toEqual(keeps('compensated-by-operator'));
    expect(made).not.toContain('ledgerTransfer');
  });

  test('that is turned back while it is pending waits on, and is settled where it succeeds', async () => {
    const deal = await acceptRefund(world, { refund: { waits: 2 }, owned: 1 });
    await world.settle([deal.exchange]);
    await world.refunds.cancel([{ id: deal.exchange.id, cause: byOperator }]);
    const made = listen();
    expect(await world.settle([deal.exchange])).toMatchObject([{ state: 'settled' }]);
    expect(await leftOf(world, deal)).toEqual(given('money', 1));
    expect(made).toEqual(['inventoryHold', 'paymentRefund', 'ledgerTransfer', 'inventoryMove', 'closePurchases']);
  });

  test.each<StepName>(['inventoryHold', 'paymentRefund', 'paymentRefundCancel', 'ledgerTransfer', 'inventoryMove'])(
    'comes to one end although the answer of %s is lost twice',
    async (step) => {
      world.failAfter.set(step, 2);
      const fate = step === 'paymentRefundCancel' ? 'fails' : 'refunds';
      const { end } = await settleOne({ refund: { fate }, owned: 1 });
      expect(end).toEqual(fate === 'fails' ? keeps('refund-failed', 1) : given('money', 1));
    },
  );

  test.each<StepName>(['inventoryHold', 'paymentRefund', 'ledgerTransfer', 'inventoryMove', 'closePurchases'])(
    'whose run is terminated at %s is settled once by the next run',
    async (step) => {
      const deal = await acceptRefund(world, { owned: 1 });
      const workflowId = `purchase/${deal.exchange.id}`;
      world.failAfter.set(step, Infinity);
      await world.starter.start([deal.exchange], workflowId);
      await until('it has failed', () => Promise.resolve((world.calls.get(step) ?? 0) > 1));
      await world.client.workflow.getHandle(workflowId).terminate();
      world.reset();
      expect(await world.settle([deal.exchange])).toMatchObject([{ state: 'settled' }]);
      expect(await leftOf(world, deal)).toEqual(given('money', 1));
    },
  );

  test('in a convoy settles, fails, waits and leaves each by itself', async () => {
    const plans: Refunded[] = [
      {},
      { refund: { fate: 'fails' } },
      { refund: { waits: 1 } },
      { of: 'gold', owned: 1 },
      {},
    ];
    const deals: RefundDeal[] = [];
    for (const plan of plans) deals.push(await acceptRefund(world, plan));
    const [settled, failed, waiting, virtual, bad] = deals as [
      RefundDeal,
      RefundDeal,
      RefundDeal,
      RefundDeal,
      RefundDeal,
    ];
    world.refunds.fails.add(bad.exchange.id);
    const exchanges = deals.map(({ exchange }): Exchange => exchange);
    const closed = await world.settle(exchanges, `convoy/${randomUUID()}`);
    expect(closed.map(({ state }) => state)).toEqual(['settled', 'compensated', 'settled']);
    world.refunds.fails.clear();
    await until('what has left is settled', async () => (await world.row(bad.exchange.id)).state === 'completed');
    await world.settle([waiting.exchange]);
    for (const one of [settled, waiting, bad]) expect(await leftOf(world, one)).toEqual(given());
    expect(await leftOf(world, failed)).toEqual(keeps('refund-failed'));
    expect(await leftOf(world, virtual)).toEqual(given('gold', 1));
  });

  test('that is pending for long while its convoy is turned back leaves, and the others do not wait', async () => {
    const slow = await acceptRefund(world, { refund: { waits: Infinity } });
    const quick = await acceptRefund(world);
    const both = [slow, quick].map(({ exchange }) => exchange);
    await world.refunds.refund([slow.exchange]);
    world.before = (step) =>
      step === 'paymentRefund' ? Promise.reject(new Error('It cannot be made now.')) : Promise.resolve();
    const convoy = `convoy/${randomUUID()}`;
    await world.starter.start(both, convoy);
    await until('it stands', () => Promise.resolve(world.attempts.size > 0 && world.calls.has('inventoryHold')));
    const handle = world.client.workflow.getHandle(convoy);
    await handle.cancel();
    await until('the refunds are cancelled', () => Promise.resolve(world.calls.has('paymentRefundCancel')));
    world.before = () => Promise.resolve();
    await handle.result();
    expect(await leftOf(world, quick)).toEqual(keeps('compensated-by-operator'));
    expect(await saidOf(world, slow.exchange)).toMatchObject({ outcome: 'waits', for: 'provider' });
    world.refunds.plan(slow.exchange.id, { waits: 0 });
    await world.settle([slow.exchange]);
    expect(await leftOf(world, slow)).toEqual(given());
  }, 60_000);
});

describe('a refund without real money', () => {
  test.each([0, 1, 2] as const)('is booked with what is owed, where the player has %i of two items', async (owned) => {
    const { made, end } = await settleOne({ of: 'gold', owned });
    expect(end).toEqual(given('gold', owned));
    expect(made).toEqual(['inventoryHold', 'ledgerTransfer', 'inventoryMove', 'closePurchases']);
  });

  test.each([0, 1, 2] as const)('of items alone, of which the player has %i, books after the move', async (owned) => {
    const { made, end } = await settleOne({ of: 'items', owned });
    expect(end).toEqual(given('items', owned));
    expect(made).toEqual(
      owned === 2
        ? ['inventoryHold', 'inventoryMove', 'closePurchases']
        : ['inventoryHold', 'inventoryMove', 'ledgerTransfer', 'closePurchases'],
    );
  });

  test('of items alone that is turned back after the move is booked all the same', async () => {
    const deal = await standAt(world, 'ledgerTransfer', { of: 'items', owned: 1 });
    expect(await act(world, deal, 'resolve')).toBe('saga-not-resolvable');
    world.reset();
    expect(await act(world, deal, 'compensate')).toEqual({ id: deal.exchange.id, state: 'settled' });
    expect(await ended(deal)).toEqual(given('items', 1));
  });

  test('takes what the player does not have as a debt', async () => {
    const deal = await acceptRefund(world, { of: 'items', owned: 0 });
    const spent = [{ from: `player:${deal.player}`, to: 'system:store', asset: 'gold', amount: 100n }];
    await world.ledger.transfer([{ title, key: randomUUID(), kind: 'transfer', legs: spent, reason: 'spent' }]);
    await world.settle([deal.exchange]);
    expect(await leftOf(world, deal)).toMatchObject({ row: { state: 'completed' }, gold: -14n });
  });
});

test('an inventory that lacks what it was to refuse is not believed', async () => {
  const deal = await acceptRefund(world, { of: 'gold', owned: 1 });
  const { exchange } = deal;
  await world.inventory.hold([{ exchange: exchange.id, title, moves: exchange.moves }]);
  const strict = { ...exchange, moves: exchange.moves.map(({ instead: _, ...move }) => move) };
  await world.starter.start([strict], `purchase/${exchange.id}`);
  await until('it stands', async () => {
    const { rows } = await world.session.query('select from sagas.sagas where id = $1 and step = $2', [
      exchange.id,
      'protocol',
    ]);
    return rows.length > 0;
  });
  expect(await leftOf(world, deal)).toMatchObject({ booked: 0, gems: 5n });
  await world.client.workflow.getHandle(`purchase/${exchange.id}`).terminate();
  await world.inventory.release([{ exchange: exchange.id, title, cause: byOperator }]);
});
