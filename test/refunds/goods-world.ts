import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import type { DealsService } from '../../src/exchanges/deals.service.js';
import { StoredDeals } from '../../src/exchanges/stored-deals.js';
import type { BookedTransfer } from '../../src/ledger/ledger.reads.js';
import type { PaymentAccount } from '../../src/payments/accounts.types.js';
import type { MovedForGoods } from '../../src/payments/outside.types.js';
import { purchaseKind } from '../../src/purchases/purchase-kind.js';
import { OutsideGoods } from '../../src/refunds/outside-goods.service.js';
import type { Refund, RefundTerms } from '../../src/refunds/refunds.types.js';
import { euros } from '../purchases/money.js';
import { title } from '../purchases/store.js';
import { Till } from './till.js';

/** Gives the tests of a file a world, which is empty before each of them. */
export function useGoods(): { world: GoodsWorld } {
  const used = {} as { world: GoodsWorld };
  beforeAll(async () => {
    used.world = await GoodsWorld.open();
  });
  afterAll(async () => {
    expect(await used.world.till.store.close()).toBe(0);
  });
  beforeEach(() => {
    used.world.due.clear();
    used.world.booked.clear();
  });
  return used;
}

/** What is paid for a purchase whose money moves. */
export const paid = { ...euros, amount: '100' };

/** A till whose goods follow money that moves, by two processes. The movements are a double, and so are the books. */
export class GoodsWorld {
  /** The movements that are due. */
  readonly due = new Map<string, MovedForGoods>();
  /** What the ledger has booked of a refund. */
  readonly booked = new Map<string, BookedTransfer['legs']>();
  readonly goods: readonly [OutsideGoods, OutsideGoods];
  private count = 0;
  /** What the dispute of each purchase has taken and not brought back. */
  private readonly away = new Map<string, bigint>();

  private constructor(readonly till: Till) {
    this.goods = [this.goodsOf(0), this.goodsOf(1)];
  }

  static async open(): Promise<GoodsWorld> {
    return new GoodsWorld(await Till.open());
  }

  goodsOf(process: 0 | 1, service: DealsService<RefundTerms> = this.till.services[process]): OutsideGoods {
    const { till, due, booked } = this;
    return new OutsideGoods(
      till.store.sources[process],
      {
        purchases: new StoredDeals(purchaseKind, till.store.sources[process]),
        accounts: { account: () => Promise.resolve({ spentGoods: till.spentGoods } as PaymentAccount) },
        outside: {
          goodsDue: () => Promise.resolve([...due.values()]),
          goodsFollowed: (ids) => Promise.resolve(ids.forEach((id) => due.delete(id))),
        },
        ledger: {
          transfersOfExchange: (_, id) => Promise.resolve([{ legs: booked.get(id) ?? [] } as BookedTransfer]),
        },
      },
      service,
      till.reads,
    );
  }

  /** Has money move, by a dispute of the purchase. */
  move(purchase: string, counted: bigint): MovedForGoods {
    const movement = String(++this.count);
    const away = (this.away.get(purchase) ?? 0n) + counted;
    this.away.set(purchase, away);
    const kind = counted > 0n ? ('dispute' as const) : ('dispute-reinstated' as const);
    const of = { movement, title, provider: 'stripe' as const, payment: purchase, kind, isLate: false };
    const moved = { ...of, reference: `txn_${movement}`, about: `dp_${purchase}`, counted, away };
    this.due.set(movement, moved);
    return moved;
  }

  /** The refunds of a purchase, each as `succeeded 40 takes 4 reverses 40`. */
  async refundsOf(purchase: string): Promise<string[]> {
    const { rows } = await this.till.store.session.query<{ text: string }>(
      `select concat_ws(' ', state, amount, 'takes ' || jsonb_array_length(takes->'items'),
         case when reverses is not null then 'reverses ' ||
           (select o.amount from refunds.refunds o where o.id = r.reverses) end) as text
       from refunds.refunds r where purchase = $1 order by sequence`,
      [purchase.slice(4)],
    );
    return rows.map(({ text }) => text);
  }

  /** The refunds of a purchase that have followed. */
  found(purchase: string): Promise<Refund[]> {
    return this.till.reads.foundOf(title, purchase, `dp_${purchase}`);
  }

  async newest(purchase: string): Promise<Refund> {
    const refund = (await this.found(purchase)).at(-1);
    if (refund === undefined) throw new Error('Nothing was found.');
    return refund;
  }

  /** Has goods follow what is due, once. */
  follow(): Promise<number> {
    return this.goods[0].follow(10);
  }
}
