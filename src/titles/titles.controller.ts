import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { created } from '../http/answers.js';
import { Pages, type Page } from '../http/page.js';
import { Problems } from '../http/problem.js';
import { AdminOnly } from '../http/scopes.js';
import { listQuery, pageOf, text, timestamp, titleId } from '../http/shapes.js';
import { TitlesReads } from './titles.reads.js';
import { TitlesService } from './titles.service.js';
import type { Title } from './titles.types.js';

const newTitle = z
  .strictObject({ id: titleId, name: text(200) })
  .meta({ id: 'NewTitle', examples: [{ id: 'arena', name: 'Arena of Heroes' }] });

const createdTitle = z
  .strictObject({
    id: titleId,
    name: z.string(),
    key: z
      .string()
      .meta({ description: 'A first key with every scope. It is shown this once', examples: ['vx_live_…'] }),
  })
  .meta({ id: 'CreatedTitle' });

const title = z.strictObject({ id: titleId, name: z.string(), createdAt: timestamp }).meta({ id: 'Title' });
const titlePage = pageOf(title).meta({ id: 'TitlePage' });

/** Titles, which only the admin key sees. */
@ApiTags('titles')
@AdminOnly()
@Controller('v1/titles')
export class TitlesController {
  constructor(
    private readonly service: TitlesService,
    private readonly reads: TitlesReads,
    private readonly pages: Pages,
  ) {}

  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'Make a title, and its first key' })
  @ApiCreatedResponse({ standardSchema: createdTitle })
  @Problems('title-exists')
  async create(
    @Body({ schema: newTitle }) body: z.infer<typeof newTitle>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof createdTitle>> {
    const { token } = await this.service.create(body);
    created(reply, `/v1/titles/${body.id}`);
    return { ...body, key: token };
  }

  @Get()
  @ApiOperation({ summary: 'List the titles' })
  @ApiOkResponse({ standardSchema: titlePage })
  @Problems('cursor-invalid')
  async list(
    @Query({ schema: listQuery }) query: z.infer<typeof listQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof title>>> {
    const list = { title: '', route: 'titles' };
    const rows = await this.reads.titles(query.limit, this.pages.place(query.cursor, list));
    return this.pages.page(
      rows.map((row) => ({ ...row, body: bodyOf(row.body) })),
      query.limit,
      list,
      reply,
    );
  }

  @Get(':title')
  @ApiOperation({ summary: 'Read a title' })
  @ApiOkResponse({ standardSchema: title })
  @Problems('not-found')
  async get(@Param('title', { schema: titleId }) id: string): Promise<z.infer<typeof title>> {
    return bodyOf(await this.reads.title(id));
  }
}

function bodyOf({ id, name, createdAt }: Title): z.infer<typeof title> {
  return { id, name, createdAt: createdAt.toISOString() };
}
