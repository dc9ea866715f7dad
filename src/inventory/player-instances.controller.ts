import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { TitleId } from '../http/caller.js';
import { Pages, type Page } from '../http/page.js';
import { Problems } from '../http/problem.js';
import { RequireScope } from '../http/scopes.js';
import { listQuery, playerId } from '../http/shapes.js';
import { instanceAnswer } from './instances.controller.js';
import { InventoryReads } from './inventory.reads.js';
import { instance, instancePage } from './inventory.shapes.js';

/** What a player owns of unique things. */
@ApiTags('players')
@Controller('v1/players')
export class PlayerInstancesController {
  constructor(
    private readonly reads: InventoryReads,
    private readonly pages: Pages,
  ) {}

  @Get(':player/item-instances')
  @RequireScope('players:read')
  @ApiOperation({ summary: 'List the instances that a player owns' })
  @ApiOkResponse({ standardSchema: instancePage })
  @Problems('cursor-invalid')
  async list(
    @TitleId() title: string,
    @Param('player', { schema: playerId }) player: string,
    @Query({ schema: listQuery }) query: z.infer<typeof listQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof instance>>> {
    const list = { title, route: 'player-instances', filter: { player } };
    const rows = await this.reads.instancesOf(title, player, query.limit, this.pages.place(query.cursor, list));
    return this.pages.page(
      rows.map((row) => ({ ...row, body: instanceAnswer(row.body) })),
      query.limit,
      list,
      reply,
    );
  }
}
