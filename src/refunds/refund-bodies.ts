import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { dealBodyOf } from '../exchanges/deal-answers.js';
import { CONFIG, type Config } from '../process/config.js';
import { refundKind } from './refund-kind.js';
import type { refund } from './refunds.shapes.js';
import { PROVIDER_REFUNDS } from './refunds.tokens.js';
import type { Refund } from './refunds.types.js';
import { shownState, type ProviderRefunds, type RefundView } from './shown.rules.js';

type RefundBody = z.infer<typeof refund>;

/** How refunds are answered. */
@Injectable()
export class RefundBodies {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(PROVIDER_REFUNDS) private readonly provider: ProviderRefunds,
  ) {}

  /** Refunds of a title as they are answered, in order. What providers have told of them is read of all at once. */
  async of(title: string, rows: readonly Refund[]): Promise<RefundBody[]> {
    const open = rows.filter(({ pay, closedAt }) => 'currency' in pay && closedAt === null).map(({ id }) => id);
    const views = open.length === 0 ? undefined : await this.provider.refundViews(title, open);
    return rows.map((row) => this.bodyOf(row, views?.get(row.id)));
  }

  async one(title: string, row: Refund): Promise<RefundBody> {
    const [body] = await this.of(title, [row]);
    if (body === undefined) throw new Error('A refund is answered by one body.');
    return body;
  }

  private bodyOf(row: Refund, view: RefundView | undefined): RefundBody {
    const { purchase, player, product, amount, pay, takes, policy, restock, grounds, found } = row;
    return {
      ...dealBodyOf(this.config, refundKind, row),
      state: shownState(row, view),
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
      ...(found !== null && { found }),
    };
  }
}
