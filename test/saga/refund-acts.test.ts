import { describe, expect, test } from '@jest/globals';
import { until } from '../e2e/processes.js';
import { openStore } from './bought-kinds.js';
import { acceptRefund, fundStore, given, keeps, leftOf, type RefundDeal } from './refund-kinds.js';
import type { SagaWorld, StepName } from './saga-world.js';
import { act, restAt, standAt } from './standing-refunds.js';
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

async function ended(deal: RefundDeal): Promise<object> {
  world.reset();
  await world.client.workflow.getHandle(`purchase/${deal.exchange.id}`).result();
  return leftOf(world, deal);
}

describe('an operator', () => {
  const compensated = { state: 'compensated', cause: { code: 'compensated-by-operator' } };

  test('who compensates a refund that was not sent has it cancelled, and the player keeps all', async () => {
    const deal = await standAt(world, 'paymentRefund');
    expect(await act(world, deal, 'resolve')).toBe('saga-not-resolvable');
    expect(await act(world, deal, 'compensate')).toMatchObject(compensated);
    expect(await ended(deal)).toEqual(keeps('compensated-by-operator'));
  });

  test.each([
    ['refunds', given('money', 1)],
    ['fails', keeps('compensated-by-operator', 1)],
  ] as const)('who compensates a refund that is pending is shown what it waits for, until it %s', async (fate, end) => {
    const deal = await acceptRefund(world, { refund: { fate, waits: Infinity }, owned: 1 });
    const { id } = deal.exchange;
    await world.settle([deal.exchange]);
    await restAt(world, deal, 'paymentRefund');
    const acted = act(world, deal, 'compensate');
    await until('it was asked about again', async () => (world.calls.get('paymentRefundCancel') ?? 0) > 1);
    const noted = 'select state, step, why from sagas.sagas where id = $1';
    expect((await world.session.query(noted, [id])).rows).toEqual([
      { state: 'compensating', step: 'paymentRefundCancel', why: expect.stringContaining('on its way') },
    ]);
    expect((await world.row(id)).state).toBe('accepted');
    expect(await act(world, deal, 'retry')).toBe('saga-not-stuck');
    expect(await act(world, deal, 'resolve')).toBe('saga-not-resolvable');
    world.refunds.plan(id, { waits: 0 });
    expect(await acted).toMatchObject(fate === 'refunds' ? { id, state: 'settled' } : compensated);
    expect(await ended(deal)).toEqual(end);
  });

  test('who compensates a refund that is pending and succeeds has the hold asked again what is missing', async () => {
    const deal = await acceptRefund(world, { refund: { waits: 2 }, owned: 1 });
    await world.settle([deal.exchange]);
    await restAt(world, deal, 'paymentRefund');
    const made: StepName[] = [];
    world.before = (step) => {
      if (step === 'paymentRefund') return Promise.reject(new Error('It cannot be made now.'));
      if (!/^(note|mark)/.test(step)) made.push(step);
      return Promise.resolve();
    };
    expect(await act(world, deal, 'compensate')).toMatchObject({ state: 'settled' });
    await world.client.workflow.getHandle(`purchase/${deal.exchange.id}`).result();
    expect(await leftOf(world, deal)).toEqual(given('money', 1));
    expect(made).toEqual([
      'paymentRefundCancel',
      'paymentRefundCancel',
      'inventoryHold',
      'ledgerTransfer',
      'inventoryMove',
      'closePurchases',
    ]);
  });

  test.each([
    ['paymentRefund', true],
    ['ledgerTransfer', false],
    ['inventoryMove', false],
  ] as [StepName, boolean][])('who compensates at %s after the money has gone comes too late', async (step, effect) => {
    const deal = await standAt(world, step, { owned: 1 }, effect);
    expect(await act(world, deal, 'compensate')).toEqual({ id: deal.exchange.id, state: 'settled' });
    expect(await ended(deal)).toEqual(given('money', 1));
  });

  test('who resolves a refund that is not booked is refused, and one that cannot be taken has it taken', async () => {
    const open = await standAt(world, 'ledgerTransfer', { owned: 1 });
    expect(await act(world, open, 'resolve')).toBe('saga-not-resolvable');
    expect(await ended(open)).toEqual(given('money', 1));
    const booked = await standAt(world, 'inventoryMove', { owned: 1 });
    expect(await act(world, booked, 'resolve')).toEqual({ id: booked.exchange.id, state: 'settled' });
    expect(await ended(booked)).toEqual(given('money', 1));
  });

  test('who resolves a refund that is cancelled and cannot be given back has it given back by hand', async () => {
    const deal = await standAt(world, 'inventoryRelease', { refund: { fate: 'fails' }, owned: 1 });
    expect(await act(world, deal, 'resolve')).toMatchObject({ state: 'compensated', cause: { code: 'refund-failed' } });
    expect(await ended(deal)).toEqual(keeps('refund-failed', 1));
  });

  test('finds a refund parked that cannot be cancelled now', async () => {
    const deal = await standAt(world, 'paymentRefundCancel', { refund: { fate: 'fails' } });
    expect((await world.row(deal.exchange.id)).state).toBe('stuck');
    world.reset();
    expect(await act(world, deal, 'retry')).toEqual({ step: 'paymentRefundCancel' });
    expect(await ended(deal)).toEqual(keeps('refund-failed'));
  });
});
