import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { answerDeal, dealOf, workflowIdOf } from '../exchanges/deal-answers.js';
import type { DealWait } from '../exchanges/deal-wait.js';
import type { StoredDeals } from '../exchanges/stored-deals.js';
import { completed, replayed } from '../http/answers.js';
import { TitleId } from '../http/caller.js';
import { IdempotencyKey, SentBody, fingerprint } from '../http/idempotency.js';
import { NoBody } from '../http/no-body.js';
import { Pages, type Page } from '../http/page.js';
import { PreferWait } from '../http/prefer.js';
import { Problems } from '../http/problem.js';
import { RequireScope } from '../http/scopes.js';
import { purchaseId } from '../http/shapes.js';
import { crashPoint } from '../process/crash-point.js';
import { CancelService } from './cancel.service.js';
import { PurchaseBodies } from './purchase-bodies.js';
import type { PurchaseIntake } from './purchase-intake.js';
import { purchaseKind } from './purchase-kind.js';
import { PurchasesReads } from './purchases.reads.js';
import { newPurchase, purchase, purchasePage, purchasesQuery } from './purchases.shapes.js';
import { PURCHASES_INTAKE, PURCHASES_WAIT, STORED_PURCHASES } from './purchases.tokens.js';
import type { Pay, Purchase, PurchaseTerms } from './purchases.types.js';

/** Purchases from the store: accepted here, settled by a saga. */
@ApiTags('purchases')
@Controller('v1/purchases')
export class PurchasesController {
  constructor(
    @Inject(PURCHASES_INTAKE) private readonly intake: PurchaseIntake,
    @Inject(PURCHASES_WAIT) private readonly wait: DealWait<PurchaseTerms>,
    @Inject(STORED_PURCHASES) private readonly stored: StoredDeals<PurchaseTerms>,
    private readonly reads: PurchasesReads,
    private readonly bodies: PurchaseBodies,
    private readonly cancels: CancelService,
    private readonly pages: Pages,
  ) {}

  @Post()
  @HttpCode(202)
  @RequireScope('purchases:write')
  @ApiOperation({
    summary: 'Buy a product',
    description:
      'Accepted at once, with its stock and limits, and settled by a saga. ' +
      'With `Prefer: wait=n` the answer is the outcome, with status 200, if there is one in time; ' +
      'it does not wait for the buyer. ' +
      'A refusal by the saga is an outcome: state `refused` and its reason. It gives stock and limits back.',
  })
  @ApiAcceptedResponse({ standardSchema: purchase })
  @ApiOkResponse({ standardSchema: purchase })
  @Problems(
    'idempotency-key-missing',
    'idempotency-key-invalid',
    'idempotency-key-reused',
    'prefer-invalid',
    'unknown-product',
    'price-changed',
    'not-on-sale',
    'out-of-stock',
    'purchase-limit-reached',
    'amount-not-payable',
    'payment-account-missing',
    'too-many-purchases',
    'overloaded',
  )
  async create(
    @TitleId() title: string,
    @IdempotencyKey() key: string,
    @PreferWait() wait: number | undefined,
    @Body({ schema: newPurchase }) body: z.infer<typeof newPurchase>,
    @SentBody() sent: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof purchase>> {
    const { player, product, quantity = 1, reference = null } = body;
    const order = { player, product, quantity, pay: payOf(body.pay), reference };
    const { outcome, dispatch } = await this.intake.take({ title, key, fingerprint: fingerprint(sent), ...order });
    const deal = dealOf(purchaseKind.kind, outcome);
    if (outcome.outcome === 'replayed') replayed(reply);
    reply.request.workflowId = workflowIdOf(purchaseKind.kind, deal);
    await crashPoint('accept:committed', deal.id);
    const now = await this.wait.untilClosed(deal, dispatch(), wait ?? 0);
    answerDeal(reply, purchaseKind, now, wait);
    return outcome.outcome === 'accepted' && now === deal ? this.bodies.ofNew(now) : this.bodyOf(title, now);
  }

  @Get()
  @RequireScope('purchases:read')
  @ApiOperation({ summary: 'List the purchases' })
  @ApiOkResponse({ standardSchema: purchasePage })
  @Problems('cursor-invalid')
  async list(
    @TitleId() title: string,
    @Query({ schema: purchasesQuery }) query: z.infer<typeof purchasesQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof purchase>>> {
    const { limit, cursor, ...filter } = query;
    const list = { title, route: 'purchases', filter };
    const rows = await this.reads.purchases(title, filter, limit, this.pages.place(cursor, list));
    const bodies = await this.bodies.of(
      title,
      rows.map(({ body }) => body),
    );
    return this.pages.page(
      rows.flatMap((row, index) => (bodies[index] === undefined ? [] : [{ ...row, body: bodies[index] }])),
      limit,
      list,
      reply,
    );
  }

  @Get(':id')
  @RequireScope('purchases:read')
  @ApiOperation({ summary: 'Read a purchase' })
  @ApiOkResponse({ standardSchema: purchase })
  @Problems('not-found')
  async get(
    @TitleId() title: string,
    @Param('id', { schema: purchaseId }) id: string,
  ): Promise<z.infer<typeof purchase>> {
    return this.bodyOf(title, await this.stored.read(title, id));
  }

  @Post(':id/cancel')
  @HttpCode(202)
  @RequireScope('purchases:write')
  @ApiOperation({
    summary: 'Cancel a purchase in real money that is not paid yet',
    description:
      'Its payment is turned back for good, and its saga gives back what it has reserved. ' +
      'With `Prefer: wait=n` the answer is the outcome, with status 200, if there is one in time. ' +
      'It needs no idempotency key: done again, it answers the same.',
  })
  @ApiAcceptedResponse({ standardSchema: purchase })
  @ApiOkResponse({ standardSchema: purchase, description: 'It is cancelled, or has come to another end before' })
  @Problems('not-found', 'prefer-invalid', 'purchase-not-cancellable', 'payment-processing')
  async cancel(
    @TitleId() title: string,
    @Param('id', { schema: purchaseId }) id: string,
    @PreferWait() wait: number | undefined,
    @NoBody() _body: undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof purchase>> {
    const row = await this.cancels.cancel(title, id);
    reply.request.workflowId = workflowIdOf(purchaseKind.kind, row);
    const now = await this.wait.untilClosed(row, Promise.resolve(undefined), wait ?? 0);
    answerDeal(reply, purchaseKind, now, wait);
    if (now.closedAt !== null) completed(reply, `${purchaseKind.path}/${id}`);
    return this.bodyOf(title, now);
  }

  private bodyOf(title: string, row: Purchase): Promise<z.infer<typeof purchase>> {
    return this.bodies.ofOne(title, row);
  }
}

/** What is paid, as the rows say it. */
function payOf(sent: z.infer<typeof newPurchase>['pay']): Pay {
  if ('asset' in sent) return sent;
  const { currency, amount, provider, method } = sent;
  return { currency, amount, provider, ...(method !== undefined && { method }) };
}
