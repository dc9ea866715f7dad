import { Body, Controller, Get, Param, Put, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { created } from '../http/answers.js';
import { TitleId } from '../http/caller.js';
import { ExpectedVersion, setEtag } from '../http/etag.js';
import { Pages, type Page } from '../http/page.js';
import { Problems } from '../http/problem.js';
import { RequireScope } from '../http/scopes.js';
import { code, listQuery } from '../http/shapes.js';
import { InventoryReads } from './inventory.reads.js';
import { item, itemPage, sentItem } from './inventory.shapes.js';
import type { Item } from './inventory.types.js';
import { ItemsService } from './items.service.js';

/** The definitions of unique items. */
@ApiTags('items')
@Controller('v1/items')
export class ItemsController {
  constructor(
    private readonly service: ItemsService,
    private readonly reads: InventoryReads,
    private readonly pages: Pages,
  ) {}

  @Put(':code')
  @RequireScope('items:write')
  @ApiOperation({ summary: 'Define a unique item, or define it anew' })
  @ApiOkResponse({ standardSchema: item })
  @ApiCreatedResponse({ standardSchema: item })
  @Problems('if-match-invalid', 'condition-not-evaluated', 'precondition-failed', 'item-limit-fixed')
  async put(
    @TitleId() title: string,
    @Param('code', { schema: code }) itemCode: string,
    @ExpectedVersion() ifMatch: bigint | undefined,
    @Body({ schema: sentItem }) body: z.infer<typeof sentItem>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof item>> {
    const { outcome, item: stored } = await this.service.put({
      title,
      code: itemCode,
      name: body.name,
      tradeable: body.tradeable ?? true,
      limit: body.limit ?? null,
      retired: body.retired ?? false,
      // A version counts the changes of an item, which are far fewer than 2 ** 53. A larger number is that of no item.
      ...(ifMatch !== undefined && { expectedVersion: Number(ifMatch) }),
    });
    if (outcome === 'created') created(reply, `/v1/items/${itemCode}`);
    setEtag(reply, stored.version);
    return answerOf(stored);
  }

  @Get()
  @RequireScope('items:read')
  @ApiOperation({ summary: 'List the items' })
  @ApiOkResponse({ standardSchema: itemPage })
  @Problems('cursor-invalid')
  async list(
    @TitleId() title: string,
    @Query({ schema: listQuery }) query: z.infer<typeof listQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof item>>> {
    const list = { title, route: 'items' };
    const rows = await this.reads.items(title, query.limit, this.pages.place(query.cursor, list));
    return this.pages.page(
      rows.map((row) => ({ ...row, body: answerOf(row.body) })),
      query.limit,
      list,
      reply,
    );
  }

  @Get(':code')
  @RequireScope('items:read')
  @ApiOperation({ summary: 'Read an item' })
  @ApiOkResponse({ standardSchema: item })
  @Problems('not-found')
  async get(
    @TitleId() title: string,
    @Param('code', { schema: code }) itemCode: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof item>> {
    const stored = await this.reads.item(title, itemCode);
    setEtag(reply, stored.version);
    return answerOf(stored);
  }
}

/** An item as it is answered. Its version is in the ETag, and an item without a limit has no `limit`. */
function answerOf(stored: Item): z.infer<typeof item> {
  const { code: itemCode, name, tradeable, limit, retired, createdAt, updatedAt } = stored;
  return {
    code: itemCode,
    name,
    tradeable,
    ...(limit !== null && { limit }),
    retired,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
