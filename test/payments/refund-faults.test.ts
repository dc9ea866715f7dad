import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { adapterWith } from './adapters.js';
import { alone } from './payments-world.js';
import { openRefunds, type RefundWorld } from './refund-world.js';

/* Refunds whose provider hangs, lies, forgets or refuses: the money is given back once, or for a person to see. */

let world: RefundWorld;
beforeAll(async () => {
  world = await openRefunds();
});
afterEach(async () => {
  await world.provider.control('DELETE', 'faults');
});
afterAll(() => world.close());

const refunded = { answer: { outcome: 'refunded' } };

describe('a call that gives money back', () => {
  test('is on its row for everybody to see before it goes out', async () => {
    const refund = await world.captured();
    const seen: string[][] = [];
    const adapter = adapterWith(world, (account) => ({
      async refund(call, options) {
        seen.push(await world.callsOf(refund));
        return account.refund(call, options);
      },
    }));
    expect(await world.giveBack(refund, 1, world.anotherRefunds(adapter))).toEqual(refunded);
    expect(seen).toEqual([['1 sent']]);
  });

  test.each(['drop-before', 'drop-after', 'hang', 'truncate', 'garbage', 'status', 'delay'])(
    'and whose answer is lost by %s gives it back once',
    async (fault) => {
      const refund = await world.captured();
      // The client sends a cut POST once more by itself, so the second answer is lost as well.
      await world.strike(refund, fault, {
        times: fault.startsWith('drop') ? 2 : 1,
        ...(fault === 'delay' && { ms: 3_000 }),
      });
      expect(await world.giveBack(refund, 12)).toEqual(refunded);
      expect(await world.money(refund)).toBe('499 captured, 499 refunded');
      expect(await world.row(refund)).toBe('succeeded 499');
      const { calls } = await world.provider.effects({ reference: refund.purchase });
      expect(calls.filter(({ effect }) => effect === 'refunded')).toHaveLength(1);
      expect(await world.callsOf(refund)).toHaveLength(1);
    },
  );

  test('is unknown and never failed where its answer is lost, and is resolved by what the provider has', async () => {
    const refund = await world.captured();
    await world.strike(refund, 'garbage');
    await expect(world.refunds.refund([refund], alone)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await world.row(refund)).toBe('sending 0');
    expect((await world.reads.refundViews('arena', [refund.id])).get(refund.id)).toMatchObject({ unknown: true });
    expect(await world.giveBack(refund)).toEqual(refunded);
    expect(await world.callsOf(refund)).toEqual(['1 resolved']);
  });

  test('is under another key where an error is kept under the first, once nothing is found', async () => {
    const refund = await world.captured();
    await world.strike(refund, 'status-stored');
    expect(await world.giveBack(refund)).toEqual(refunded);
    expect(await world.callsOf(refund)).toEqual(['1 resolved', '2 succeeded']);
    expect(await world.money(refund)).toBe('499 captured, 499 refunded');
  });

  test('counts as no attempt where the provider throttles it', async () => {
    const refund = await world.captured();
    await world.strike(refund, 'status', { status: 429, ms: 100, times: 2 });
    expect(await world.giveBack(refund)).toEqual(refunded);
    expect(await world.reads.refundOperations('arena', refund.id)).toMatchObject([{ attempts: 1 }]);
  });

  test('was never sent where it was only held back: it is planned, and not made once it is turned back', async () => {
    const refund = await world.captured();
    await world.strike(refund, 'status', { status: 429, ms: 100 });
    await expect(world.refunds.refund([refund], alone)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await world.row(refund)).toBe('accepted 0');
    await world.provider.control('DELETE', 'faults');
    expect(await world.turnBack(refund, 1)).toMatchObject({ answer: { outcome: 'cancelled' } });
    expect(await world.money(refund)).toBe('499 captured, 0 refunded');
  });

  test('was sent where it was held back after another try whose answer is lost', async () => {
    const refund = await world.captured();
    await world.strike(refund, 'garbage');
    await world.giveBack(refund, 1).catch(() => undefined);
    const hidden = adapterWith(world, () => ({
      listRefunds: async () => ({ result: 'refunds', refunds: [], evidence: {} }),
      refund: async () => ({ result: 'throttled', retryAfterMs: 0, evidence: {} }),
    }));
    await world.giveBack(refund, 1, world.anotherRefunds(hidden)).catch(() => undefined);
    expect(await world.row(refund)).toBe('sending 0');
    expect(await world.turnBack(refund)).toEqual(refunded);
  });

  test('is dated after the wait for its row, so that an older list is no proof about it', async () => {
    const refund = await world.captured();
    const freed: Promise<Date>[] = [];
    const dated: Date[] = [];
    const clock = async (by: { query: RefundWorld['source']['query'] }): Promise<Date> =>
      (await by.query<{ now: Date }[]>('select clock_timestamp() as now'))[0]?.now ?? new Date(0);
    const adapter = adapterWith(world, (account) => ({
      async listRefunds(reference, options) {
        const answer = await account.listRefunds(reference, options);
        const holder = world.source.createQueryRunner();
        await holder.startTransaction();
        await holder.query('select 1 from payments.payments where id = $1 for update', [refund.purchase]);
        const free = async (): Promise<Date> => {
          await new Promise((resolve) => setTimeout(resolve, 100));
          const now = await clock({ query: (sql: string) => holder.query(sql) });
          await holder.commitTransaction();
          await holder.release();
          return now;
        };
        freed.push(free());
        return answer;
      },
      async refund(call, options) {
        const [row] = await world.source.query<{ changed_at: Date }[]>(
          'select changed_at from payments.operations where refund = $1',
          [refund.id],
        );
        if (row !== undefined) dated.push(row.changed_at);
        if (dated.length === 1) return { result: 'throttled', retryAfterMs: 0, evidence: {} };
        return account.refund(call, options);
      },
    }));
    expect(await world.giveBack(refund, 6, world.anotherRefunds(adapter))).toEqual(refunded);
    const waits = await Promise.all(freed);
    // The first is inserted, and the second is the first once more.
    expect(dated.map((at, place) => at >= (waits[place] ?? at))).toEqual([true, true]);
  });

  test('waits for a person where its key was used with another body', async () => {
    const refund = await world.captured();
    const client = world.provider.client(world.key);
    const other = { payment_intent: await world.intentOf(refund), amount: 1 };
    await client.refunds.create(other, { idempotencyKey: `${refund.id}:refund:1` });
    // What is left would be less, so another is asked for than all.
    const less = { ...refund, amount: 400n };
    expect(await world.giveBack(less, 2)).toMatchObject({ failed: expect.any(String) });
    expect((await world.reads.refundViews('arena', [refund.id])).get(refund.id)).toMatchObject({
      parked: { code: 'payment-key-misused' },
    });
    expect(await world.money(refund)).toBe('499 captured, 1 refunded');
  });
});

describe('a refund that was made, and whose answer was lost,', () => {
  test('is found by listing after its key is forgotten, and not made again', async () => {
    const refund = await world.captured(200n);
    await world.strike(refund, 'garbage');
    await world.giveBack(refund, 1).catch(() => undefined);
    await world.age(refund.id, 24);
    expect(await world.giveBack(refund)).toEqual(refunded);
    expect(await world.callsOf(refund)).toEqual(['1 resolved']);
    expect(await world.money(refund)).toBe('499 captured, 200 refunded');
  });

  test('was not made where the list has none: it is made under another key after its time, or cancelled', async () => {
    const [again, over] = [await world.captured(200n), await world.captured(200n)];
    for (const one of [again, over]) {
      await world.strike(one, 'drop-before', { times: 2 });
      await world.giveBack(one, 1).catch(() => undefined);
      await world.age(one.id, 24);
    }
    expect(await world.giveBack(again)).toEqual(refunded);
    expect(await world.callsOf(again)).toEqual(['1 resolved', '2 succeeded']);
    expect(await world.turnBack(over)).toMatchObject({ answer: { outcome: 'cancelled' } });
    expect(await world.money(over)).toBe('499 captured, 0 refunded');
  });

  test('is not over while it may be on its way, however old its key is', async () => {
    const [again, over] = [await world.captured(200n), await world.captured(200n)];
    const waits = { failed: expect.stringContaining('on its way') };
    for (const one of [again, over]) {
      await world.strike(one, 'drop-before', { times: 2 });
      await world.giveBack(one, 1).catch(() => undefined);
      await world.age(one.id, 24, 9);
    }
    expect(await world.giveBack(again, 1)).toMatchObject(waits);
    expect(await world.turnBack(over, 1)).toMatchObject(waits);
    for (const one of [again, over]) {
      expect(await world.callsOf(one)).toEqual(['1 unknown']);
      await world.age(one.id, 0, 11);
    }
    expect(await world.giveBack(again)).toEqual(refunded);
    expect(await world.turnBack(over)).toMatchObject({ answer: { outcome: 'cancelled' } });
  });

  test('is not taken for missing by a list that breaks off', async () => {
    const refund = await world.captured(200n);
    await world.strike(refund, 'garbage');
    await world.giveBack(refund, 1).catch(() => undefined);
    await world.age(refund.id, 24);
    await world.provider.fault({ on: { method: 'GET', path: '/v1/refunds' }, fault: 'garbage' });
    await expect(world.refunds.refund([refund], alone)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await world.callsOf(refund)).toEqual(['1 unknown']);
  });

  test('is no reason for another key where the list is older than the answer of another run', async () => {
    const refund = await world.captured(200n);
    let [isFirst, sent] = [true, false];
    const adapter = adapterWith(world, (account) => ({
      async listRefunds(reference, options) {
        const answer = await account.listRefunds(reference, options);
        if (!isFirst) return answer;
        isFirst = false;
        // Another run sends it now. The provider has done it, and keeps an error under its key.
        const stored = adapterWith(world, (real) => ({
          async refund(call, how) {
            await real.refund(call, how);
            sent = true;
            return { result: 'stored-error', why: 'an answer 500', evidence: {} };
          },
          listRefunds: async (...given) =>
            sent ? { result: 'unknown', why: 'no answer', evidence: {} } : real.listRefunds(...given),
        }));
        await world.giveBack(refund, 1, world.anotherRefunds(stored)).catch(() => undefined);
        return answer;
      },
    }));
    expect(await world.giveBack(refund, 4, world.anotherRefunds(adapter))).toEqual(refunded);
    expect(await world.money(refund)).toBe('499 captured, 200 refunded');
  });
});
