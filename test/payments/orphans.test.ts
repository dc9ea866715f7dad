import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { OrphanMovement } from '../../src/payments/orphans.types.js';
import type { PaymentElement } from '../../src/payments/payments.types.js';
import { adapterWith, untilAnswered } from './adapters.js';
import { alone, openPayments, type PaymentsWorld } from './payments-world.js';

/* Intents at the provider that no purchase takes: what is open is cancelled, and what was captured is given back. */

let world: PaymentsWorld;
beforeAll(async () => {
  world = await openPayments();
});
beforeEach(async () => {
  await world.source.query('update payments.orphans set due_at = null');
});
afterEach(async () => {
  await world.provider.control('DELETE', 'faults');
});
afterAll(() => world.close());

const cause = { code: 'payment-expired', detail: 'The buyer has not paid in time.' };
const inPage = { method: null };

const voidIt = (element: PaymentElement) => untilAnswered(() => world.payments.void([{ ...element, cause }], alone));

/** The orphans of a payment, each as `captured 499 0`, with why it is parked. */
async function orphans(id: string): Promise<string[]> {
  const rows = await world.source.query<{ text: string }[]>(
    `select concat_ws(' ', state, captured, refunded, parked_code) as text from payments.orphans
     where payment = $1 order by id`,
    [id],
  );
  return rows.map(({ text }) => text);
}

/** Has the orphans of a payment looked at now, so many times. @returns what is to be booked after the last time */
async function see(id: string, times = 1, by = world.orphans): Promise<OrphanMovement[]> {
  let movements: OrphanMovement[] = [];
  for (let time = 0; time < times; time++) {
    await world.source.query('update payments.orphans set due_at = now() where payment = $1', [id]);
    movements = (await by.see(100)).movements;
  }
  return movements;
}

/** In how many minutes the orphan of a payment is looked at again, or null for never. */
async function dueInMinutes(id: string): Promise<number | null> {
  const [row] = await world.source.query<{ minutes: number | null }[]>(
    `select round(extract(epoch from due_at - now()) / 60)::int as minutes from payments.orphans where payment = $1`,
    [id],
  );
  return row?.minutes ?? null;
}

/** The id of the only intent of a payment at the provider. */
async function referenceOf(id: string): Promise<string> {
  const { intents } = await world.provider.effects({ reference: id });
  return intents[0]?.reference ?? 'none';
}

/** A payment that was turned back while its create was under way, so that its intent is on no row. */
async function createdInVain(): Promise<PaymentElement> {
  const element = world.element(inPage);
  const post = { method: 'POST', path: '/v1/payment_intents', reference: element.id };
  // The client sends a cut POST once more by itself, so the second answer is lost as well.
  await world.provider.fault({ on: post, fault: 'drop-after', times: 2 });
  await world.payments.authorize([element], alone).catch(() => undefined);
  expect(await voidIt(element)).toMatchObject({ answer: { outcome: 'cancelled' } });
  return element;
}

/** A payment that is captured with one minor unit less than the purchase says, and then turned back. */
async function capturedWrongly(): Promise<PaymentElement> {
  const element = world.element();
  await world.payments.authorize([element], alone);
  const on = { method: 'POST', path: '/v1/payment_intents/*/capture', reference: element.id };
  await world.provider.fault({ on, fault: 'wrong-amount', times: 1 });
  expect(await world.payments.capture([element], alone).then(([one]) => one)).toMatchObject({
    failed: expect.anything(),
  });
  expect(await voidIt(element)).toEqual({ answer: { outcome: 'cancelled', cause } });
  expect(await world.state(element.id)).toBe('cancelled');
  return element;
}

describe('an intent that was made and is on no row', () => {
  test('is found by its time, and is cancelled, so that nobody can pay it any more', async () => {
    const element = await createdInVain();
    expect(await orphans(element.id)).toEqual(['watched 0 0']);
    expect(await dueInMinutes(element.id)).toBe(1);
    await see(element.id);
    expect(await orphans(element.id)).toEqual(['watched 0 0', 'watched 0 0']);
    await see(element.id);
    expect(await world.intents(element.id)).toEqual(['canceled 499 0 0']);
    await see(element.id);
    expect(await orphans(element.id)).toEqual(['watched 0 0', 'watched 0 0']);
    expect(await world.operations(element.id)).toEqual(['create:1 unknown', 'orphan-cancel:1 succeeded']);
  });

  test('is voided where the buyer has authorised it all the same', async () => {
    const element = await createdInVain();
    await world.provider.act('buyer-confirms', element.id);
    expect(await world.intents(element.id)).toEqual(['requires_capture 499 0 0']);
    expect(await see(element.id, 2)).toEqual([]);
    expect(await world.intents(element.id)).toEqual(['canceled 499 0 0']);
  });

  test('is given back where a method has captured it at once, and all of it is booked', async () => {
    const element = await createdInVain();
    const id = await referenceOf(element.id);
    const paid = await world.provider.client(world.key).paymentIntents.confirm(id, { payment_method: 'pm_ideal' });
    expect(paid.status).toBe('succeeded');
    const found = await see(element.id, 2);
    expect(await world.intents(element.id)).toEqual(['succeeded 499 499 499']);
    expect(await orphans(element.id)).toEqual(['watched 0 0', 'returned 499 499']);
    const movement = { id: element.id, title: 'arena', provider: 'stripe', currency: 'EUR' };
    const moved = [
      { ...movement, key: `late-capture/${id}`, kind: 'late-capture', amount: 499n, orphan: expect.any(String) },
      { ...movement, key: `late-refund/${id}`, kind: 'late-refund', amount: 499n, orphan: expect.any(String) },
    ];
    expect(found).toEqual(moved);
    // What nobody says to be booked is to be booked again, under the same keys.
    expect(await see(element.id)).toEqual(moved);
    await world.orphans.booked(found);
    expect(await see(element.id)).toEqual([]);
    // The fee is told later than the capture, and nobody gives it back.
    await world.provider.act('settle', element.id);
    const [fee] = await see(element.id);
    expect(fee).toMatchObject({ key: `late-fee/${id}`, kind: 'late-fee', amount: 32n });
    await world.orphans.booked(fee === undefined ? [] : [fee]);
    expect(await see(element.id)).toEqual([]);
    const { calls } = await world.provider.effects({ reference: element.id });
    expect(calls.filter(({ effect }) => effect === 'refunded').map(({ key }) => key)).toEqual([
      `${element.id}:orphan-refund:1`,
    ]);
  });

  test('is looked for again after an hour and a day, and then no more', async () => {
    const element = world.element();
    await world.payments.authorize([element], alone);
    await voidIt(element);
    expect(await dueInMinutes(element.id)).toBe(1);
    await see(element.id);
    expect(await dueInMinutes(element.id)).toBe(60);
    await see(element.id);
    expect(await dueInMinutes(element.id)).toBe(24 * 60);
    await see(element.id);
    expect(await dueInMinutes(element.id)).toBeNull();
  });
});

describe('what was captured with another amount', () => {
  test('is given back, once, where the purchase is turned back', async () => {
    const element = await capturedWrongly();
    expect(await world.intents(element.id)).toEqual(['succeeded 499 498 0']);
    await see(element.id, 3);
    expect(await world.intents(element.id)).toEqual(['succeeded 499 498 498']);
    expect(await world.operations(element.id)).toContain('orphan-refund:1 succeeded');
    expect(await orphans(element.id)).toEqual(['returned 498 498']);
  });

  test.each(['drop-after', 'drop-before', 'truncate', 'garbage', 'status', 'status-stored'])(
    'is given back once where the answer to the refund is lost: %s',
    async (fault) => {
      const element = await capturedWrongly();
      const on = { method: 'POST', path: '/v1/refunds' };
      await world.provider.fault({ on, fault, status: 500, times: 2 });
      await see(element.id, 6);
      expect(await world.intents(element.id)).toEqual(['succeeded 499 498 498']);
      expect(await orphans(element.id)).toEqual(['returned 498 498']);
      const { calls } = await world.provider.effects({ reference: element.id });
      expect(calls.filter(({ effect }) => effect === 'refunded')).toHaveLength(1);
      // Only what is answered an error for ever is sent under another key.
      const keys = (await world.operations(element.id)).filter((one) => one.startsWith('orphan-refund'));
      if (fault !== 'status-stored') expect(keys).toEqual(['orphan-refund:1 succeeded']);
    },
  );

  test('waits for the bank, and is given back when the refund has succeeded', async () => {
    const element = await capturedWrongly();
    await world.provider.fault({ on: { method: 'POST', path: '/v1/refunds' }, fault: 'processing', times: 1 });
    const [captured, ...others] = await see(element.id, 2);
    expect([captured?.kind, others]).toEqual(['late-capture', []]);
    expect(await orphans(element.id)).toEqual(['refunding 498 0']);
    const { data } = await world.provider
      .client(world.key)
      .refunds.list({ payment_intent: await referenceOf(element.id) });
    await world.provider.act('settle', data[0]?.id ?? 'none');
    expect((await see(element.id)).map(({ kind }) => kind)).toEqual(['late-capture', 'late-refund']);
    expect(await orphans(element.id)).toEqual(['returned 498 498']);
  });

  test('waits for a person where the refund fails, and ends where they give it back at the provider', async () => {
    const element = await capturedWrongly();
    await world.provider.fault({ on: { method: 'POST', path: '/v1/refunds' }, fault: 'decline', times: 1 });
    await see(element.id, 3);
    expect(await orphans(element.id)).toEqual(['captured 498 0 refund-failed']);
    expect(await dueInMinutes(element.id)).toBe(60);
    await world.provider.act('dashboard-refund', element.id);
    await see(element.id);
    expect(await orphans(element.id)).toEqual(['returned 498 498']);
  });

  test('waits for a person where a bank refuses weeks later what was given back', async () => {
    const element = await capturedWrongly();
    await world.provider.act('settle', element.id);
    await world.orphans.booked(await see(element.id, 2));
    expect(await dueInMinutes(element.id)).toBe(24 * 60);
    const back = world.orphansOf(
      adapterWith(world, (account) => ({
        async fetch(reference, options) {
          const answer = await account.fetch(reference, options);
          return answer.result === 'intent' ? { ...answer, intent: { ...answer.intent, refunded: 0n } } : answer;
        },
      })),
    );
    await see(element.id, 1, back);
    expect(await orphans(element.id)).toEqual(['captured 498 498 refund-failed']);
    // A person has given it back at the provider.
    await see(element.id);
    expect(await orphans(element.id)).toEqual(['returned 498 498']);
  });

  test('is left alone by somebody else who sees to it at the same time', async () => {
    const element = await capturedWrongly();
    await world.source.query('update payments.orphans set due_at = now() where payment = $1', [element.id]);
    await world.source.transaction(async (tx) => {
      await tx.query('select 1 from payments.orphans where payment = $1 for update', [element.id]);
      expect(await world.orphans.see(100)).toEqual({ looked: 0, movements: [] });
    });
    // A process that is slow may still be at it when another one is.
    await Promise.all([see(element.id), see(element.id), see(element.id)]);
    const { calls } = await world.provider.effects({ reference: element.id });
    expect(calls.filter(({ effect }) => effect === 'refunded')).toHaveLength(1);
  });
});

test('an intent that a purchase takes is never touched, whoever says that it is an orphan', async () => {
  const [open, done] = [world.element(inPage), world.element()];
  await world.payments.authorize([open], alone);
  await world.payments.authorize([done], alone);
  await world.payments.capture([done], alone);
  for (const { id } of [open, done]) {
    await world.source.query(
      `insert into payments.orphans (payment, title, provider, reference, due_at)
       select id, title, provider, reference, now() from payments.payments where id = $1`,
      [id],
    );
    await see(id, 2);
    expect(await orphans(id)).toEqual(['taken 0 0']);
  }
  expect(await world.intents(open.id)).toEqual(['requires_payment_method 499 0 0']);
  expect(await world.intents(done.id)).toEqual(['succeeded 499 499 0']);
});

test('two that belong to one payment are both seen to', async () => {
  const element = world.element();
  const stripe = world.provider.client(world.key);
  await world.payments.authorize([element], alone);
  for (let made = 0; made < 2; made++) {
    const metadata = { title: 'arena', purchase: element.id };
    const { id } = await stripe.paymentIntents.create({ amount: 499, currency: 'eur', metadata });
    await world.source.query(
      `insert into payments.orphans (payment, title, provider, reference) values ($1, 'arena', 'stripe', $2)`,
      [element.id, id],
    );
  }
  await see(element.id);
  expect((await world.intents(element.id)).sort()).toEqual([
    'canceled 499 0 0',
    'canceled 499 0 0',
    'requires_capture 499 0 0',
  ]);
});

test('an intent of another purchase waits for a person', async () => {
  const [element, other] = [world.element(), world.element()];
  await world.payments.authorize([element], alone);
  await world.payments.authorize([other], alone);
  await world.payments.capture([other], alone);
  await voidIt(element);
  await world.source.query('alter table payments.orphans disable trigger all');
  await world.source.query('update payments.orphans set reference = $1 where payment = $2', [
    await referenceOf(other.id),
    element.id,
  ]);
  await see(element.id, 2);
  expect(await orphans(element.id)).toEqual(['watched 0 0 payment-mismatch']);
  expect(await world.intents(other.id)).toEqual(['succeeded 499 499 0']);
});

test('an account that is away is asked again later', async () => {
  const element = await capturedWrongly();
  await world.provider.fault({ on: { path: '/v1/payment_intents/*' }, fault: 'status', status: 503, times: 1 });
  await see(element.id);
  expect(await orphans(element.id)).toEqual(['watched 0 0']);
  await see(element.id, 2);
  expect(await orphans(element.id)).toEqual(['returned 498 498']);
});
