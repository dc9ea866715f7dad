import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CONFIG, type Config } from '../process/config.js';
import { crashPoint } from '../process/crash-point.js';
import { VeltrixError } from '../errors.js';
import { answerDeal, dealBodyOf, dealOf, workflowIdOf } from '../exchanges/deal-answers.js';
import type { DealIntake } from '../exchanges/deal-intake.js';
import type { DealWait } from '../exchanges/deal-wait.js';
import type { StoredDeals } from '../exchanges/stored-deals.js';
import { replayed } from '../http/answers.js';
import { TitleId } from '../http/caller.js';
import { IdempotencyKey, SentBody, fingerprint } from '../http/idempotency.js';
import { Pages, type Page } from '../http/page.js';
import { PreferWait } from '../http/prefer.js';
import { Problems } from '../http/problem.js';
import { RequireScope } from '../http/scopes.js';
import { tradeId } from '../http/shapes.js';
import { newTrade, trade, tradePage, tradesQuery } from './trades.shapes.js';
import { faultsOf } from './trades.rules.js';
import { tradeKind } from './trade-kind.js';
import { TradesReads } from './trades.reads.js';
import { STORED_TRADES, TRADES_INTAKE, TRADES_WAIT } from './trades.tokens.js';
import type { Parties, Trade, TradeTerms } from './trades.types.js';

/** Trades between two players: accepted here, settled by a saga. */
@ApiTags('trades')
@Controller('v1/trades')
export class TradesController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(TRADES_INTAKE) private readonly intake: DealIntake<TradeTerms>,
    @Inject(TRADES_WAIT) private readonly wait: DealWait<TradeTerms>,
    @Inject(STORED_TRADES) private readonly stored: StoredDeals<TradeTerms>,
    private readonly reads: TradesReads,
    private readonly pages: Pages,
  ) {}

  @Post()
  @HttpCode(202)
  @RequireScope('trades:write')
  @ApiOperation({
    summary: 'Trade between two players',
    description:
      'Accepted at once and settled by a saga. ' +
      'With `Prefer: wait=n` the answer is the outcome, with status 200, if there is one in time. ' +
      'A refusal is an outcome: state `refused` and its reason.',
  })
  @ApiAcceptedResponse({ standardSchema: trade })
  @ApiOkResponse({ standardSchema: trade })
  @Problems(
    'idempotency-key-missing',
    'idempotency-key-invalid',
    'idempotency-key-reused',
    'prefer-invalid',
    'overloaded',
  )
  async create(
    @TitleId() title: string,
    @IdempotencyKey() key: string,
    @PreferWait() wait: number | undefined,
    @Body({ schema: newTrade }) body: z.infer<typeof newTrade>,
    @SentBody() sent: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof trade>> {
    const parties = partiesOf(body);
    const faults = faultsOf(parties);
    if (faults.length > 0)
      throw new VeltrixError('validation-failed', 'The trade cannot be as it is described.', faults);
    const { outcome, dispatch } = await this.intake.take({
      title,
      key,
      fingerprint: fingerprint(sent),
      parties,
      reference: body.reference ?? null,
    });
    const deal = dealOf(tradeKind.kind, outcome);
    if (outcome.outcome === 'replayed') replayed(reply);
    reply.request.workflowId = workflowIdOf(tradeKind.kind, deal);
    await crashPoint('accept:committed', deal.id);
    const current = await this.wait.untilClosed(deal, dispatch(), wait ?? 0);
    answerDeal(reply, tradeKind, current, wait);
    return this.bodyOf(current);
  }

  @Get()
  @RequireScope('trades:read')
  @ApiOperation({ summary: 'List the trades' })
  @ApiOkResponse({ standardSchema: tradePage })
  @Problems('cursor-invalid')
  async list(
    @TitleId() title: string,
    @Query({ schema: tradesQuery }) query: z.infer<typeof tradesQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof trade>>> {
    const { limit, cursor, ...filter } = query;
    const list = { title, route: 'trades', filter };
    const rows = await this.reads.trades(title, filter, limit, this.pages.place(cursor, list));
    return this.pages.page(
      rows.map((row) => ({ ...row, body: this.bodyOf(row.body) })),
      limit,
      list,
      reply,
    );
  }

  @Get(':id')
  @RequireScope('trades:read')
  @ApiOperation({ summary: 'Read a trade' })
  @ApiOkResponse({ standardSchema: trade })
  @Problems('not-found')
  async get(@TitleId() title: string, @Param('id', { schema: tradeId }) id: string): Promise<z.infer<typeof trade>> {
    return this.bodyOf(await this.stored.read(title, id));
  }

  private bodyOf(row: Trade): z.infer<typeof trade> {
    return {
      ...dealBodyOf(this.config, tradeKind, row),
      parties: row.parties.map(({ player, gives: { amounts, items } }) => ({
        player,
        gives: { amounts: amounts.map(({ asset, amount }) => ({ asset, amount })), items },
      })),
      ...(row.reference !== null && { reference: row.reference }),
    };
  }
}

/** The two parties of a body. What a party does not give is an empty list. */
function partiesOf(body: z.infer<typeof newTrade>): Parties {
  const [a, b] = body.parties.map(({ player, gives }) => ({
    player,
    gives: { amounts: gives.amounts ?? [], items: gives.items ?? [] },
  }));
  if (a === undefined || b === undefined) throw new Error('The schema lets only two parties through.');
  return [a, b];
}
