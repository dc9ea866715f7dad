import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { StoredDeals } from '../exchanges/stored-deals.js';
import { TitleId } from '../http/caller.js';
import type { Page } from '../http/page.js';
import { Problems } from '../http/problem.js';
import { RequireScope } from '../http/scopes.js';
import { refundId } from '../http/shapes.js';
import { RefundBodies } from './refund-bodies.js';
import { RefundPages } from './refund-pages.js';
import { refund, refundPage, refundsQuery } from './refunds.shapes.js';
import { STORED_REFUNDS } from './refunds.tokens.js';
import type { RefundTerms } from './refunds.types.js';

/** The refunds of all purchases. */
@ApiTags('refunds')
@Controller('v1/refunds')
export class RefundsController {
  constructor(
    @Inject(STORED_REFUNDS) private readonly stored: StoredDeals<RefundTerms>,
    private readonly bodies: RefundBodies,
    private readonly pages: RefundPages,
  ) {}

  @Get()
  @RequireScope('refunds:read')
  @ApiOperation({ summary: 'List the refunds' })
  @ApiOkResponse({ standardSchema: refundPage })
  @Problems('cursor-invalid')
  list(
    @TitleId() title: string,
    @Query({ schema: refundsQuery }) query: z.infer<typeof refundsQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof refund>>> {
    const { limit, cursor, ...filter } = query;
    return this.pages.page({ title, route: 'refunds', filter }, { limit, cursor }, reply);
  }

  @Get(':id')
  @RequireScope('refunds:read')
  @ApiOperation({ summary: 'Read a refund' })
  @ApiOkResponse({ standardSchema: refund })
  @Problems('not-found')
  async get(@TitleId() title: string, @Param('id', { schema: refundId }) id: string): Promise<z.infer<typeof refund>> {
    return this.bodies.one(title, await this.stored.read(title, id));
  }
}
