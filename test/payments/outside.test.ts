import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { OutsidePage, RefundListAnswer } from '../../src/payments/provider.types.js';
import { valuesOf } from '../http/metric-values.js';
import { asked } from '../simulator/provider.js';
import { adapterWith } from './adapters.js';
import { openOutside, type OutsideWorld } from './outside-world.js';
import { alone } from './payments-world.js';

/* Refunds that somebody makes in the provider's dashboard, found by polling alone: no event ever comes. */

let world: OutsideWorld;
beforeAll(async () => {
  world = await openOutside();
  await world.provider.control('POST', 'webhooks', { mode: 'off' });
});
afterEach(async () => {
  await world.provider.control('DELETE', 'faults');
});
afterAll(() => world.close());

const clearing = async (): Promise<number> => (await world.books())['system:clearing:stripe'] ?? 0;

/** A refund that nobody of us has asked for, by the provider's own API. */
const refundAt = (intent: string, amount: number, metadata: Record<string, string> = {}) =>
  world.provider.client(world.key).refunds.create({ payment_intent: intent, amount, metadata });

/** How many things that an account has told were found to be ours, our own or foreign. */
async function counted(): Promise<Record<string, number>> {
  return { 'outcome=ours': 0, 'outcome=own': 0, 'outcome=foreign': 0, ...(await values()) };
}
const values = (): Promise<Record<string, number>> => valuesOf(world.registry, 'veltrix_payment_outside_total');

describe('a refund from the dashboard', () => {
  test('is booked by its own id: two of 3 and 4 are -3 and -4, and never -3 and -7', async () => {
    const { id } = await world.captured();
    const before = await clearing();
    await world.provider.act('dashboard-refund', id, '3');
    await world.settle();
    expect(await world.movements(id)).toEqual(['outside-refund 3 3']);
    expect(await clearing()).toBe(before - 3);
    await world.provider.act('dashboard-refund', id, '4');
    for (let times = 0; times < 3; times++) await world.settle();
    expect(await world.movements(id)).toEqual(['outside-refund 3 3', 'outside-refund 4 4']);
    expect(await clearing()).toBe(before - 7);
    expect(await world.returned(id)).toBe(7);
    expect(await world.facts(id)).toEqual(['payment.refunded-outside', 'payment.refunded-outside']);
  });

  test('that Veltrix has asked for is not booked here', async () => {
    const { id, intent } = await world.captured();
    const before = [await clearing(), await counted()] as const;
    await refundAt(intent, 3, { refund: 'rfd_1' });
    await refundAt(intent, 4, { title: 'arena', purchase: id });
    await world.settle();
    // A look at the payment finds them as well, and leaves them alone.
    await refundAt(intent, 5);
    await world.settle();
    expect(await world.movements(id)).toEqual(['outside-refund 5 5']);
    expect(await clearing()).toBe(before[0] - 5);
    const { 'outcome=own': own = 0, 'outcome=ours': ours = 0 } = await counted();
    expect([own - (before[1]['outcome=own'] ?? 0), ours - (before[1]['outcome=ours'] ?? 0)]).toEqual([2, 1]);
  });

  test('that is pending is booked when it has succeeded, and not at all where it fails', async () => {
    const { id, intent } = await world.captured();
    const before = await clearing();
    const pending = async (amount: number): Promise<string> => {
      await world.provider.fault({ on: { method: 'POST', path: '/v1/refunds' }, fault: 'processing', times: 1 });
      const refund = await refundAt(intent, amount);
      expect(refund.status).toBe('pending');
      return refund.id;
    };
    const [succeeds, fails] = [await pending(3), await pending(4)];
    // A pending refund has no movement on the balance here, so it is met by another one's.
    await refundAt(intent, 5);
    await world.settle();
    expect(await world.movements(id)).toEqual(['outside-refund 5 5']);
    await world.provider.act('settle', succeeds);
    await world.provider.act('buyer-fails', fails);
    // It is looked at again by itself.
    await world.dueNow(['looks']);
    await world.seeAll();
    expect(await world.movements(id)).toEqual(['outside-refund 5 5', 'outside-refund 3 3']);
    await world.settle();
    expect(await clearing()).toBe(before - 8);
    expect(await world.returned(id)).toBe(8);
  });

  test('that fails weeks later is booked back once', async () => {
    const { id } = await world.captured();
    const before = await clearing();
    const refund = await world.provider.act<{ id: string }>('dashboard-refund', id, '300');
    await world.settle();
    expect(await clearing()).toBe(before - 300);
    await world.provider.act('buyer-fails', refund.id);
    for (let times = 0; times < 2; times++) await world.settle();
    expect(await world.movements(id)).toEqual(['outside-refund 300 300', 'outside-refund-failed 300 -300']);
    expect(await clearing()).toBe(before);
    expect(await world.returned(id)).toBe(0);
  });

  test('of a payment whose capture is not known yet is booked once it is', async () => {
    const element = world.element();
    await world.payments.authorize([element], alone);
    const { intents } = await world.provider.effects({ reference: element.id });
    await world.provider.client(world.key).paymentIntents.capture(intents[0]?.reference ?? '');
    await world.provider.act('dashboard-refund', element.id, '3');
    await world.settle();
    expect(await world.movements(element.id)).toEqual([]);
    await world.payments.capture([element], alone);
    await world.dueNow(['looks']);
    await world.seeAll();
    expect(await world.movements(element.id)).toEqual(['outside-refund 3 3']);
  });
});

describe('once each', () => {
  test('by two workers at once', async () => {
    const elements = await Promise.all([world.captured(), world.captured(), world.captured()]);
    const before = await clearing();
    for (const { id } of elements) await world.provider.act('dashboard-refund', id, '10');
    const other = world.outsideOf(adapterWith(world, () => ({})));
    await world.dueNow();
    await Promise.all([world.seeAll(), world.seeAll(other), world.seeAll(), world.seeAll(other)]);
    await world.settle();
    for (const { id } of elements) expect(await world.movements(id)).toEqual(['outside-refund 10 10']);
    expect(await clearing()).toBe(before - 30);
  });

  test('by a worker that is killed between finding, booking and saying so', async () => {
    const { id } = await world.captured();
    const before = await clearing();
    await world.provider.act('dashboard-refund', id, '10');
    // It is found, and the process ends before the books hear of it.
    await world.dueNow();
    let found: Awaited<ReturnType<typeof world.outside.see>>['movements'] = [];
    for (let round = 0; round < 10 && found.length === 0; round++) found = (await world.outside.see(20)).movements;
    expect(found).toMatchObject([{ kind: 'outside-refund', id, amount: 10n }]);
    expect(await clearing()).toBe(before);
    // It is found again and booked, and the process ends before it says so.
    await world.dueNow(['movements']);
    const again = (await world.outside.see(20)).movements;
    expect(again).toEqual(found);
    await world.book(again, { ...world.outside, booked: () => Promise.resolve() } as never);
    expect(await clearing()).toBe(before - 10);
    await world.settle();
    expect(await clearing()).toBe(before - 10);
    await world.dueNow(['movements']);
    expect((await world.outside.see(20)).movements).toEqual([]);
  });

  test('by a look that another one has overtaken, which writes nothing any more', async () => {
    const { id, intent } = await world.captured();
    const refund = await world.provider.act<{ id: string }>('dashboard-refund', id, '300');
    // An inquiry has the payment looked at again and again, so its look is still there.
    await world.provider.act('dispute-inquiry', id);
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let begun: () => void = () => undefined;
    const isBegun = new Promise<void>((resolve) => (begun = resolve));
    // What it is told is that the refund is done, and it is slow to take it.
    const slow = world.outsideOf(
      adapterWith(world, (account) => ({
        async listRefunds(reference, options): Promise<RefundListAnswer> {
          const answer = await account.listRefunds(reference, options);
          begun();
          if (reference === intent) await released;
          return answer;
        },
      })),
    );
    await world.dueNow(['walks']);
    const overtaken = world.seeAll(slow);
    await isBegun;
    await world.provider.act('buyer-fails', refund.id);
    await world.dueNow(['looks']);
    await world.seeAll();
    release();
    await overtaken;
    // It was refused before anybody has booked it, so nothing is booked of it.
    expect(await world.movements(id)).toEqual([]);
    await world.settle();
    expect(await world.movements(id)).toEqual([]);
  });
});

describe('the walk', () => {
  test('counts what is foreign once, and leaves it alone', async () => {
    const stripe = world.provider.client(world.key);
    const before = await counted();
    const foreign = await stripe.paymentIntents.create({ ...asked, payment_method: 'pm_card_visa', confirm: true });
    await stripe.paymentIntents.capture(foreign.id);
    await stripe.refunds.create({ payment_intent: foreign.id, amount: 5 });
    await world.provider.act('dispute-open', foreign.id);
    for (let times = 0; times < 3; times++) await world.settle();
    // A refund, a withdrawal and the dispute itself.
    expect(await counted()).toEqual({ ...before, 'outcome=foreign': (before['outcome=foreign'] ?? 0) + 3 });
    const rows = await world.source.query('select 1 from payments.outside_movements where intent = $1', [foreign.id]);
    expect(rows).toEqual([]);
  });

  test('goes on where it was when a page cannot be had, and leaves nothing out', async () => {
    const { id } = await world.captured();
    await world.provider.act('dispute-open', id, '10');
    const asked: (string | undefined)[] = [];
    let isBroken = true;
    const breaking = world.outsideOf(
      adapterWith(world, (account) => ({
        listOutside(window, after, options): Promise<OutsidePage> {
          asked.push(after);
          return isBroken && after?.startsWith('2:') === true
            ? Promise.resolve({ result: 'unknown', why: 'It is so.', evidence: {} })
            : account.listOutside(window, after, options);
        },
      })),
    );
    await world.dueNow();
    await world.seeAll(breaking);
    expect(asked).toEqual([undefined, '1:', '2:']);
    isBroken = false;
    await world.dueNow();
    await world.seeAll(breaking);
    expect(asked.slice(3)).toEqual(['2:', '3:', '4:', '5:', '6:', '7:']);
    expect(await world.movements(id)).toEqual(['dispute 10 10', 'dispute-fee 1500 0']);
  });

  test('begins at what may be told late, and asks for it again', async () => {
    const from: Date[] = [];
    const noting = world.outsideOf(
      adapterWith(world, (account) => ({
        listOutside(window, after, options) {
          from.push(window.from);
          return account.listOutside(window, after, options);
        },
      })),
    );
    const [row] = await world.source.query<{ walked_until: Date }[]>('select walked_until from payments.outside_walks');
    await world.dueNow(['walks']);
    await world.seeAll(noting);
    expect((row?.walked_until.getTime() ?? 0) - (from[0]?.getTime() ?? 0)).toBe(3_600_000);
  });

  test('is of each title by itself', async () => {
    const key = await world.addTitle('bazaar');
    const { id } = await world.captured({ title: 'bazaar' });
    await world.provider.act('dashboard-refund', id, '3');
    // An account that cannot be asked keeps no other from being walked.
    await world.provider.fault({ on: {}, fault: 'status', status: 500, account: world.key });
    await world.settle();
    expect(await world.movements(id)).toEqual(['outside-refund 3 3']);
    expect(await world.books('bazaar')).toEqual({ 'system:mint': -496, 'system:clearing:stripe': 496 });
    expect(key).not.toBe(world.key);
  });
});
