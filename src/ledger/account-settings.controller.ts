import { Body, Controller, Get, Param, Put, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { playerOwner } from '../forms.js';
import { TitleId } from '../http/caller.js';
import { Pages, type Page } from '../http/page.js';
import { Problems } from '../http/problem.js';
import { RequireScope } from '../http/scopes.js';
import { assetCode, listQuery, playerId } from '../http/shapes.js';
import { AccountReads } from './account.reads.js';
import { AccountSettingsService } from './account-settings.service.js';
import {
  accountChange,
  accountChangePage,
  balance,
  debtLimitOrder,
  shownBalance,
  stateOrder,
} from './account.shapes.js';

/** What operators set of the accounts of players, and who has set what, and why. */
@ApiTags('players')
@Controller('v1/players/:player/balances/:asset')
export class AccountSettingsController {
  constructor(
    private readonly service: AccountSettingsService,
    private readonly reads: AccountReads,
    private readonly pages: Pages,
  ) {}

  @Put('state')
  @RequireScope('accounts:write')
  @ApiOperation({
    summary: 'Freeze, close or open an account',
    description: 'Nothing leaves a frozen account. A closed one is empty, and receives only what is owed already.',
  })
  @ApiOkResponse({ standardSchema: balance })
  @Problems('not-found', 'account-not-empty')
  async setState(
    @TitleId() title: string,
    @Param('player', { schema: playerId }) player: string,
    @Param('asset', { schema: assetCode }) asset: string,
    @Body({ schema: stateOrder }) { state, operator, reason }: z.infer<typeof stateOrder>,
  ): Promise<z.infer<typeof balance>> {
    const account = { title, owner: playerOwner(player), asset };
    return shownBalance(await this.service.set({ ...account, set: { state }, operator, reason }));
  }

  @Put('debt-limit')
  @RequireScope('accounts:write')
  @ApiOperation({
    summary: 'Say how far below zero an account may go',
    description: 'An account that is lower already keeps what it owes, and falls no further.',
  })
  @ApiOkResponse({ standardSchema: balance })
  @Problems('not-found')
  async setDebtLimit(
    @TitleId() title: string,
    @Param('player', { schema: playerId }) player: string,
    @Param('asset', { schema: assetCode }) asset: string,
    @Body({ schema: debtLimitOrder }) { debtLimit, operator, reason }: z.infer<typeof debtLimitOrder>,
  ): Promise<z.infer<typeof balance>> {
    const account = { title, owner: playerOwner(player), asset };
    const set = { debtLimit: BigInt(debtLimit) };
    return shownBalance(await this.service.set({ ...account, set, operator, reason }));
  }

  @Get('changes')
  @RequireScope('players:read')
  @ApiOperation({ summary: 'List who has set the account to what, and why' })
  @ApiOkResponse({ standardSchema: accountChangePage })
  @Problems('cursor-invalid')
  async changes(
    @TitleId() title: string,
    @Param('player', { schema: playerId }) player: string,
    @Param('asset', { schema: assetCode }) asset: string,
    @Query({ schema: listQuery }) { limit, cursor }: z.infer<typeof listQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof accountChange>>> {
    const list = { title, route: 'account-changes', filter: { player, asset } };
    const rows = await this.reads.changes(title, player, asset, limit, this.pages.place(cursor, list));
    return this.pages.page(
      rows.map((row) => ({ ...row, body: { ...row.body, createdAt: row.body.createdAt.toISOString() } })),
      limit,
      list,
      reply,
    );
  }
}
