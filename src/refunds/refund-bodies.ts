import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { dealBodyOf } from '../exchanges/deal-answers.js';
import { PaymentsReads } from '../payments/payments.reads.js';
import type { RefundView } from '../payments/refunds.types.js';
import { CONFIG, type Config } from '../process/config.js';
import { refundKind } from './refund-kind.js';
import type { refund } from './refunds.shapes.js';
import type { Refund } from './refunds.types.js';
import { shownState } from './shown.rules.js';

type RefundBody = z.infer<typeof refund>;

/** How refunds are answered. */
@Injectable()
export class RefundBodies {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly payments: PaymentsReads,
  ) {}

  /** Refunds of a title as they are answered, in order. What providers have told of them is read of all at once. */
  async of(title: string, rows: readonly Refund[]): Promise<RefundBody[]> {
    const ofMoney = rows.filter(({ pay, found }) => 'currency' in pay && found === null).map(({ id }) => id);
    const views = await this.payments.refundViews(title, ofMoney);
    return rows.map((row) => this.bodyOf(row, views.get(row.id)));
  }

  async one(title: string, row: Refund): Promise<RefundBody> {
    const [body] = await this.of(title, [row]);
    if (body === undefined) throw new Error('A refund is answered by one body.');
    return body;
  }

  private bodyOf(row: Refund, view: RefundView | undefined): RefundBody {
    const { purchase, player, product, amount, pay, takes, policy, restock, grounds, found, reverses } = row;
    const reference = view?.reference ?? null;
    return {
      ...dealBodyOf(this.config, refundKind, row),
      state: shownState(row, view?.state),
      purchase,
      player,
      product,
      amount,
      pay: 'currency' in pay ? { currency: pay.currency, provider: pay.provider } : { asset: pay.asset },
      takes: {
        amounts: takes.amounts.map((one) => ({ asset: one.asset, amount: one.amount })),
        items: takes.items.map(({ instance, owed }) => ({ instance, owed })),
      },
      spentGoods: policy,
      restock,
      grounds,
      ...(reference !== null && { reference }),
      ...(found !== null && { found }),
      ...(reverses !== null && { reverses: reverses.refund }),
    };
  }
}
