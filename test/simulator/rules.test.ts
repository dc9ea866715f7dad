import { describe, expect, test } from '@jest/globals';
import { judgeKey } from '../../simulator/api/idempotency.rules.js';
import type { Fault, IntentStatus, KeptAnswer } from '../../simulator/books/records.js';
import { isOnPath, strikingFault, used, type FaultyCall } from '../../simulator/control/faults.rules.js';
import { amountFault, feeOf } from '../../simulator/money/amount.rules.js';
import { next, type IntentMove } from '../../simulator/money/intent.rules.js';
import { outcomeOf, paymentMethod, successOf, type PaymentMethod } from '../../simulator/money/methods.rules.js';
import { retryAfter } from '../../simulator/webhooks/retry.rules.js';
import { signatureOf } from '../../simulator/webhooks/signature.rules.js';
import { canonical, parseForm } from '../../simulator/wire/form.js';
import { pageOf } from '../../simulator/wire/list.rules.js';

const moves: IntentMove[] = [
  'attach',
  'challenge',
  'process',
  'authorize',
  'pay',
  'decline',
  'capture',
  'cancel',
  'expire',
];

describe('an intent', () => {
  const confirmable = ['attach', 'challenge', 'process', 'authorize', 'pay', 'decline', 'cancel'];
  test.each<[IntentStatus, string[]]>([
    ['requires_payment_method', confirmable],
    ['requires_confirmation', confirmable],
    ['requires_action', confirmable],
    ['processing', ['authorize', 'pay', 'decline', 'cancel']],
    ['requires_capture', ['capture', 'cancel', 'expire']],
    ['succeeded', []],
    ['canceled', []],
  ])('that is %s makes these moves and no others', (status, possible) => {
    expect(moves.filter((move) => next(status, move) !== undefined)).toEqual(possible);
  });

  test('that is captured has succeeded, and one that expires is canceled', () => {
    expect(next('requires_capture', 'capture')).toBe('succeeded');
    expect(next('requires_capture', 'expire')).toBe('canceled');
    expect(next('requires_confirmation', 'decline')).toBe('requires_payment_method');
  });
});

describe('a payment method', () => {
  const method = (id: string): PaymentMethod => paymentMethod(id) as PaymentMethod;
  test('that is a card is authorised or paid as the intent says, and iDEAL is paid whatever it says', () => {
    expect(outcomeOf(method('pm_card_visa'), 'manual').move).toBe('authorize');
    expect(outcomeOf(method('pm_card_visa'), 'automatic').move).toBe('pay');
    expect(outcomeOf(method('pm_ideal'), 'manual').move).toBe('pay');
    expect(successOf(method('pm_sepa_debit'), 'manual')).toBe('pay');
  });

  test('that is good is declined, challenged or processed where a fault says so', () => {
    expect(outcomeOf(method('pm_card_visa'), 'manual', 'decline').failure?.code).toBe('card_declined');
    expect(outcomeOf(method('pm_card_visa'), 'manual', 'requires-action').move).toBe('challenge');
    expect(outcomeOf(method('pm_card_visa'), 'manual', 'processing').move).toBe('process');
  });

  test('that nobody knows is none', () => {
    expect(paymentMethod('pm_card_nobody')).toBeUndefined();
  });
});

describe('an amount', () => {
  test.each([
    [49n, 'eur', 'amount_too_small'],
    [50n, 'eur', undefined],
    [0n, 'usd', 'parameter_invalid_integer'],
    [100n, 'xxq', 'parameter_invalid_string'],
    [100_000_000n, 'eur', 'amount_too_large'],
    [1001n, 'kwd', 'invalid_amount'],
    [150n, 'isk', 'invalid_amount'],
    [200n, 'isk', undefined],
  ])('of %s %s is refused with %s', (amount, currency, code) => {
    expect(amountFault(amount, currency)?.code).toBe(code);
  });

  test('costs 1.5 % and 25, a half rounded up', () => {
    expect([feeOf(1000n), feeOf(1999n), feeOf(100n), feeOf(33n)]).toEqual([40n, 55n, 27n, 25n]);
  });
});

describe('an idempotency key', () => {
  const kept: KeptAnswer = { id: 'k', request: 'a', requestId: 'req_1', status: 200, body: '{}', at: 1000 };
  const at = (now: number) => ({ key: 'k', now });
  test('is replayed for 24 hours and then free', () => {
    expect(judgeKey('a', undefined, kept, at(1000 + 86_399))).toBe('replay');
    expect(judgeKey('a', undefined, kept, at(1000 + 86_400))).toBe('execute');
    expect(judgeKey('b', undefined, kept, at(1000 + 86_400))).toBe('execute');
  });

  test('refuses other parameters, and the same ones while they are under way', () => {
    expect(() => judgeKey('b', undefined, kept, at(1001))).toThrow('same parameters');
    expect(() => judgeKey('b', 'a', undefined, at(1001))).toThrow('same parameters');
    expect(() => judgeKey('a', 'a', undefined, at(1001))).toThrow('in-progress');
  });
});

describe('a fault', () => {
  const call: FaultyCall = {
    account: 'sk_test_a',
    method: 'POST',
    path: '/v1/payment_intents/pi_1/capture',
    isConfirming: false,
    references: new Set(['pi_1', 'pur_1']),
  };
  const fault: Fault = { id: 'flt_1', on: {}, fault: 'hang' };
  test.each<[string, Partial<Fault>, boolean]>([
    ['that names nothing', {}, true],
    ['of the method', { on: { method: 'post' } }, true],
    ['of another method', { on: { method: 'GET' } }, false],
    ['of the path', { on: { path: '/v1/payment_intents/*/capture' } }, true],
    ['of a path that is longer', { on: { path: '/v1/payment_intents' } }, false],
    ['of a reference', { on: { reference: 'pur_1' } }, true],
    ['of another reference', { on: { reference: 'pur_2' } }, false],
    ['of another account', { account: 'sk_test_b' }, false],
    ['that captures beforehand', { fault: 'already-captured' }, true],
    ['that needs a confirmation', { fault: 'processing' }, false],
  ])('%s strikes: %#', (_name, what, strikes) => {
    expect(strikingFault([{ ...fault, ...what }], call) !== undefined).toBe(strikes);
  });

  test('is used up after its times, and never without them', () => {
    expect(used({ ...fault, left: 2 })).toEqual({ ...fault, left: 1 });
    expect(used({ ...fault, left: 1 })).toBeUndefined();
    expect(used(fault)).toBe(fault);
  });

  test('of one part of a path is of one part only', () => {
    expect(isOnPath('/v1/refunds/re_1', '/v1/*/re_1')).toBe(true);
    expect(isOnPath('/v1/refunds/re_1', '/v1/*')).toBe(false);
  });
});

describe('a list', () => {
  const records = [1, 2, 3, 4, 5].map((n) => ({ id: `r${n}`, created: n * 10 }));
  const request = { created: {}, limit: 2, after: undefined, before: undefined };
  const ids = (more: Partial<Parameters<typeof pageOf>[1]>) => {
    const { page, hasMore } = pageOf(records, { ...request, ...more });
    return [page.map(({ id }) => id), hasMore];
  };
  test('is newest first, and goes on after an id or before one', () => {
    expect(ids({})).toEqual([['r5', 'r4'], true]);
    expect(ids({ after: 'r4' })).toEqual([['r3', 'r2'], true]);
    expect(ids({ after: 'r2' })).toEqual([['r1'], false]);
    expect(ids({ before: 'r2' })).toEqual([['r4', 'r3'], true]);
    expect(ids({ before: 'r4' })).toEqual([['r5'], false]);
  });

  test('has the window that is asked for, with its bounds or without', () => {
    expect(ids({ created: { gte: 20, lte: 30 } })).toEqual([['r3', 'r2'], false]);
    expect(ids({ created: { gt: 20, lt: 40 } })).toEqual([['r3'], false]);
    expect(() => ids({ after: 'nobody' })).toThrow('No such object');
  });
});

describe('a form', () => {
  test('has nested names, and lists with and without places', () => {
    expect(JSON.parse(JSON.stringify(parseForm('a=1&m[x]=2&m[y][z]=3&e[0]=p&e[1]=q&f[]=r&f[]=s')))).toEqual({
      a: '1',
      m: { x: '2', y: { z: '3' } },
      e: { 0: 'p', 1: 'q' },
      f: { 0: 'r', 1: 's' },
    });
  });

  test('is the same in another order, and refused where it contradicts itself', () => {
    expect(canonical(parseForm('a=1&m[x]=2&m[y]=3'))).toBe(canonical(parseForm('m[y]=3&m[x]=2&a=1')));
    expect(canonical(parseForm('a=1'))).not.toBe(canonical(parseForm('a=2')));
    expect(() => parseForm('a=1&a[b]=2')).toThrow('both a value and an object');
    expect(Object.keys(parseForm('__proto__[x]=1'))).toEqual(['__proto__']);
  });
});

describe('a webhook', () => {
  test('is signed over time and body', () => {
    const signature = signatureOf('{}', 'whsec_1', 7);
    expect(signature).toMatch(/^t=7,v1=[0-9a-f]{64}$/);
    expect(signature).not.toBe(signatureOf('{ }', 'whsec_1', 7));
  });

  test('that was not taken comes again after a time that doubles, for three days', () => {
    const after = (attempts: number, now = 0) => retryAfter({ attempts, firstAt: 0 }, now);
    expect([after(0), after(1), after(2), after(40)]).toEqual([1000, 2000, 4000, 3_600_000]);
    expect(after(3, 3 * 86_400_000)).toBeUndefined();
  });
});
