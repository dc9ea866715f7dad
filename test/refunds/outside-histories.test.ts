import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { MovedForGoods } from '../../src/payments/outside.types.js';
import type { PaymentAccount } from '../../src/payments/accounts.types.js';
import type { BookedTransfer } from '../../src/ledger/ledger.reads.js';
import { StoredDeals } from '../../src/exchanges/stored-deals.js';
import { purchaseKind } from '../../src/purchases/purchase-kind.js';
import { OutsideGoods } from '../../src/refunds/outside-goods.service.js';
import type { Refund } from '../../src/refunds/refunds.types.js';
import { euros } from '../purchases/money.js';
import { title } from '../purchases/store.js';
import { content, Till } from './till.js';

/*
 * Refunds that are asked for, refunds that follow disputes, and their reversals, at once and by two processes, in
 * histories that are drawn by a seed. A double of the provider gives back no more than was paid.
 */

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const histories = 15;
const paid = 100n;

/** A generator of numbers below another one. It is a linear congruential one. */
function drawing(from: number): (below: number) => number {
  let state = from >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

let till: Till;
beforeAll(async () => {
  console.log(`The histories are drawn by SEED=${seed}.`);
  till = await Till.open();
});
afterAll(async () => {
  expect(await till.store.close()).toBe(0);
});

/** What has happened to one purchase. */
class History {
  readonly due = new Map<string, MovedForGoods>();
  readonly goods: readonly [OutsideGoods, OutsideGoods];
  /** What every dispute has taken and not brought back. */
  readonly disputes = new Map<string, bigint>();
  private movements = 0;

  constructor(
    readonly purchase: string,
    private readonly draw: (below: number) => number,
  ) {
    const goodsOf = (process: 0 | 1): OutsideGoods =>
      new OutsideGoods(
        till.store.sources[process],
        {
          purchases: new StoredDeals(purchaseKind, till.store.sources[process]),
          accounts: { account: () => Promise.resolve({ spentGoods: 'debt' } as PaymentAccount) },
          outside: {
            // Of each payment it is the first one, as the real one answers.
            goodsDue: () => Promise.resolve([...this.due.values()].slice(0, 1)),
            goodsFollowed: (ids) => Promise.resolve(ids.forEach((id) => this.due.delete(id))),
          },
          ledger: { transfersOfExchange: () => Promise.resolve([] as BookedTransfer[]) },
        },
        till.services[process],
        till.reads,
      );
    this.goods = [goodsOf(0), goodsOf(1)];
  }

  /** One thing that happens. */
  async step(): Promise<unknown> {
    switch (this.draw(6)) {
      case 0:
        return till.refund(this.purchase, BigInt(1 + this.draw(60)), {}, this.draw(2) === 0 ? 0 : 1);
      case 1:
        return this.dispute();
      case 2:
        return this.win();
      case 3:
        return this.closeOne();
      default:
        return Promise.all(this.goods.map((one) => one.follow(10)));
    }
  }

  /** The bank takes as much as the provider still has of the payment, or a part of it. */
  private async dispute(): Promise<void> {
    const left = paid - (await this.away());
    if (left <= 0n) return;
    const about = `dp_${this.disputes.size}`;
    this.disputes.set(about, 1n + (BigInt(this.draw(100)) % left));
    this.move(about, 'dispute', this.disputes.get(about) ?? 0n);
  }

  private win(): void {
    const lost = [...this.disputes].filter(([, amount]) => amount > 0n);
    const [about, amount] = lost[this.draw(lost.length)] ?? [];
    if (about === undefined || amount === undefined) return;
    this.disputes.set(about, 0n);
    this.move(about, 'dispute-reinstated', -amount);
  }

  private move(about: string, kind: MovedForGoods['kind'], counted: bigint): void {
    const movement = String(++this.movements);
    const of = { movement, title, provider: 'stripe' as const, payment: this.purchase, kind, about };
    this.due.set(movement, {
      ...of,
      reference: `${this.purchase} ${movement}`,
      counted,
      away: counted > 0n ? counted : 0n,
      isLate: false,
    });
  }

  private async openRefunds(): Promise<Refund[]> {
    const all = await till.reads.refunds(title, { purchase: this.purchase }, 1_000, undefined);
    return all.map(({ body }) => body).filter(({ closedAt }) => closedAt === null);
  }

  /** A saga comes to its end. One that was found, or reverses, does not fail: it asks no provider. */
  async closeOne(): Promise<boolean> {
    const all = await this.openRefunds();
    const refund = all[this.draw(all.length)];
    if (refund === undefined) return false;
    const ends = refund.found === null ? (['succeeded', 'failed'] as const) : (['succeeded'] as const);
    await till.close(refund, ends[this.draw(ends.length)] ?? 'succeeded');
    return true;
  }

  /** What is away at the provider: what was refunded for us, and what disputes have taken. */
  private async away(): Promise<bigint> {
    const all = await till.reads.refunds(title, { purchase: this.purchase }, 1_000, undefined);
    const asked = all
      .map(({ body }) => body)
      .filter(({ found, state }) => found === null && (state === 'succeeded' || state === 'accepted'));
    return (
      asked.reduce((sum, { amount }) => sum + BigInt(amount), 0n) +
      [...this.disputes.values()].reduce((sum, amount) => sum + amount, 0n)
    );
  }

  /** Has everything come to its end. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 200; turn++) {
      await this.goods[0].follow(10);
      if (!(await this.closeOne()) && this.due.size === 0) return;
    }
    throw new Error(`SEED=${seed}: ${this.purchase} never comes to an end.`);
  }

  /** What is gone of the goods in the end, and by how many refunds each. */
  async taken(): Promise<{ gems: bigint; swords: Map<string, number>; refunded: bigint }> {
    const all = await till.reads.refunds(title, { purchase: this.purchase }, 1_000, undefined);
    const [swords, sums] = [new Map<string, number>(), { gems: 0n, refunded: 0n }];
    for (const { body } of all.filter(({ body: { state } }) => state === 'succeeded')) {
      const sign = body.reverses === null ? 1 : -1;
      sums.refunded += BigInt(sign) * BigInt(body.amount);
      for (const { amount } of body.takes.amounts) sums.gems += BigInt(sign) * BigInt(amount);
      for (const { instance } of body.takes.items) swords.set(instance, (swords.get(instance) ?? 0) + sign);
    }
    return { ...sums, swords };
  }
}

test('whatever comes together, nothing is taken twice, and all that is refunded has its share', async () => {
  const draw = drawing(seed);
  const reached = { reversed: 0, whole: 0 };
  for (let place = 0; place < histories; place++) {
    const pay = { ...euros, amount: String(paid) };
    const purchase = await till.purchase({ player: `player-${place}`, pay });
    const history = new History(purchase, draw);
    for (let step = 0; step < 25; step++) await Promise.all([history.step(), history.step()]);
    await history.settle();
    if (place % 3 === 0) {
      const [, rest] = await till.refund(purchase, null);
      if (rest !== undefined) await till.close(rest, 'succeeded');
    }
    const { gems, swords, refunded } = await history.taken();
    const said = `SEED=${seed}, history ${place}`;
    expect([said, await till.totals(purchase)]).toEqual([said, `0 promised, ${refunded} refunded`]);
    expect([said, [...swords.values()].filter((times) => times !== 0 && times !== 1)]).toEqual([said, []]);
    expect(gems >= 0n && gems <= 10n && refunded >= 0n && refunded <= paid).toBe(true);
    if (refunded === paid) {
      const counts = content.items.flatMap(({ instances }) => instances).map((one) => swords.get(one) ?? 0);
      expect([said, gems, new Set(counts)]).toEqual([said, 10n, new Set([1])]);
      reached.whole += 1;
    }
    const { rows } = await till.store.session.query<{ reversing: string; open: boolean }>(
      `select reversing, exists (
         select from refunds.refunds r where r.purchase = t.purchase and closed_at is null) as open
       from refunds.totals t where purchase = $1`,
      [purchase.slice(4)],
    );
    for (const row of rows) expect([said, row]).toEqual([said, { reversing: '0', open: false }]);
    reached.reversed += (await till.reads.refunds(title, { purchase }, 1_000, undefined)).filter(
      ({ body: { reverses, state } }) => reverses !== null && state === 'succeeded',
    ).length;
  }
  // Histories in which nothing came together would prove nothing.
  expect(reached.reversed).toBeGreaterThan(0);
  expect(reached.whole).toBeGreaterThan(0);
});
