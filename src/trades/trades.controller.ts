import { Body, Controller, Get, HttpCode, Inject, Logger, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { exchangeWorkflowId } from '../../workflows/contracts.js';
import { CONFIG, type Config } from '../config.js';
import { crashPoint } from '../crash-point.js';
import { VeltrixError } from '../errors.js';
import { ExchangeStarter } from '../exchanges/exchange-starter.js';
import { accepted, preferenceApplied, replayed, settled } from '../http/answers.js';
import { TitleId } from '../http/caller.js';
import { Draining } from '../http/draining.js';
import { IdempotencyKey, SentBody, fingerprint } from '../http/idempotency.js';
import { Pages, type Page } from '../http/page.js';
import { PreferWait } from '../http/prefer.js';
import { Problems } from '../http/problem.js';
import { RequireScope } from '../http/scopes.js';
import { tradeId } from '../http/shapes.js';
import { workflowUrl } from '../temporal/ui.js';
import { TradeDeals } from './trade-deals.js';
import { newTrade, trade, tradePage, tradesQuery } from './trades.shapes.js';
import { exchangeOf, faultsOf } from './trades.rules.js';
import { TradesReads } from './trades.reads.js';
import { TradesService } from './trades.service.js';
import type { Parties, Trade } from './trades.types.js';

/** Trades between two players: accepted here, settled by a saga. */
@ApiTags('trades')
@Controller('v1/trades')
export class TradesController {
  private readonly log = new Logger(TradesController.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly service: TradesService,
    private readonly reads: TradesReads,
    private readonly deals: TradeDeals,
    private readonly starter: ExchangeStarter,
    private readonly pages: Pages,
    private readonly draining: Draining,
  ) {}

  @Post()
  @HttpCode(202)
  @RequireScope('trades:write')
  @ApiOperation({
    summary: 'Trade between two players',
    description: 'Accepted at once and settled by a saga. With `Prefer: wait=n` the answer is the outcome, with status 200, if there is one in time. A refusal is an outcome: state `refused` and its reason.',
  })
  @ApiAcceptedResponse({ standardSchema: trade })
  @ApiOkResponse({ standardSchema: trade })
  @Problems('idempotency-key-missing', 'idempotency-key-invalid', 'idempotency-key-reused', 'prefer-invalid')
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
    if (faults.length > 0) throw new VeltrixError('validation-failed', 'The trade cannot be as it is described.', faults);
    const [outcome] = await this.service.accept([{ title, key, fingerprint: fingerprint(sent), parties, reference: body.reference ?? null }]);
    if (outcome === undefined || outcome.outcome === 'key-reused') {
      throw new VeltrixError('idempotency-key-reused', 'The key belongs to a trade with another body.');
    }
    if (outcome.outcome === 'replayed') replayed(reply);
    reply.request.workflowId = workflowIdOf(outcome.trade);
    const now = await this.startAndWait(outcome.trade, outcome.outcome === 'accepted', wait ?? 0);
    const location = `/v1/trades/${now.id}`;
    if (wait !== undefined) preferenceApplied(reply, wait);
    if (wait !== undefined && now.closedAt !== null) settled(reply, location);
    else accepted(reply, location);
    return this.answer(now);
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
    const rows = await this.reads.trades(title, filter, limit, this.pages.position(cursor, list));
    return this.pages.page(rows.map((row) => ({ ...row, body: this.answer(row.body) })), limit, list, reply);
  }

  @Get(':id')
  @RequireScope('trades:read')
  @ApiOperation({ summary: 'Read a trade' })
  @ApiOkResponse({ standardSchema: trade })
  @Problems('not-found')
  async get(@TitleId() title: string, @Param('id', { schema: tradeId }) id: string): Promise<z.infer<typeof trade>> {
    return this.answer(await this.reads.trade(title, id));
  }

  /**
   * Starts the saga of a new trade, and waits for its end as long as the caller wants to. A start that fails is no
   * error of the request: the trade is accepted, and the sweep starts it.
   */
  private async startAndWait(now: Trade, isNew: boolean, waitSeconds: number): Promise<Trade> {
    const started = isNew ? this.start(now) : Promise.resolve(now.workflowId ?? undefined);
    if (waitSeconds === 0 || now.closedAt !== null) return now;
    const until = Date.now() + waitSeconds * 1_000;
    const workflowId = await started;
    if (workflowId === undefined) return now;
    await this.starter.waitForEnd(workflowId, until - Date.now(), this.draining.signal);
    return this.reads.trade(now.title, now.id);
  }

  private async start(now: Trade): Promise<string | undefined> {
    try {
      await crashPoint('accept:committed', now.id);
      return await this.starter.start(exchangeOf(now), this.deals);
    } catch (error) {
      this.log.warn(`${now.id} was accepted and could not be started; the sweep will start it: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  private answer(row: Trade): z.infer<typeof trade> {
    const workflowId = workflowIdOf(row);
    return {
      id: row.id,
      state: row.state,
      ...(row.reason !== null && { reason: row.reason }),
      parties: row.parties.map(({ player, gives: { amounts, items } }) => ({ player, gives: { amounts: amounts.map(({ asset, amount }) => ({ asset, amount })), items } })),
      ...(row.reference !== null && { reference: row.reference }),
      workflow: { id: workflowId, url: workflowUrl(this.config, workflowId) },
      createdAt: row.createdAt.toISOString(),
      ...(row.closedAt !== null && { closedAt: row.closedAt.toISOString() }),
    };
  }
}

/** The saga of a trade, which is known before it is started. */
function workflowIdOf({ id, workflowId }: Trade): string {
  return workflowId ?? exchangeWorkflowId({ kind: 'trade', id });
}

function partiesOf(body: z.infer<typeof newTrade>): Parties {
  const [a, b] = body.parties.map(({ player, gives }) => ({ player, gives: { amounts: gives.amounts ?? [], items: gives.items ?? [] } }));
  if (a === undefined || b === undefined) throw new Error('The schema lets only two parties through.');
  return [a, b];
}
