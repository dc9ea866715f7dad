import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { stringify } from 'csv-stringify';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import type { z } from 'zod';
import { accepted, replayed } from '../http/answers.js';
import { TitleOrAll } from '../http/caller.js';
import { IdempotencyKey, SentBody, fingerprint } from '../http/idempotency.js';
import { NoBody } from '../http/no-body.js';
import { Pages, type Page } from '../http/page.js';
import { Problems } from '../http/problem.js';
import { RequireScopeOrAdmin } from '../http/scopes.js';
import { BreaksReads, type BreakFilter } from './breaks.reads.js';
import { ChainVerifier } from './chain-verifier.js';
import { breakBody, runBody, storyBody } from './reconciliation-bodies.js';
import {
  breakPage,
  breaksCsvQuery,
  breaksQuery,
  foundBreak,
  newReconciliation,
  reconciliation,
  reconciliationId,
  reconciliationPage,
  reconciliationsQuery,
  reconciliationStory,
  verification,
  verifyQuery,
} from './reconciliation.shapes.js';
import { RunIntake } from './run-intake.js';
import { RunsReads } from './runs.reads.js';

/** How many breaks of a CSV are read at once. */
const csvPage = 1_000;

/** The columns of a CSV of breaks. */
const columns = [
  ...['id', 'type', 'becomes', 'class', 'priority', 'name', 'title', 'subject', 'account', 'asset', 'amount'],
  ...['detail', 'since', 'breaksAt', 'isNew', 'case'],
] as const;

/** The runs that compare independent records, and what they have found. */
@ApiTags('reconciliation')
@Controller('v1/reconciliations')
export class ReconciliationsController {
  constructor(
    private readonly intake: RunIntake,
    private readonly runs: RunsReads,
    private readonly breaks: BreaksReads,
    private readonly verifier: ChainVerifier,
    private readonly pages: Pages,
  ) {}

  @Post()
  @HttpCode(202)
  @RequireScopeOrAdmin('reconciliation:run')
  @ApiOperation({
    summary: 'Run a reconciliation now',
    description:
      "Of the key's title; with the admin key of all titles. Accepted at once, and made by a workflow. " +
      'What it can repair it does by starting sagas again and by asking providers again; the next run says whether ' +
      'that has helped. With `"repair": "plan"` it lists exactly that, and does nothing.',
  })
  @ApiAcceptedResponse({ standardSchema: reconciliation })
  @Problems('idempotency-key-missing', 'idempotency-key-invalid', 'idempotency-key-reused')
  async create(
    @TitleOrAll() title: string | null,
    @IdempotencyKey() key: string,
    @Body({ schema: newReconciliation }) { kind, repair = 'make' }: z.infer<typeof newReconciliation>,
    @SentBody() sent: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof reconciliation>> {
    const { id, isNew } = await this.intake.take({ kind, repair, title, key, fingerprint: fingerprint(sent) });
    if (!isNew) replayed(reply);
    accepted(reply, `/v1/reconciliations/${id}`);
    return runBody(await this.runs.story(title, id));
  }

  @Get()
  @RequireScopeOrAdmin('reconciliation:read')
  @ApiOperation({
    summary: 'List the reconciliations',
    description:
      'Those of the title, and those of all titles as far as they are about it: ' +
      'their verdict is that of its own breaks.',
  })
  @ApiOkResponse({ standardSchema: reconciliationPage })
  @Problems('cursor-invalid')
  async list(
    @TitleOrAll() title: string | null,
    @Query({ schema: reconciliationsQuery }) query: z.infer<typeof reconciliationsQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof reconciliation>>> {
    const { limit, cursor, ...filter } = query;
    const list = { title: title ?? '', route: 'reconciliations', filter };
    const rows = await this.runs.runs(title, filter, limit, this.pages.place(cursor, list));
    return this.pages.page(
      rows.map((row) => ({ ...row, body: runBody(row.body) })),
      limit,
      list,
      reply,
    );
  }

  @Get(':id')
  @RequireScopeOrAdmin('reconciliation:read')
  @ApiOperation({ summary: 'Read a reconciliation: its verdict, its progress, its bridge and its link in the chain' })
  @ApiOkResponse({ standardSchema: reconciliationStory })
  @Problems('not-found')
  async get(
    @TitleOrAll() title: string | null,
    @Param('id', { schema: reconciliationId }) id: string,
  ): Promise<z.infer<typeof reconciliationStory>> {
    return storyBody(await this.runs.story(title, id));
  }

  @Get(':id/breaks')
  @RequireScopeOrAdmin('reconciliation:read')
  @ApiOperation({ summary: 'List what a reconciliation has found' })
  @ApiOkResponse({ standardSchema: breakPage })
  @Problems('not-found', 'cursor-invalid')
  async listBreaks(
    @TitleOrAll() title: string | null,
    @Param('id', { schema: reconciliationId }) id: string,
    @Query({ schema: breaksQuery }) query: z.infer<typeof breaksQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof foundBreak>>> {
    const { limit, cursor, ...filter } = query;
    const list = { title: title ?? '', route: `reconciliations/${id}/breaks`, filter: asTexts(filter) };
    const from = this.pages.place(cursor, list);
    const rows = await this.breaks.breaks(title, id, filter, { limit, from });
    return this.pages.page(
      rows.map((row) => ({ ...row, body: breakBody(row.body) })),
      limit,
      list,
      reply,
    );
  }

  @Get(':id/breaks.csv')
  @RequireScopeOrAdmin('reconciliation:read')
  @ApiOperation({ summary: 'Read all that a reconciliation has found, as CSV' })
  @ApiOkResponse({ content: { 'text/csv': { schema: { type: 'string' } } } })
  @Problems('not-found')
  async csv(
    @TitleOrAll() title: string | null,
    @Param('id', { schema: reconciliationId }) id: string,
    @Query({ schema: breaksCsvQuery }) filter: z.infer<typeof breaksCsvQuery>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    // The first page comes before the answer begins, so that a run which is not there is a problem.
    const pages = this.csvRows(title, id, filter);
    const first = await pages.next();
    const rows = Readable.from(first.done === true ? [] : chained(first.value, pages));
    const csv = rows.pipe(
      stringify({ header: true, columns: [...columns], escape_formulas: true, cast: { boolean: String } }),
    );
    await reply.header('content-type', 'text/csv; charset=utf-8').send(csv);
  }

  @Post(':id/verify')
  @HttpCode(200)
  @RequireScopeOrAdmin('reconciliation:read')
  @ApiOperation({
    summary: 'Look whether a reconciliation, and all before it, are as they were when they finished',
    description:
      'It computes their hashes anew from what is stored, and changes nothing. One request looks at some of them, ' +
      'from this run back; `next` says where to go on, and each says whether the last links of the chain are there.',
  })
  @ApiOkResponse({ standardSchema: verification })
  @Problems('not-found', 'reconciliation-not-finished')
  verify(
    @TitleOrAll() title: string | null,
    @Param('id', { schema: reconciliationId }) id: string,
    @Query({ schema: verifyQuery }) { from }: z.infer<typeof verifyQuery>,
    @NoBody() _body: undefined,
  ): Promise<z.infer<typeof verification>> {
    return this.verifier.verify(title, id, from === undefined ? undefined : BigInt(from));
  }

  private async *csvRows(title: string | null, id: string, filter: BreakFilter): AsyncGenerator<object[]> {
    let from: { major: string; minor: string } | undefined;
    do {
      const rows = await this.breaks.breaks(title, id, filter, { limit: csvPage, from });
      const shown = rows.slice(0, csvPage);
      // An amount below 0 is no formula, which only its type says.
      yield shown.map(({ body }) => ({
        ...breakBody(body),
        amount: body.amount === null ? null : BigInt(body.amount),
      }));
      from = rows.length > csvPage ? shown.at(-1) : undefined;
    } while (from !== undefined);
  }
}

async function* chained<T>(first: T[], others: AsyncGenerator<T[]>): AsyncGenerator<T> {
  yield* first;
  for await (const rows of others) yield* rows;
}

function asTexts(filter: BreakFilter): Record<string, string | undefined> {
  return { ...filter, type: filter.type?.toString() };
}
