import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { dealBodyOf } from '../exchanges/deal-answers.js';
import { PaymentsReads } from '../payments/payments.reads.js';
import type { PaymentView } from '../payments/payments.types.js';
import { Batcher } from '../postgres/batcher.js';
import { CONFIG, type Config } from '../process/config.js';
import { purchaseKind } from './purchase-kind.js';
import type { purchase } from './purchases.shapes.js';
import { REFUND_SUMS } from './purchases.tokens.js';
import { isMoney, type Purchase, type RefundSum, type RefundSums } from './purchases.types.js';
import { shownPayment, shownState } from './shown.rules.js';

type PurchaseBody = z.infer<typeof purchase>;

/** As many wait as there are requests. Nothing is to be refused to those whose purchase is written down. */
const readLimits = { lanes: 2, maxElements: 256, waiting: Number.POSITIVE_INFINITY };

/** How purchases are answered. */
@Injectable()
export class PurchaseBodies {
  /** The passengers of a convoy are answered in one moment, so what is beside their rows is read together. */
  private readonly ones = new Batcher(
    (asked: readonly { title: string; row: Purchase }[]) => this.ofTitles(asked),
    readLimits,
  );

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly payments: PaymentsReads,
    @Inject(REFUND_SUMS) private readonly refunds: RefundSums,
  ) {}

  /** Purchases of a title as they are answered, in order. What is beside the rows is read of all at once. */
  async of(title: string, rows: readonly Purchase[]): Promise<PurchaseBody[]> {
    const inMoney = rows.filter(({ pay }) => isMoney(pay)).map(({ id }) => id);
    const views = inMoney.length === 0 ? undefined : await this.payments.views(title, inMoney);
    const completed = rows.filter(({ state }) => state === purchaseKind.done).map(({ id }) => id);
    const sums = completed.length === 0 ? undefined : await this.refunds.sumsOf(title, completed);
    return rows.map((row) => this.bodyOf(row, views?.get(row.id), sums?.get(row.id)));
  }

  /** A purchase of a title as it is answered. What is beside its row is read with that of other requests. */
  ofOne(title: string, row: Purchase): Promise<PurchaseBody> {
    return this.ones.add({ title, row });
  }

  /** A purchase that was accepted just now, of which there is no payment yet. */
  ofNew(row: Purchase): PurchaseBody {
    return this.bodyOf(row, undefined);
  }

  private async ofTitles(asked: readonly { title: string; row: Purchase }[]): Promise<PurchaseBody[]> {
    const bodies: PurchaseBody[] = [];
    for (const title of new Set(asked.map((one) => one.title))) {
      const places = [...asked.keys()].filter((place) => asked[place]?.title === title);
      const some = await this.of(
        title,
        places.flatMap((place) => asked[place]?.row ?? []),
      );
      for (const [index, place] of places.entries()) bodies[place] = some[index] as PurchaseBody;
    }
    return bodies;
  }

  private bodyOf(row: Purchase, view: PaymentView | undefined, sum?: RefundSum): PurchaseBody {
    const { player, product, version, quantity, pay, content, reference } = row;
    return {
      ...dealBodyOf(this.config, purchaseKind, row),
      state: shownState(row, view, sum),
      player,
      product,
      version,
      quantity,
      pay: isMoney(pay) ? pay : { asset: pay.asset, amount: pay.amount },
      content: {
        amounts: content.amounts.map(({ asset, amount }) => ({ asset, amount })),
        items: content.items.map(({ item, instances }) => ({ item, count: instances.length, instances })),
      },
      ...(isMoney(pay) && { payment: shownPayment(pay.provider, row.closedAt === null, view) }),
      ...(sum !== undefined && sum.refunded > 0n && { refunded: String(sum.refunded) }),
      ...(reference !== null && { reference }),
    };
  }
}
