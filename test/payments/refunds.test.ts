import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { alone } from './payments-world.js';
import { cause, openRefunds, type RefundWorld } from './refund-world.js';

/* The steps of refunds, with the simulator as provider: what is answered, kept, and given back. */

let world: RefundWorld;
beforeAll(async () => {
  world = await openRefunds();
});
afterEach(async () => {
  await world.provider.control('DELETE', 'faults');
});
afterAll(() => world.close());

const refunded = { answer: { outcome: 'refunded' } };
const turnedBack = (code: string) => ({ answer: { outcome: 'turned-back', cause: { code } } });
const cancelled = { answer: { outcome: 'cancelled', cause } };

describe('a refund', () => {
  test('is given back by one call, and every step answers the same again', async () => {
    const refund = await world.captured();
    expect(await world.giveBack(refund)).toEqual(refunded);
    expect(await world.giveBack(refund)).toEqual(refunded);
    expect(await world.turnBack(refund)).toEqual(refunded);
    expect(await world.refunds.kept([refund.id, 'rfd_none'])).toEqual([{ outcome: 'refunded' }, undefined]);
    expect(await world.money(refund)).toBe('499 captured, 499 refunded');
    expect(await world.row(refund)).toBe('succeeded 499');
    const { calls } = await world.provider.effects({ reference: refund.purchase });
    const posts = calls.filter(({ path, method }) => method === 'POST' && path === '/v1/refunds');
    expect(posts).toMatchObject([{ key: `${refund.id}:refund:1`, effect: 'refunded' }]);
    const view = (await world.reads.refundViews('arena', [refund.id])).get(refund.id);
    const reference = await world.referenceOf(refund);
    expect(view).toEqual({ id: refund.id, state: 'succeeded', reference, reason: null, unknown: false, parked: null });
    expect(await world.reads.refundOperations('arena', refund.id)).toMatchObject([
      { operation: 'refund', state: 'succeeded', sent: { amount: '499', 'metadata[refund]': refund.id } },
    ]);
    expect((await world.reads.operations('arena', refund.purchase)).map(({ operation }) => operation)).toEqual([
      'create',
      'confirm',
      'capture',
    ]);
  });

  test('is asked for by two processes at once, and given back once', async () => {
    for (let round = 0; round < 4; round++) {
      const refund = await world.captured();
      const both = [world.refunds, world.anotherRefunds()].map((by) => world.giveBack(refund, 12, by));
      expect(await Promise.all(both)).toEqual([refunded, refunded]);
      expect(await world.money(refund)).toBe('499 captured, 499 refunded');
      expect(await world.row(refund)).toBe('succeeded 499');
    }
  });

  test('of a payment that was never captured is turned back, and nothing is sent', async () => {
    const payment = world.element();
    await world.payments.authorize([payment], alone);
    const refund = world.more({ ...(await world.captured()), purchase: payment.id });
    expect(await world.giveBack(refund)).toMatchObject(turnedBack('refund-failed'));
    expect(await world.callsOf(refund)).toEqual([]);
    const ofNothing = world.more({ ...refund, purchase: 'pur_none' });
    expect(await world.giveBack(ofNothing)).toMatchObject(turnedBack('refund-failed'));
    expect(await world.turnBack(ofNothing)).toMatchObject({
      answer: { outcome: 'cancelled', cause: { code: 'refund-failed' } },
    });
  });

  test('in another currency, or with other terms than before, gives nothing back', async () => {
    const refund = await world.captured();
    expect(await world.giveBack({ ...refund, currency: 'USD' })).toMatchObject(turnedBack('refund-failed'));
    expect(await world.refunds.refund([refund], alone)).toEqual([{ failed: 'It is kept with other terms.' }]);
    expect(await world.money(refund)).toBe('499 captured, 0 refunded');
  });

  test('is one of several at once that come to more than was captured: one is turned back', async () => {
    for (let round = 0; round < 4; round++) {
      const [first, second] = [await world.captured(300n)].flatMap((one) => [one, world.more(one, 300n)]);
      if (first === undefined || second === undefined) throw new Error('There are two.');
      const results = await Promise.all([
        world.giveBack(first, 12),
        world.giveBack(second, 12, world.anotherRefunds()),
      ]);
      const outcomes = results.map((one) => (one !== undefined && 'answer' in one ? one.answer.outcome : 'none'));
      expect(outcomes.sort()).toEqual(['refunded', 'turned-back']);
      expect(await world.money(first)).toBe('499 captured, 300 refunded');
      expect(await world.row(first)).toMatch(/ 300$/);
    }
  });

  test('is of a part, and the rest is given back by another of the same list', async () => {
    const first = await world.captured(200n);
    const second = world.more(first, 299n);
    expect(await world.refunds.refund([first, second], { alone: false, patient: true })).toEqual([refunded, refunded]);
    expect(await world.row(first)).toBe('succeeded 499');
    const third = world.more(first, 1n);
    expect(await world.giveBack(third)).toMatchObject(turnedBack('refund-failed'));
    expect(await world.callsOf(third)).toEqual([]);
  });

  test('is turned back where the money was given back from the dashboard, or is disputed', async () => {
    const given = await world.captured();
    await world.provider.act('dashboard-refund', given.purchase, '499');
    const disputed = await world.captured();
    await world.provider.act('dispute-open', disputed.purchase);
    expect(await world.giveBack(given)).toMatchObject({
      answer: { cause: { code: 'refund-failed', detail: expect.stringContaining('charge_already_refunded') } },
    });
    expect(await world.giveBack(disputed)).toMatchObject({
      answer: { cause: { code: 'refund-failed', detail: expect.stringContaining('charge_disputed') } },
    });
    expect(await world.row(given)).toBe('failed 0');
  });
});

describe('a refund that the bank takes its time for', () => {
  test.each([
    ['settle', refunded, 'succeeded 499'],
    ['buyer-fails', turnedBack('refund-failed'), 'failed 0'],
    ['expire', turnedBack('refund-canceled'), 'canceled 0'],
  ])('waits, and then comes to its end by %s', async (act, end, row) => {
    const refund = await world.captured();
    await world.strike(refund, 'processing');
    expect(await world.giveBack(refund)).toMatchObject({ answer: { outcome: 'waits', for: 'provider' } });
    expect(await world.row(refund)).toBe('pending 0');
    expect(await world.giveBack(refund)).toMatchObject({ answer: { outcome: 'waits', for: 'provider' } });
    await world.provider.act(act, await world.referenceOf(refund));
    expect(await world.giveBack(refund)).toMatchObject(end);
    expect(await world.row(refund)).toBe(row);
    expect(await world.callsOf(refund)).toEqual(['1 succeeded']);
  });

  test('waits for the buyer where the bank asks them for something', async () => {
    const refund = await world.captured();
    await world.strike(refund, 'requires-action');
    expect(await world.giveBack(refund)).toMatchObject({ answer: { outcome: 'waits', for: 'buyer' } });
    expect(await world.row(refund)).toBe('requires_action 0');
  });

  test('is turned back where it fails at once, with the reason of the provider', async () => {
    const refund = await world.captured();
    await world.strike(refund, 'decline');
    expect(await world.giveBack(refund)).toMatchObject({
      answer: { cause: { code: 'refund-failed', detail: expect.stringContaining('declined') } },
    });
    expect(await world.refunds.kept([refund.id])).toMatchObject([{ outcome: 'cancelled' }]);
  });

  test('waits 30 days at most, and then for a person', async () => {
    const refund = await world.captured();
    await world.strike(refund, 'processing');
    await world.giveBack(refund);
    await world.source.query(`update payments.refunds set created_at = now() - interval '30 days' where id = $1`, [
      refund.id,
    ]);
    expect(await world.giveBack(refund, 1)).toMatchObject({ failed: expect.stringContaining('30 days') });
  });
});

describe('a refund that is turned back', () => {
  test('before anything was sent is cancelled for ever, and nothing is ever given back', async () => {
    const refund = await world.captured();
    expect(await world.turnBack(refund)).toEqual(cancelled);
    expect(await world.giveBack(refund)).toEqual({ answer: { outcome: 'turned-back', cause } });
    expect(await world.money(refund)).toBe('499 captured, 0 refunded');
    expect(await world.refunds.kept([refund.id])).toEqual([{ outcome: 'cancelled', cause }]);
  });

  test('while the bank is at it is followed to its end, with the first cause', async () => {
    const [good, bad] = [await world.captured(), await world.captured()];
    for (const one of [good, bad]) {
      await world.strike(one, 'processing');
      await world.giveBack(one);
      const later = { later: expect.stringContaining('The bank') };
      expect(await world.turnBack(one, 1)).toMatchObject(later);
      expect(await world.refunds.cancel([{ ...one, cause }], { alone: false, patient: true })).toMatchObject([later]);
      expect(await world.giveBack(one, 1)).toMatchObject({ answer: { outcome: 'waits', for: 'provider' } });
    }
    await world.provider.act('settle', await world.referenceOf(good));
    await world.provider.act('buyer-fails', await world.referenceOf(bad));
    expect(await world.turnBack(good)).toEqual(refunded);
    expect(await world.turnBack(bad)).toEqual(cancelled);
  });

  test.each(['drop-before', 'garbage'])('after %s of its call is given back once all the same', async (fault) => {
    const refund = await world.captured();
    await world.strike(refund, fault, { times: fault === 'drop-before' ? 2 : 1 });
    await expect(world.refunds.refund([refund], alone)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await world.turnBack(refund)).toEqual(refunded);
    expect(await world.money(refund)).toBe('499 captured, 499 refunded');
  });

  test('after a call that the provider refuses is cancelled', async () => {
    const refund = await world.captured();
    await world.strike(refund, 'status', {});
    await expect(world.refunds.refund([refund], alone)).rejects.toMatchObject({ code: 'unavailable' });
    await world.provider.control('DELETE', 'faults');
    await world.provider.act('dashboard-refund', refund.purchase, '499');
    expect(await world.turnBack(refund)).toEqual(cancelled);
    expect(await world.callsOf(refund)).toEqual(['1 failed']);
  });

  test('at the same time as it is sent has one end, which both are told', async () => {
    for (let round = 0; round < 8; round++) {
      const refund = await world.captured();
      const [ofRefund, ofCancel] = await Promise.all([
        world.giveBack(refund, 12, world.anotherRefunds()),
        world.turnBack(refund, 12),
      ]);
      const isRefunded = (await world.money(refund)) === '499 captured, 499 refunded';
      expect(ofCancel).toEqual(isRefunded ? refunded : cancelled);
      expect(ofRefund).toEqual(isRefunded ? refunded : { answer: { outcome: 'turned-back', cause } });
    }
  });
});
