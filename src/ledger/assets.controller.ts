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
import { assetCode, code, listQuery } from '../http/shapes.js';
import { AssetsService } from './assets.service.js';
import { LedgerReads } from './ledger.reads.js';
import { asset, assetPage, sentAsset } from './ledger.shapes.js';
import type { Asset } from './ledger.types.js';

/** The definitions of what the ledger counts. */
@ApiTags('assets')
@Controller('v1/assets')
export class AssetsController {
  constructor(
    private readonly service: AssetsService,
    private readonly reads: LedgerReads,
    private readonly pages: Pages,
  ) {}

  @Put(':code')
  @RequireScope('assets:write')
  @ApiOperation({ summary: 'Define an asset, or define it anew' })
  @ApiOkResponse({ standardSchema: asset })
  @ApiCreatedResponse({ standardSchema: asset })
  @Problems('if-match-invalid', 'condition-not-evaluated', 'precondition-failed', 'asset-kind-fixed')
  async put(
    @TitleId() title: string,
    @Param('code', { schema: code }) assetCode: string,
    @ExpectedVersion() version: bigint | undefined,
    @Body({ schema: sentAsset }) body: z.infer<typeof sentAsset>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof asset>> {
    const { outcome, asset: stored } = await this.service.put({
      title,
      code: assetCode,
      name: body.name,
      kind: body.kind,
      scale: body.scale ?? 0,
      tradeable: body.tradeable ?? true,
      ...(body.maxBalance !== undefined && { maxBalance: BigInt(body.maxBalance) }),
      ...(version !== undefined && { expectedVersion: version }),
    });
    if (outcome === 'created') created(reply, `/v1/assets/${assetCode}`);
    setEtag(reply, stored.version);
    return answerOf(stored);
  }

  @Get()
  @RequireScope('assets:read')
  @ApiOperation({ summary: 'List the assets' })
  @ApiOkResponse({ standardSchema: assetPage })
  @Problems('cursor-invalid')
  async list(
    @TitleId() title: string,
    @Query({ schema: listQuery }) query: z.infer<typeof listQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof asset>>> {
    const list = { title, route: 'assets' };
    const rows = await this.reads.assets(title, query.limit, this.pages.place(query.cursor, list));
    return this.pages.page(
      rows.map((row) => ({ ...row, body: answerOf(row.body) })),
      query.limit,
      list,
      reply,
    );
  }

  @Get(':code')
  @RequireScope('assets:read')
  @ApiOperation({ summary: 'Read an asset' })
  @ApiOkResponse({ standardSchema: asset })
  @Problems('not-found')
  async get(
    @TitleId() title: string,
    @Param('code', { schema: assetCode }) assetCode: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof asset>> {
    const stored = await this.reads.asset(title, assetCode);
    setEtag(reply, stored.version);
    return answerOf(stored);
  }
}

function answerOf({ version: _, maxBalance, createdAt, updatedAt, ...rest }: Asset): z.infer<typeof asset> {
  return {
    ...rest,
    ...(maxBalance !== undefined && { maxBalance: maxBalance.toString() }),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
