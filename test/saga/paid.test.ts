import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Exchange } from '../../contracts/nouns.js';
import { until } from '../e2e/processes.js';
import { openStore } from './bought-kinds.js';
import { acceptPaid, goodsOf, saidOf, settled, turnedBack, type Paid } from './paid-kinds.js';
import { waitsUntil } from './payments-in-memory.js';
import { title, type SagaWorld, type StepName } from './saga-world.js';
import { acceptOfKind } from './traded-kinds.js';
import { openForTests } from './test-world.js';

let world: SagaWorld;
openForTests(async (opened) => {
  world = opened;
  await openStore(world);
});

/** Names the steps that are made from now on, in order. */
function listen(): StepName[] {
  const made: StepName[] = [];
  world.before = (step) => Promise.resolve(void made.push(step));
  return made;
}

/** Accepts a purchase, settles it alone, and answers which steps were made and what is there of it then. */
async function settleOne(paid: Paid): Promise<{ exchange: Exchange; made: StepName[]; end: object }> {
  const exchange = await acceptPaid(world, paid);
  const made = listen();
  await world.settle([exchange]);
  return { exchange, made, end: await goodsOf(world, exchange) };
}

describe('a purchase in real money', () => {
  test('is held, authorised, captured, booked and minted, in this order', async () => {
    const { made, end } = await settleOne({});
    expect(end).toEqual(settled);
    expect(made).toEqual([
      'inventoryHold',
      'paymentAuthorize',
      'paymentCapture',
      'ledgerTransfer',
      'inventoryMove',
      'closePurchases',
    ]);
  });

  test('of amounts alone is neither held nor minted', async () => {
    const { made, end } = await settleOne({ of: 'gems' });
    expect(end).toEqual({ ...settled, items: 0 });
    expect(made).toEqual(['paymentAuthorize', 'paymentCapture', 'ledgerTransfer', 'closePurchases']);
  });

  test('that is captured when it is confirmed is not captured again', async () => {
    const { made, end } = await settleOne({ payment: { fate: 'captures-at-once' } });
    expect(end).toEqual(settled);
    expect(made).not.toContain('paymentCapture');
  });

  test('whose items are refused is closed, and its payment is asked for nothing', async () => {
    const { exchange, made, end } = await settleOne({ of: 'diadem' });
    expect(end).toMatchObject({ row: { state: 'refused', reason_code: 'item-sold-out' }, captures: 0, gems: 0n });
    expect(made).toEqual(['inventoryHold', 'closePurchases']);
    expect(exchange.payment).toBeDefined();
  });

  test('that is declined is voided first, and only then given back', async () => {
    const { made, end } = await settleOne({ payment: { fate: 'declines' } });
    expect(end).toEqual(turnedBack('payment-declined'));
    expect(made).toEqual(['inventoryHold', 'paymentAuthorize', 'paymentVoid', 'inventoryRelease', 'closePurchases']);
  });

  test('that is declined and was captured all the same gets its goods', async () => {
    const { made, end } = await settleOne({ payment: { fate: 'declines-but-is-captured' } });
    expect(end).toEqual(settled);
    expect(made).not.toContain('inventoryRelease');
    expect(made.indexOf('ledgerTransfer')).toBeGreaterThan(made.indexOf('paymentVoid'));
  });

  test('that is turned back while it is to be captured is voided, and given back', async () => {
    const exchange = await acceptPaid(world);
    const cause = { code: 'purchase-cancelled', detail: 'The buyer cancelled it.' };
    world.before = async (step) =>
      void (step === 'paymentCapture' && (await world.payments.void([{ id: exchange.id, cause }])));
    await world.settle([exchange]);
    expect(await goodsOf(world, exchange)).toEqual(turnedBack('purchase-cancelled'));
  });

  test.each<StepName>(['paymentAuthorize', 'paymentCapture', 'paymentVoid', 'ledgerTransfer', 'inventoryMove'])(
    'comes to one end although the answer of %s is lost twice',
    async (step) => {
      world.failAfter.set(step, 2);
      const { end } = await settleOne({ payment: { fate: step === 'paymentVoid' ? 'declines' : 'authorizes' } });
      expect(end).toEqual(step === 'paymentVoid' ? turnedBack('payment-declined') : settled);
    },
  );

  test('that waits ends its run with its row open, and the next run goes on from the beginning', async () => {
    const exchange = await acceptPaid(world, { payment: { waits: 1 } });
    expect(await world.settle([exchange])).toEqual([]);
    const waiting = { id: exchange.id, for: 'buyer', until: waitsUntil };
    expect(await saidOf(world, exchange)).toEqual({ ...waiting, outcome: 'waits' });
    expect(world.payments.noted).toContainEqual(waiting);
    expect(await goodsOf(world, exchange)).toMatchObject({ row: { state: 'accepted' }, gems: 0n, items: 0 });
    expect(await world.settle([exchange])).toMatchObject([{ state: 'settled' }]);
    expect(await goodsOf(world, exchange)).toEqual(settled);
  });

  test('whose hold another run has ended asks the payment why, and is closed with its cause', async () => {
    const exchange = await acceptPaid(world);
    const cause = { code: 'purchase-cancelled', detail: 'The buyer cancelled it.' };
    await world.payments.void([{ id: exchange.id, cause }]);
    await world.inventory.release([{ exchange: exchange.id, title, cause: { code: 'x', detail: 'x' } }]);
    const made = listen();
    await world.settle([exchange]);
    expect(await goodsOf(world, exchange)).toEqual(turnedBack('purchase-cancelled'));
    expect(made).toEqual(['inventoryHold', 'paymentVoid', 'inventoryRelease', 'closePurchases']);
  });

  test.each<StepName>([
    'inventoryHold',
    'paymentAuthorize',
    'paymentCapture',
    'ledgerTransfer',
    'inventoryMove',
    'closePurchases',
  ])('whose run is terminated at %s is settled once by the next run', async (step) => {
    const exchange = await acceptPaid(world);
    const workflowId = `purchase/${exchange.id}`;
    world.failAfter.set(step, Infinity);
    await world.starter.start([exchange], workflowId);
    await until('it has failed', () => Promise.resolve((world.calls.get(step) ?? 0) > 1));
    await world.client.workflow.getHandle(workflowId).terminate();
    world.reset();
    expect(await world.settle([exchange])).toMatchObject([{ state: 'settled' }]);
    expect(await goodsOf(world, exchange)).toEqual(settled);
  });

  test('whose workflow is cancelled is turned back', async () => {
    const exchange = await acceptPaid(world);
    const handle = world.client.workflow.getHandle(`purchase/${exchange.id}`);
    world.before = (step) => (step === 'paymentAuthorize' ? Promise.reject(new Error('not now')) : Promise.resolve());
    await world.starter.start([exchange], handle.workflowId);
    await until('it has failed', () => Promise.resolve((world.calls.get('paymentAuthorize') ?? 0) > 0));
    await handle.cancel();
    await handle.result();
    expect(await goodsOf(world, exchange)).toEqual(turnedBack('compensated-by-operator'));
  });
});

describe('a convoy of purchases in real money', () => {
  test('settles, turns back, refuses and lets wait each by itself, and what fails leaves', async () => {
    const plans: Paid[] = [
      {},
      { payment: { waits: 1 } },
      { payment: { fate: 'declines' } },
      { of: 'diadem' },
      { payment: { fate: 'captures-at-once' }, of: 'gems' },
      {},
    ];
    const exchanges: Exchange[] = [];
    for (const plan of plans) exchanges.push(await acceptPaid(world, plan));
    const [, , , , , bad] = exchanges as [Exchange, Exchange, Exchange, Exchange, Exchange, Exchange];
    world.payments.fails.add(bad.id);
    const closed = await world.settle(exchanges, `convoy/${randomUUID()}`);
    expect(closed.map(({ state }) => state).sort()).toEqual(['compensated', 'refused', 'settled', 'settled']);
    const ends: string[] = [];
    for (const { id } of exchanges) ends.push((await world.row(id)).state);
    expect(ends).toEqual(['completed', 'accepted', 'declined', 'refused', 'completed', 'accepted']);
    world.payments.fails.clear();
    await until('what has left is settled', async () => (await world.row(bad.id)).state === 'completed');
    await world.settle(exchanges.slice(1, 2));
    for (const one of [exchanges[0], exchanges[1], bad] as Exchange[])
      expect(await goodsOf(world, one)).toEqual(settled);
  });

  test.each([
    ['paymentAuthorize', {}],
    ['paymentCapture', {}],
    ['paymentVoid', { payment: { fate: 'declines' } }],
  ] as [StepName, Paid][])(
    'asks again at %s about what was held back, and nobody leaves for it',
    async (held, plan) => {
      const one = await acceptPaid(world, plan);
      const other = await acceptPaid(world, plan);
      let asked = 0;
      world.before = (step) => {
        if (step === held && (asked += 1) === 1) world.payments.later.add(one.id);
        return Promise.resolve();
      };
      expect(await world.settle([one, other], `convoy/${randomUUID()}`)).toHaveLength(2);
      expect(asked).toBe(2);
      for (const exchange of [one, other])
        expect(await goodsOf(world, exchange)).toEqual(
          held === 'paymentVoid' ? turnedBack('payment-declined') : settled,
        );
      world.reset();
    },
  );

  test('side by side with a trade settles both', async () => {
    const trade = await acceptOfKind(world, 'both');
    const paid = await acceptPaid(world);
    expect(await world.settle([trade, paid], `convoy/${randomUUID()}`)).toHaveLength(2);
    expect(await goodsOf(world, paid)).toEqual(settled);
    expect(await world.row(trade.id)).toEqual({ state: 'settled', reason_code: null });
  });
});
