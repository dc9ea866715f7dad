import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { TitleId } from '../http/caller.js';
import { Pages, type Page } from '../http/page.js';
import { Problems } from '../http/problem.js';
import { RequireScope } from '../http/scopes.js';
import { assetCode, listQuery, playerId } from '../http/shapes.js';
import { AccountReads } from './account.reads.js';
import { balances, shownBalance } from './account.shapes.js';
import { LedgerReads, type PlayerEntry } from './ledger.reads.js';
import { entry, entryPage } from './ledger.shapes.js';

const entriesQuery = listQuery.extend({ asset: assetCode.optional() });

/** What a player has of fungible things, and how it came to be. */
@ApiTags('players')
@Controller('v1/players')
export class PlayerBooksController {
  constructor(
    private readonly reads: LedgerReads,
    private readonly accounts: AccountReads,
    private readonly pages: Pages,
  ) {}

  @Get(':player/balances')
  @RequireScope('players:read')
  @ApiOperation({
    summary: 'Read the balances of a player',
    description: 'Empty for a player that nothing was ever booked or set for.',
  })
  @ApiOkResponse({ standardSchema: balances })
  async balances(
    @TitleId() title: string,
    @Param('player', { schema: playerId }) player: string,
  ): Promise<z.infer<typeof balances>> {
    const rows = await this.accounts.balances(title, player);
    return { data: rows.map(shownBalance) };
  }

  @Get(':player/entries')
  @RequireScope('players:read')
  @ApiOperation({ summary: 'List the entries of a player' })
  @ApiOkResponse({ standardSchema: entryPage })
  @Problems('cursor-invalid')
  async entries(
    @TitleId() title: string,
    @Param('player', { schema: playerId }) player: string,
    @Query({ schema: entriesQuery }) query: z.infer<typeof entriesQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof entry>>> {
    const { limit, cursor, asset } = query;
    const list = { title, route: 'entries', filter: { player, asset } };
    const rows = await this.reads.entries(title, player, asset, limit, this.pages.place(cursor, list));
    return this.pages.page(
      rows.map((row) => ({ ...row, body: bodyOf(row.body) })),
      limit,
      list,
      reply,
    );
  }
}

function bodyOf({
  asset,
  version,
  amount,
  posted,
  available,
  transferId,
  createdAt,
}: PlayerEntry): z.infer<typeof entry> {
  return {
    asset,
    version: Number(version),
    amount: amount.toString(),
    posted: posted.toString(),
    available: available.toString(),
    transfer: transferId,
    createdAt: createdAt.toISOString(),
  };
}
