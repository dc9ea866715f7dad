import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { answerDeal, dealOf, workflowIdOf } from '../exchanges/deal-answers.js';
import type { DealWait } from '../exchanges/deal-wait.js';
import type { StoredDeals } from '../exchanges/stored-deals.js';
import { replayed } from '../http/answers.js';
import { TitleId } from '../http/caller.js';
import { IdempotencyKey, SentBody, fingerprint } from '../http/idempotency.js';
import type { Page } from '../http/page.js';
import { PreferWait } from '../http/prefer.js';
import { Problems } from '../http/problem.js';
import { RequireScope } from '../http/scopes.js';
import { purchaseId } from '../http/shapes.js';
import { crashPoint } from '../process/crash-point.js';
import { STORED_PURCHASES } from '../purchases/purchases.tokens.js';
import type { PurchaseTerms } from '../purchases/purchases.types.js';
import { RefundBodies } from './refund-bodies.js';
import type { RefundIntake } from './refund-intake.js';
import { refundKind } from './refund-kind.js';
import { RefundPages } from './refund-pages.js';
import { newRefund, refund, refundPage, refundsOfPurchaseQuery } from './refunds.shapes.js';
import { REFUNDS_INTAKE, REFUNDS_WAIT } from './refunds.tokens.js';
import type { RefundTerms } from './refunds.types.js';

/** The refunds of one purchase: accepted here, settled by a saga. */
@ApiTags('refunds')
@Controller('v1/purchases')
export class PurchaseRefundsController {
  constructor(
    @Inject(REFUNDS_INTAKE) private readonly intake: RefundIntake,
    @Inject(REFUNDS_WAIT) private readonly wait: DealWait<RefundTerms>,
    @Inject(STORED_PURCHASES) private readonly purchases: StoredDeals<PurchaseTerms>,
    private readonly bodies: RefundBodies,
    private readonly pages: RefundPages,
  ) {}

  @Post(':id/refunds')
  @HttpCode(202)
  @RequireScope('refunds:write')
  @ApiOperation({
    summary: 'Refund a purchase, or a part of it',
    description:
      'Accepted at once, if so much is left, and settled by a saga. The player gives back the same share of what ' +
      'they bought. With `Prefer: wait=n` the answer is the outcome, with status 200, if there is one in time. ' +
      'A purchase in real money that is not paid yet is cancelled, and answered with `purchase-not-paid`.',
  })
  @ApiAcceptedResponse({ standardSchema: refund })
  @ApiOkResponse({ standardSchema: refund })
  @Problems(
    'idempotency-key-missing',
    'idempotency-key-invalid',
    'idempotency-key-reused',
    'prefer-invalid',
    'not-found',
    'purchase-not-refundable',
    'purchase-not-paid',
    'purchase-disputed',
    'already-refunded',
    'refund-too-large',
    'refund-under-way',
    'amount-not-payable',
    'payment-processing',
    'overloaded',
  )
  async create(
    @TitleId() title: string,
    @Param('id', { schema: purchaseId }) purchase: string,
    @IdempotencyKey() key: string,
    @PreferWait() wait: number | undefined,
    @Body({ schema: newRefund }) body: z.infer<typeof newRefund>,
    @SentBody() sent: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof refund>> {
    const { outcome, dispatch } = await this.intake.take({
      title,
      key,
      fingerprint: fingerprint({ purchase, body: sent }),
      purchase,
      amount: body.amount === undefined ? null : BigInt(body.amount),
      policy: body.spentGoods ?? null,
      restock: body.restock ?? false,
      grounds: body.reason,
    });
    const deal = dealOf(refundKind.kind, outcome);
    if (outcome.outcome === 'replayed') replayed(reply);
    reply.request.workflowId = workflowIdOf(refundKind.kind, deal);
    await crashPoint('accept:committed', deal.id);
    const now = await this.wait.untilClosed(deal, dispatch(), wait ?? 0);
    answerDeal(reply, refundKind, now, wait);
    return this.bodies.one(title, now);
  }

  @Get(':id/refunds')
  @RequireScope('refunds:read')
  @ApiOperation({ summary: 'List the refunds of a purchase' })
  @ApiOkResponse({ standardSchema: refundPage })
  @Problems('cursor-invalid', 'not-found')
  async list(
    @TitleId() title: string,
    @Param('id', { schema: purchaseId }) id: string,
    @Query({ schema: refundsOfPurchaseQuery }) query: z.infer<typeof refundsOfPurchaseQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof refund>>> {
    const list = { title, route: 'refunds-of-purchase', filter: { purchase: id } };
    const page = await this.pages.page(list, query, reply);
    // A purchase that has no refunds is told from one that is not there.
    if (page.data.length === 0) await this.purchases.read(title, id);
    return page;
  }
}
