import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MovedForGoods } from '../../src/payments/outside.types.js';
import { openOutside, type OutsideWorld } from './outside-world.js';
import { alone } from './payments-world.js';

/* Disputes, found by polling alone: what is booked goes by the movements on the balance, and by no status. */

let world: OutsideWorld;
beforeAll(async () => {
  world = await openOutside();
  await world.provider.control('POST', 'webhooks', { mode: 'off' });
});
afterAll(() => world.close());

const fee = 1500;

/** A payment with a dispute, and the books before it. */
async function disputed(act = 'dispute-open', amount?: string) {
  const payment = await world.captured();
  const before = await world.books();
  const { id: dispute } = await world.provider.act<{ id: string }>(act, payment.id, amount);
  await world.settle();
  return { ...payment, dispute, before };
}

async function state(id: string): Promise<string[]> {
  const rows = await world.source.query<{ state: string }[]>(
    'select state from payments.disputes where payment = $1 order by id',
    [id],
  );
  return rows.map((row) => row.state);
}

/** By how much the clearing and the fees have changed. */
async function changed(before: Record<string, number>): Promise<[clearing: number, fees: number, mint: number]> {
  const now = await world.books();
  const change = (owner: string): number => (now[owner] ?? 0) - (before[owner] ?? 0);
  return [change('system:clearing:stripe'), change('system:fees'), change('system:mint')];
}

describe('a dispute', () => {
  test('takes the money and a fee when it opens, and is lost without another entry', async () => {
    const { id, dispute, before } = await disputed();
    expect(await world.movements(id)).toEqual(['dispute 499 499', `dispute-fee ${fee} 0`]);
    expect(await changed(before)).toEqual([-499 - fee, fee, 499]);
    expect([await state(id), await world.returned(id)]).toEqual([['needs_response'], 499]);
    await world.provider.act('dispute-lost', dispute);
    for (let times = 0; times < 2; times++) await world.settle();
    expect([await state(id), await world.returned(id)]).toEqual([['lost'], 499]);
    expect(await changed(before)).toEqual([-499 - fee, fee, 499]);
    expect(await world.facts(id)).toEqual(['dispute.opened', 'dispute.withdrawn', 'dispute.lost']);
  });

  test('that is won gives the money back by a movement of its own', async () => {
    const { id, dispute, before } = await disputed();
    await world.provider.act('dispute-won', dispute);
    for (let times = 0; times < 2; times++) await world.settle();
    expect(await world.movements(id)).toEqual([
      'dispute 499 499',
      `dispute-fee ${fee} 0`,
      'dispute-reinstated 499 -499',
    ]);
    expect(await changed(before)).toEqual([-fee, fee, 0]);
    expect([await state(id), await world.returned(id)]).toEqual([['won'], 0]);
    expect(await world.facts(id)).toEqual(['dispute.opened', 'dispute.withdrawn', 'dispute.won', 'dispute.reinstated']);
  });

  test('that is lost can be appealed against, and lost again, and won in the end', async () => {
    const { id, dispute, before } = await disputed();
    for (const [act, expected] of [
      ['dispute-lost', 'lost'],
      ['dispute-appeal', 'appealed'],
      ['dispute-lost', 'lost'],
      ['dispute-appeal', 'appealed'],
    ] as const) {
      await world.provider.act(act, dispute);
      // One that is lost is not looked at for ever. An event, or its money, has it looked at again.
      await note(dispute);
      await world.settle();
      expect([await state(id), await changed(before)]).toEqual([[expected], [-499 - fee, fee, 499]]);
    }
    await world.provider.act('dispute-won', dispute);
    await world.settle();
    expect([await state(id), await world.returned(id)]).toEqual([['won'], 0]);
    expect(await changed(before)).toEqual([-fee, fee, 0]);
  });

  test('that is lost and won by an appeal in one go, with no event, is found by its money', async () => {
    const { id, dispute, before } = await disputed();
    await world.provider.act('dispute-lost', dispute);
    await world.settle();
    await world.provider.act('dispute-won', dispute);
    await world.dueNow(['walks']);
    await world.seeAll();
    expect([await state(id), await changed(before)]).toEqual([['won'], [-fee, fee, 0]]);
  });

  test('of a part takes that part, and a refund of the rest beside it', async () => {
    const payment = await world.captured();
    const before = await world.books();
    await world.provider.act('dashboard-refund', payment.id, '99');
    await world.provider.act('dispute-open', payment.id, '150');
    await world.settle();
    expect(await world.returned(payment.id)).toBe(249);
    expect(await changed(before)).toEqual([-249 - fee, fee, 249]);
  });

  test('that is prevented takes the money without a fee', async () => {
    const { id, before } = await disputed('dispute-prevented', '200');
    expect([await state(id), await world.movements(id)]).toEqual([['prevented'], ['dispute 200 200']]);
    expect(await changed(before)).toEqual([-200, 0, 200]);
    expect(await world.facts(id)).toEqual(['dispute.opened', 'dispute.prevented', 'dispute.withdrawn']);
  });
});

describe('an inquiry', () => {
  test('moves no money, and closes without any', async () => {
    const { id, dispute, before } = await disputed('dispute-inquiry');
    expect([await state(id), await world.movements(id)]).toEqual([['inquiry'], []]);
    await world.provider.act('dispute-lost', dispute);
    await world.settle();
    expect([await state(id), await changed(before), await world.returned(id)]).toEqual([
      ['inquiry_closed'],
      [0, 0, 0],
      0,
    ]);
    expect(await world.facts(id)).toEqual(['dispute.inquired', 'dispute.closed']);
  });

  test('that becomes a dispute takes the money then', async () => {
    const { id, dispute, before } = await disputed('dispute-inquiry');
    await world.provider.act('dispute-open', dispute);
    await world.settle();
    expect([await state(id), await changed(before)]).toEqual([['needs_response'], [-499 - fee, fee, 499]]);
    expect(await world.facts(id)).toEqual(['dispute.inquired', 'dispute.opened', 'dispute.withdrawn']);
  });
});

test('a warning of fraud is told once, and moves no money', async () => {
  const { id } = await world.captured();
  const before = await world.books();
  await world.provider.act('fraud-warning', id);
  for (let times = 0; times < 2; times++) await world.settle();
  expect(await world.facts(id)).toEqual(['payment.fraud-warned']);
  expect([await changed(before), await world.returned(id)]).toEqual([[0, 0, 0], 0]);
});

/** What is due of goods, after all else of the world is done with. */
async function goodsDue(id: string): Promise<MovedForGoods[]> {
  return (await world.outside.goodsDue(1_000)).filter(({ payment }) => payment === id);
}

test('goods follow what moves the principal, one movement after the other', async () => {
  const { id, dispute } = await disputed('dispute-open', '150');
  await world.provider.act('dispute-won', dispute);
  const refund = await world.provider.act<{ id: string }>('dashboard-refund', id, '99');
  await world.settle();
  const any = { movement: expect.any(String), isLate: false };
  const of = { title: 'arena', provider: 'stripe', payment: id, ...any };
  const expected = [
    { ...of, kind: 'dispute', reference: expect.stringMatching(/^txn_/), about: dispute, counted: 150n, away: 150n },
    { ...of, kind: 'dispute-reinstated', reference: expect.any(String), about: dispute, counted: -150n, away: 0n },
    { ...of, kind: 'outside-refund', reference: refund.id, about: refund.id, counted: 99n, away: 99n },
  ];
  for (const one of expected) {
    const [due, ...others] = await goodsDue(id);
    expect([due, others]).toEqual([one, []]);
    // It is due again in a minute, and the next one not before it is done.
    expect(await goodsDue(id)).toEqual([]);
    await world.source.query('update payments.outside_movements set goods_due_at = now() where id = $1', [
      due?.movement,
    ]);
    expect(await goodsDue(id)).toEqual([due]);
    await world.outside.goodsFollowed([due?.movement ?? '']);
  }
  expect(await goodsDue(id)).toEqual([]);
});

test('a dispute of money that no purchase took is booked, and no goods are asked for it', async () => {
  const element = world.element();
  await world.payments.authorize([element], alone);
  const on = { method: 'POST', path: '/v1/payment_intents/*/capture', reference: element.id };
  await world.provider.fault({ on, fault: 'wrong-amount', times: 1 });
  await world.payments.capture([element], alone);
  const cause = { code: 'payment-expired', detail: 'The buyer has not paid in time.' };
  for (let times = 0; times < 4; times++) await world.payments.void([{ ...element, cause }], alone).catch(() => []);
  expect(await world.state(element.id)).toBe('cancelled');
  const before = await world.books();
  await world.provider.act('dispute-open', element.id, '100');
  await world.settle();
  expect(await world.movements(element.id)).toEqual(['dispute 100 0', `dispute-fee ${fee} 0`]);
  expect(await changed(before)).toEqual([-100 - fee, fee, 100]);
  expect(await goodsDue(element.id)).toEqual([]);
});

/** Has a dispute looked at, as an event does that names the dispute alone. */
async function note(dispute: string): Promise<void> {
  await world.source.query(
    `insert into payments.outside_looks (title, provider, kind, about) values ('arena', 'stripe', 'dispute', $1)`,
    [dispute],
  );
}
