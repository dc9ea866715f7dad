import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { VeltrixError } from '../errors.js';
import { TitleId } from '../http/caller.js';
import { Pages, type Page } from '../http/page.js';
import { Problems } from '../http/problem.js';
import { RequireScope } from '../http/scopes.js';
import { DisputesReads, type ShownDispute } from './disputes.reads.js';
import { dispute, disputeId, disputePage, disputesQuery, disputeStory } from './disputes.shapes.js';

/** The disputes of a title's payments: buyers who have asked their banks to take a payment back. */
@ApiTags('disputes')
@Controller('v1/disputes')
export class DisputesController {
  constructor(
    private readonly reads: DisputesReads,
    private readonly pages: Pages,
  ) {}

  @Get()
  @RequireScope('payments:read')
  @ApiOperation({ summary: 'List the disputes' })
  @ApiOkResponse({ standardSchema: disputePage })
  @Problems('cursor-invalid')
  async list(
    @TitleId() title: string,
    @Query({ schema: disputesQuery }) query: z.infer<typeof disputesQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof dispute>>> {
    const { limit, cursor, ...filter } = query;
    const list = { title, route: 'disputes', filter };
    const rows = await this.reads.disputes(title, filter, limit, this.pages.place(cursor, list));
    return this.pages.page(
      rows.map((row) => ({ ...row, body: bodyOf(row.body) })),
      limit,
      list,
      reply,
    );
  }

  @Get(':id')
  @RequireScope('payments:read')
  @ApiOperation({ summary: 'Read a dispute, with the money that it has moved and the events about it' })
  @ApiOkResponse({ standardSchema: disputeStory })
  @Problems('not-found')
  async get(
    @TitleId() title: string,
    @Param('id', { schema: disputeId }) id: string,
  ): Promise<z.infer<typeof disputeStory>> {
    const story = await this.reads.story(title, id);
    if (story === undefined) throw new VeltrixError('not-found', `There is no dispute ${id}.`);
    return {
      ...bodyOf(story.dispute),
      movements: story.movements.map(({ movedAt, ...rest }) => ({ ...rest, movedAt: movedAt.toISOString() })),
      events: story.events.map(({ createdAt, receivedAt, ...rest }) => ({
        ...rest,
        createdAt: createdAt.toISOString(),
        receivedAt: receivedAt.toISOString(),
      })),
    };
  }
}

function bodyOf(row: ShownDispute): z.infer<typeof dispute> {
  const { reference: id, payment: purchase, reason, dueBy, closedAt, openedAt, updatedAt, ...rest } = row;
  return {
    id,
    purchase,
    ...rest,
    ...(reason !== null && { reason }),
    ...(dueBy !== null && { dueBy: dueBy.toISOString() }),
    ...(closedAt !== null && { closedAt: closedAt.toISOString() }),
    openedAt: openedAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
