import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ProviderAccount } from '../../src/payments/provider.types.js';
import { valuesOf } from '../http/metric-values.js';
import { adapterWith } from './adapters.js';
import { alone } from './payments-world.js';
import { openRefunds, type RefundWorld } from './refund-world.js';

/* What a provider tells of a refund that does not fit, or later than it should: it is for a person to see. */

let world: RefundWorld;
beforeAll(async () => {
  world = await openRefunds();
});
afterEach(async () => {
  await world.provider.control('DELETE', 'faults');
});
afterAll(() => world.close());
const refunded = { answer: { outcome: 'refunded' } };

/** Makes the call of a refund, whose answer has another name of it. */
function named(account: ProviderAccount, name: string | null): ProviderAccount['refund'] {
  return async (call, options) => {
    const answer = await account.refund(call, options);
    return answer.result === 'refund' ? { ...answer, refund: { ...answer.refund, refund: name } } : answer;
  };
}

describe('a provider', () => {
  test('that tells another amount has the refund parked, and nothing counts as returned', async () => {
    const refund = await world.captured();
    const adapter = adapterWith(world, (account) => ({
      async refund(call, options) {
        const answer = await account.refund(call, options);
        return answer.result === 'refund' ? { ...answer, refund: { ...answer.refund, amount: 498n } } : answer;
      },
    }));
    const [result] = await world.anotherRefunds(adapter).refund([refund], alone);
    expect(result).toMatchObject({ failed: expect.stringContaining('498 EUR') });
    expect(await world.row(refund)).toBe('sending 0');
    expect((await world.reads.refundViews('arena', [refund.id])).get(refund.id)).toMatchObject({
      parked: { code: 'refund-mismatch' },
    });
  });

  test('that answers without our name of the refund is believed, since it answers our own call', async () => {
    const refund = await world.captured(200n);
    const adapter = adapterWith(world, (account) => ({ refund: named(account, null) }));
    expect(await world.giveBack(refund, 1, world.anotherRefunds(adapter))).toEqual(refunded);
    expect(await world.referenceOf(refund)).toMatch(/^re_/);
    expect(await world.money(refund)).toBe('499 captured, 200 refunded');
  });

  test('that answers with the name of another has it parked, and is never asked under another key', async () => {
    const refund = await world.captured(200n);
    const adapter = adapterWith(world, (account) => ({
      refund: named(account, 'rfd_other'),
      listRefunds: async () => ({ result: 'refunds', refunds: [], evidence: {} }),
    }));
    const lying = world.anotherRefunds(adapter);
    expect(await world.giveBack(refund, 1, lying)).toMatchObject({ failed: expect.stringContaining('is not that of') });
    await world.age(refund.id, 24);
    for (const ask of [world.giveBack, world.turnBack])
      expect(await ask(refund, 3, lying)).toMatchObject({ failed: expect.any(String) });
    expect((await world.reads.refundViews('arena', [refund.id])).get(refund.id)).toMatchObject({
      parked: { code: 'refund-mismatch' },
    });
    expect(await world.callsOf(refund)).toEqual(['1 succeeded']);
    expect(await world.money(refund)).toBe('499 captured, 200 refunded');
    expect(await world.giveBack(refund)).toEqual(refunded);
  });

  test('that has two refunds for one has it parked', async () => {
    const refund = await world.captured(100n);
    const client = world.provider.client(world.key);
    const body = { payment_intent: await world.intentOf(refund), amount: 100, metadata: { refund: refund.id } };
    for (const key of ['a', 'b']) await client.refunds.create(body, { idempotencyKey: `${refund.id}${key}` });
    expect(await world.giveBack(refund, 2)).toMatchObject({ failed: expect.stringContaining('more than once') });
    expect(await world.callsOf(refund)).toEqual([]);
  });

  test('that gives back more than was left of the payment has the refund parked', async () => {
    const refund = await world.captured(300n);
    await world.strike(refund, 'processing');
    await world.giveBack(refund);
    await world.source.query('update payments.payments set returned = 300 where id = $1', [refund.purchase]);
    await world.provider.act('settle', await world.referenceOf(refund));
    expect(await world.giveBack(refund, 1)).toMatchObject({ failed: expect.stringContaining('199 EUR were left') });
    expect(await world.row(refund)).toBe('pending 300');
  });

  test('that does not know the intent has the refund parked, until it does', async () => {
    const refund = await world.captured();
    const adapter = adapterWith(world, () => ({ refund: async () => ({ result: 'missing', evidence: {} }) }));
    expect(await world.giveBack(refund, 2, world.anotherRefunds(adapter))).toMatchObject({
      failed: expect.stringContaining('does not know'),
    });
    expect(await world.giveBack(refund)).toEqual(refunded);
    expect((await world.reads.refundViews('arena', [refund.id])).get(refund.id)).toMatchObject({ parked: null });
  });

  test('that never answers for one of a list holds up none of the others', async () => {
    const [slow, ...others] = await Promise.all(Array.from({ length: 6 }, () => world.captured()));
    if (slow === undefined) throw new Error('There are six.');
    await world.strike(slow, 'hang', {});
    const results = await world.refunds.refund([slow, ...others], { alone: false, patient: false });
    expect(results[0]).toMatchObject({ failed: expect.any(String) });
    expect(results.slice(1)).toEqual(others.map(() => refunded));
  });
});

describe('a refund that has succeeded', () => {
  /** Has the refunds looked at that are due. @returns how many those were */
  const look = async (id: string): Promise<string[]> => {
    await world.refundLooks.see(100);
    return world.source.query(
      `select looks, parked_code, round(extract(epoch from due_at - now()) / 86400)::int as days
       from payments.refunds where id = $1`,
      [id],
    );
  };
  const due = (id: string): Promise<unknown> =>
    world.source.query('update payments.refunds set due_at = now() where id = $1', [id]);

  test('is looked at after a day and after 35 more', async () => {
    const refund = await world.captured();
    await world.giveBack(refund);
    expect(await look(refund.id)).toEqual([{ looks: 0, parked_code: null, days: 1 }]);
    await due(refund.id);
    expect(await look(refund.id)).toEqual([{ looks: 1, parked_code: null, days: 35 }]);
    await due(refund.id);
    expect(await look(refund.id)).toEqual([{ looks: 2, parked_code: null, days: null }]);
  });

  test('stays that where its bank sends it back later, and waits for a person', async () => {
    const refund = await world.captured();
    await world.giveBack(refund);
    await world.provider.act('buyer-fails', await world.referenceOf(refund));
    await due(refund.id);
    for (let times = 0; times < 2; times++) {
      expect(await look(refund.id)).toMatchObject([{ parked_code: 'refund-reversed' }]);
      await due(refund.id);
    }
    expect(await valuesOf(world.registry, 'veltrix_payment_refunds_reversed_total')).toEqual({ '': 1 });
    expect(await world.row(refund)).toBe('succeeded 499');
    expect(await world.giveBack(refund)).toEqual(refunded);
    expect(await world.money(refund)).toBe('499 captured, 0 refunded');
  });

  test('is looked at again at once where something is told of it during a look', async () => {
    const refund = await world.captured();
    await world.giveBack(refund);
    const adapter = adapterWith(world, (account) => ({
      async fetchRefund(reference, options) {
        const answer = await account.fetchRefund(reference, options);
        await due(refund.id);
        return answer;
      },
    }));
    await due(refund.id);
    await world.lookingBy(adapter).see(100);
    expect(await look(refund.id)).toMatchObject([{ looks: 1 }]);
  });
});
