import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { PaymentElement } from '../../src/payments/payments.types.js';
import { reserveCalls } from '../../src/payments/payments.statements.js';
import type { ProviderAnswer } from '../../src/payments/provider.types.js';
import { counts, valuesOf } from '../http/metric-values.js';
import { adapterWith, untilAnswered } from './adapters.js';
import { alone, openPayments, type PaymentsWorld } from './payments-world.js';

/* An account that is away, denied or asked too often: it is one outage, and nobody asks it more than they may. */

let world: PaymentsWorld;
beforeAll(async () => {
  world = await openPayments();
});
afterEach(async () => {
  await world.provider.control('DELETE', 'faults');
});
afterAll(() => world.close());

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const some = (count: number, change: Partial<PaymentElement> = {}): PaymentElement[] =>
  Array.from({ length: count }, () => world.element(change));
const authorized = { answer: { outcome: 'authorized' } };

describe('an account', () => {
  test('whose key is denied is one outage for all of a list, is told, and is asked no more for a while', async () => {
    const key = await world.addTitle('barred');
    const elements = some(3, { title: 'barred' });
    await world.provider.fault({ account: key, on: {}, fault: 'status', status: 401 });
    await expect(world.payments.authorize(elements, alone)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await Promise.all(elements.map(({ id }) => world.operations(id)))).toEqual(
      elements.map(() => ['create:1 unknown']),
    );
    expect(await world.degradations.current()).toEqual({
      payments: 'Accounts at providers that are not asked now: 1; veltrix_payment_breaker says which.',
    });
    const told = {
      breaker: { 'provider=stripe title=barred': 2 },
      calls: { 'call=create provider=stripe result=denied': 3 },
      timed: { 'call=create provider=stripe': 3 },
    };
    expect(await metrics()).toEqual(told);

    await expect(world.payments.authorize(elements, alone)).rejects.toMatchObject({
      message: expect.stringContaining('The account at stripe is not asked now'),
    });
    expect(await metrics()).toEqual(told);
    // That of another title goes on.
    expect(await world.payments.authorize(some(1), alone)).toEqual([authorized]);

    await world.provider.control('DELETE', 'faults');
    await pause(2_100);
    // Its next call decides.
    expect((await metrics()).breaker).toMatchObject({ 'provider=stripe title=barred': 1 });
    for (const element of elements)
      expect(await untilAnswered(() => world.payments.authorize([element], alone))).toEqual(authorized);
    expect(await world.degradations.current()).toEqual({});
    expect((await metrics()).breaker).toMatchObject({ 'provider=stripe title=barred': 0 });
  });

  test('that is away is tried by one call after a pause, and by nobody else until that has succeeded', async () => {
    await world.addTitle('away');
    const elements = some(8, { title: 'away' });
    let made = 0;
    let isAway = true;
    const process = world.another(
      adapterWith(world, (account) => ({
        async call(call, options) {
          made += 1;
          const lost: ProviderAnswer = { result: 'unknown', why: 'It is away.', evidence: { noAnswer: 'away' } };
          return isAway ? lost : account.call(call, options);
        },
      })),
    );
    const authorize = () => process.authorize(elements, alone);
    await expect(authorize()).rejects.toMatchObject({ code: 'unavailable' });
    expect(made).toBe(8);
    await expect(authorize()).rejects.toMatchObject({ code: 'unavailable' });
    expect(made).toBe(8);
    await pause(2_100);
    await expect(authorize()).rejects.toMatchObject({ code: 'unavailable' });
    expect(made).toBe(9);
    isAway = false;
    await pause(4_100);
    expect(await authorize()).toEqual(elements.map(() => authorized));
    // Each was created once and confirmed once.
    expect(made).toBe(9 + 16);
  });

  test('is asked by all processes together no more often than its rate allows', async () => {
    const slow = await openPayments({ PAYMENT_CALLS_PER_SECOND: '5' });
    try {
      // Another process has thirty calls to make, which take six seconds.
      const thirty = { calls: 30, perSecond: 5, maxAheadMs: 10_000 };
      expect(await reserveCalls(slow.source.manager, { title: 'arena', provider: 'stripe' }, thirty)).toBe(0);
      const began = performance.now();
      // Without a method it is one call, and then the buyer is waited for.
      expect(await slow.payments.authorize([slow.element({ method: null })], alone)).toMatchObject([
        { answer: { outcome: 'waits' } },
      ]);
      expect(performance.now() - began).toBeGreaterThan(5_000);
    } finally {
      await slow.close();
    }
  });

  test('that throttles one process is left alone by all for as long as it says', async () => {
    const key = await world.addTitle('busy');
    await world.provider.fault({ account: key, on: {}, fault: 'status', status: 429, ms: 2_000, times: 1 });
    const began = performance.now();
    await expect(world.payments.authorize(some(1, { title: 'busy' }), alone)).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(await world.another().authorize(some(1, { title: 'busy' }), alone)).toEqual([authorized]);
    expect(performance.now() - began).toBeGreaterThan(1_900);
    // It has answered, so nothing is wrong with it.
    expect(await world.degradations.current()).toEqual({});
  });
});

/** What the metrics say of the calls so far, and of who is asked. */
const metrics = async () => ({
  breaker: await valuesOf(world.registry, 'veltrix_payment_breaker'),
  calls: await valuesOf(world.registry, 'veltrix_payment_calls_total'),
  timed: await counts(world.registry, 'veltrix_payment_call_seconds'),
});
