import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { dealBodyOf } from '../exchanges/deal-answers.js';
import { PaymentsReads } from '../payments/payments.reads.js';
import type { PaymentView } from '../payments/payments.types.js';
import { CONFIG, type Config } from '../process/config.js';
import { purchaseKind } from './purchase-kind.js';
import type { purchase } from './purchases.shapes.js';
import { isMoney, type Purchase } from './purchases.types.js';
import { shownPayment, shownState } from './shown.rules.js';

type PurchaseBody = z.infer<typeof purchase>;

/** How purchases are answered. */
@Injectable()
export class PurchaseBodies {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly payments: PaymentsReads,
  ) {}

  /** Purchases of a title as they are answered, in order. The payments of all are read at once. */
  async of(title: string, rows: readonly Purchase[]): Promise<PurchaseBody[]> {
    const inMoney = rows.filter(({ pay }) => isMoney(pay)).map(({ id }) => id);
    const views = inMoney.length === 0 ? undefined : await this.payments.views(title, inMoney);
    return rows.map((row) => this.bodyOf(row, views?.get(row.id)));
  }

  /** A purchase that was accepted just now, of which there is no payment yet. */
  ofNew(row: Purchase): PurchaseBody {
    return this.bodyOf(row, undefined);
  }

  private bodyOf(row: Purchase, view: PaymentView | undefined): PurchaseBody {
    const { player, product, version, quantity, pay, content, reference } = row;
    return {
      ...dealBodyOf(this.config, purchaseKind, row),
      state: shownState(row, view),
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
      ...(reference !== null && { reference }),
    };
  }
}
