import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { answerDeal, dealBodyOf, dealOf, workflowIdOf } from '../exchanges/deal-answers.js';
import type { DealWait } from '../exchanges/deal-wait.js';
import type { StoredDeals } from '../exchanges/stored-deals.js';
import { replayed } from '../http/answers.js';
import { TitleId } from '../http/caller.js';
import { IdempotencyKey, SentBody, fingerprint } from '../http/idempotency.js';
import { Pages, type Page } from '../http/page.js';
import { PreferWait } from '../http/prefer.js';
import { Problems } from '../http/problem.js';
import { RequireScope } from '../http/scopes.js';
import { purchaseId } from '../http/shapes.js';
import { CONFIG, type Config } from '../process/config.js';
import { crashPoint } from '../process/crash-point.js';
import type { PurchaseIntake } from './purchase-intake.js';
import { purchaseKind } from './purchase-kind.js';
import { PurchasesReads } from './purchases.reads.js';
import { newPurchase, purchase, purchasePage, purchasesQuery } from './purchases.shapes.js';
import { PURCHASES_INTAKE, PURCHASES_WAIT, STORED_PURCHASES } from './purchases.tokens.js';
import type { Purchase, PurchaseTerms } from './purchases.types.js';

/** Purchases from the store in virtual currency: accepted here, settled by a saga. */
@ApiTags('purchases')
@Controller('v1/purchases')
export class PurchasesController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(PURCHASES_INTAKE) private readonly intake: PurchaseIntake,
    @Inject(PURCHASES_WAIT) private readonly wait: DealWait<PurchaseTerms>,
    @Inject(STORED_PURCHASES) private readonly stored: StoredDeals<PurchaseTerms>,
    private readonly reads: PurchasesReads,
    private readonly pages: Pages,
  ) {}

  @Post()
  @HttpCode(202)
  @RequireScope('purchases:write')
  @ApiOperation({
    summary: 'Buy a product',
    description:
      'Accepted at once, with its stock and limits, and settled by a saga. ' +
      'With `Prefer: wait=n` the answer is the outcome, with status 200, if there is one in time. ' +
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
    const { player, product, quantity = 1, pay, reference = null } = body;
    const order = { player, product, quantity, pay, reference };
    const { outcome, dispatch } = await this.intake.take({ title, key, fingerprint: fingerprint(sent), ...order });
    const deal = dealOf(purchaseKind.kind, outcome);
    if (outcome.outcome === 'replayed') replayed(reply);
    reply.request.workflowId = workflowIdOf(purchaseKind.kind, deal);
    await crashPoint('accept:committed', deal.id);
    const now = await this.wait.untilClosed(deal, dispatch(), wait ?? 0);
    answerDeal(reply, purchaseKind, now, wait);
    return this.bodyOf(now);
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
    return this.pages.page(
      rows.map((row) => ({ ...row, body: this.bodyOf(row.body) })),
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
    return this.bodyOf(await this.stored.read(title, id));
  }

  private bodyOf(row: Purchase): z.infer<typeof purchase> {
    const { player, product, version, quantity, pay, content, reference } = row;
    return {
      ...dealBodyOf(this.config, purchaseKind, row),
      player,
      product,
      version,
      quantity,
      pay: { asset: pay.asset, amount: pay.amount },
      content: {
        amounts: content.amounts.map(({ asset, amount }) => ({ asset, amount })),
        items: content.items.map(({ item, instances }) => ({ item, count: instances.length, instances })),
      },
      ...(reference !== null && { reference }),
    };
  }
}
