import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { TitleOrAll } from '../http/caller.js';
import { Pages, type Page } from '../http/page.js';
import { Problems } from '../http/problem.js';
import { RequireScopeOrAdmin } from '../http/scopes.js';
import { BreaksReads } from './breaks.reads.js';
import { CasesService } from './cases.service.js';
import { caseBody, caseStoryBody } from './reconciliation-bodies.js';
import {
  caseId,
  casePage,
  casesQuery,
  caseStory,
  decided,
  decisions,
  reconciliationCase,
} from './reconciliation.shapes.js';

/** What was found, each as one case from the first run that found it to the one that finds it no more. */
@ApiTags('reconciliation')
@Controller('v1/reconciliation-cases')
export class CasesController {
  constructor(
    private readonly reads: BreaksReads,
    private readonly service: CasesService,
    private readonly pages: Pages,
  ) {}

  @Get()
  @RequireScopeOrAdmin('reconciliation:read')
  @ApiOperation({ summary: 'List the cases' })
  @ApiOkResponse({ standardSchema: casePage })
  @Problems('cursor-invalid')
  async list(
    @TitleOrAll() title: string | null,
    @Query({ schema: casesQuery }) query: z.infer<typeof casesQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof reconciliationCase>>> {
    const { limit, cursor, ...filter } = query;
    const list = {
      title: title ?? '',
      route: 'reconciliation-cases',
      filter: { ...filter, type: filter.type?.toString() },
    };
    const rows = await this.reads.cases(title, filter, limit, this.pages.place(cursor, list));
    return this.pages.page(
      rows.map((row) => ({ ...row, body: caseBody(row.body) })),
      limit,
      list,
      reply,
    );
  }

  @Get(':id')
  @RequireScopeOrAdmin('reconciliation:read')
  @ApiOperation({ summary: 'Read a case and what has happened to it' })
  @ApiOkResponse({ standardSchema: caseStory })
  @Problems('not-found')
  async get(
    @TitleOrAll() title: string | null,
    @Param('id', { schema: caseId }) id: string,
  ): Promise<z.infer<typeof caseStory>> {
    return caseStoryBody(await this.reads.story(title, id));
  }

  @Post('decisions')
  @HttpCode(200)
  @RequireScopeOrAdmin('reconciliation:run')
  @ApiOperation({
    summary: 'Decide about cases: all of a filter, or those of a CSV',
    description:
      'Who, what and why is kept with each case. A decision clears no case: that does a run which finds it no more. ' +
      'A CSV has a line of column names, case, decision and reason, and is taken as a whole or not at all.',
  })
  @ApiOkResponse({ standardSchema: decided })
  async decide(
    @TitleOrAll() title: string | null,
    @Body({ schema: decisions }) body: z.infer<typeof decisions>,
  ): Promise<z.infer<typeof decided>> {
    if ('csv' in body) return { decided: await this.service.decideCsv(title, body.csv, body.operator) };
    const { filter, ...decision } = body;
    return { decided: await this.service.decideAll(title, filter, decision) };
  }
}
