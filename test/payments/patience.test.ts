import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { reserveCalls } from '../../src/payments/payments.statements.js';
import type { Outgoing } from '../../src/payments/provider-calls.js';
import type { OpenAccount } from '../../src/payments/provider-accounts.js';
import type { ProviderAccount, ProviderAnswer } from '../../src/payments/provider.types.js';
import { openPayments, type PaymentsWorld } from './payments-world.js';

/* A provider that is slow: how long a call may take, and whom those keep waiting that take long. */

let world: PaymentsWorld;
beforeAll(async () => {
  world = await openPayments({ PAYMENT_CALL_TIMEOUT_SECONDS: '20' });
});
afterAll(() => world.close());

const answered: ProviderAnswer = { result: 'missing', evidence: {} };

/** Calls of an account that nobody answers until the test does. */
class SlowAccount implements OpenAccount {
  readonly provider = 'stripe';
  readonly windowHours = 24;
  readonly account = {} as ProviderAccount;
  readonly begun = { patient: 0, impatient: 0 };
  private readonly waiting: (() => void)[] = [];

  constructor(
    readonly title: string,
    private readonly calls = world.calls,
  ) {}

  /** Makes so many calls. None of them is answered. */
  make(kind: keyof SlowAccount['begun'], count: number): Promise<ProviderAnswer[]> {
    const one: Outgoing = {
      name: 'look',
      make: () => {
        this.begun[kind] += 1;
        return new Promise((resolve) => this.waiting.push(() => resolve(answered)));
      },
    };
    const all = Array.from({ length: count }, () => one);
    return this.calls.makeAll(this, all, kind === 'patient');
  }

  /** Answers what is under way. What waited for its place begins then. */
  answer(): void {
    for (const go of this.waiting.splice(0)) go();
  }

  /** Waits until no more calls begin. */
  async settled(): Promise<SlowAccount['begun']> {
    for (let before = -1; before !== this.waiting.length;) {
      before = this.waiting.length;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    return { ...this.begun };
  }

  async end(...all: Promise<unknown>[]): Promise<void> {
    const pump = setInterval(() => this.answer(), 5);
    await Promise.all(all);
    clearInterval(pump);
  }
}

describe('calls that take their time', () => {
  test('have half of the places at most, and the others go past them', async () => {
    const account = new SlowAccount('slow');
    const long = account.make('patient', 100);
    expect(await account.settled()).toEqual({ patient: 64, impatient: 0 });
    const short = account.make('impatient', 20);
    expect(await account.settled()).toEqual({ patient: 64, impatient: 20 });
    await account.end(long, short);
    expect(account.begun).toEqual({ patient: 100, impatient: 20 });
  });

  test('are 128 together with all others of their account, and keep no other account waiting', async () => {
    const [account, other] = [new SlowAccount('full'), new SlowAccount('free')];
    const long = account.make('patient', 80);
    const short = account.make('impatient', 100);
    expect(await account.settled()).toEqual({ patient: 64, impatient: 64 });
    const theirs = other.make('impatient', 1);
    expect(await other.settled()).toEqual({ patient: 0, impatient: 1 });
    await Promise.all([account.end(long, short), other.end(theirs)]);
    expect(account.begun).toEqual({ patient: 80, impatient: 100 });
  });
});

test('a list waits four seconds for a call, and who has time as long as is set', async () => {
  const account = new SlowAccount('timed');
  const bounds: number[] = [];
  const one: Outgoing = {
    name: 'look',
    make: (_account, { timeoutMs }) => {
      bounds.push(timeoutMs);
      return Promise.resolve(answered);
    },
  };
  await world.calls.makeAll(account, [one], false);
  await world.calls.makeAll(account, [one], true);
  expect(bounds).toEqual([4_000, 20_000]);
});

test('a call whose moment would be more than ten seconds away is not made, and is asked again later', async () => {
  const slow = await openPayments({ PAYMENT_CALLS_PER_SECOND: '10' });
  try {
    const account = new SlowAccount('arena', slow.calls);
    const reserve = (calls: number): Promise<number | undefined> =>
      reserveCalls(slow.source.manager, account, { calls, perSecond: 10, maxAheadMs: 10_000 });
    expect(await reserve(95)).toBe(0);
    expect(await reserve(20)).toBeGreaterThan(8_000);
    expect(await reserve(1)).toBeUndefined();
    expect(await account.make('impatient', 2)).toMatchObject([
      { result: 'throttled', evidence: { heldBack: expect.any(String) } },
      { result: 'throttled' },
    ]);
    expect(account.begun.impatient).toBe(0);
  } finally {
    await slow.close();
  }
});
