import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { TitleId } from '../http/caller.js';
import { Pages, type Page } from '../http/page.js';
import { Problems } from '../http/problem.js';
import { RequireScope } from '../http/scopes.js';
import { assetCode, listQuery, playerId } from '../http/shapes.js';
import { debt, debtPage, debtPayment, debtPaymentPage } from './account.shapes.js';
import { DebtReads, type Debt } from './debt.reads.js';

const debtsQuery = listQuery.extend({ asset: assetCode.optional(), state: z.enum(['open', 'paid']).optional() });

/** What players owe, by which transfers they came to owe it, and which have paid it. */
@ApiTags('players')
@Controller('v1/players/:player')
export class DebtsController {
  constructor(
    private readonly reads: DebtReads,
    private readonly pages: Pages,
  ) {}

  @Get('debts')
  @RequireScope('players:read')
  @ApiOperation({
    summary: 'List the debts of a player',
    description:
      'A debt is what one transfer has taken below zero. Whatever the player is given pays the oldest first.',
  })
  @ApiOkResponse({ standardSchema: debtPage })
  @Problems('cursor-invalid')
  async debts(
    @TitleId() title: string,
    @Param('player', { schema: playerId }) player: string,
    @Query({ schema: debtsQuery }) { limit, cursor, ...filter }: z.infer<typeof debtsQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof debt>>> {
    const list = { title, route: 'debts', filter: { player, ...filter } };
    const rows = await this.reads.debts(title, player, filter, limit, this.pages.place(cursor, list));
    return this.pages.page(
      rows.map((row) => ({ ...row, body: bodyOf(row.body) })),
      limit,
      list,
      reply,
    );
  }

  @Get('balances/:asset/debt-payments')
  @RequireScope('players:read')
  @ApiOperation({
    summary: 'List what was paid of the debts of an account',
    description: 'One row for each debt that a transfer has paid something of. `debt` is the transfer that made it.',
  })
  @ApiOkResponse({ standardSchema: debtPaymentPage })
  @Problems('cursor-invalid')
  async payments(
    @TitleId() title: string,
    @Param('player', { schema: playerId }) player: string,
    @Param('asset', { schema: assetCode }) asset: string,
    @Query({ schema: listQuery }) { limit, cursor }: z.infer<typeof listQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof debtPayment>>> {
    const list = { title, route: 'debt-payments', filter: { player, asset } };
    const rows = await this.reads.payments(title, player, asset, limit, this.pages.place(cursor, list));
    return this.pages.page(
      rows.map(({ body: { amount, createdAt, ...rest }, ...place }) => ({
        ...place,
        body: { ...rest, amount: amount.toString(), createdAt: createdAt.toISOString() },
      })),
      limit,
      list,
      reply,
    );
  }
}

function bodyOf({ asset, transfer, reason, reference, amount, paid, createdAt }: Debt): z.infer<typeof debt> {
  return {
    asset,
    transfer,
    reason,
    ...(reference !== null && { reference }),
    amount: amount.toString(),
    paid: paid.toString(),
    state: paid === amount ? 'paid' : 'open',
    createdAt: createdAt.toISOString(),
  };
}
