import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { VeltrixError } from '../errors.js';
import { created, replayed } from '../http/answers.js';
import { TitleId } from '../http/caller.js';
import { IdempotencyKey, SentBody, fingerprint } from '../http/idempotency.js';
import { Pages, type Page } from '../http/page.js';
import { Problems } from '../http/problem.js';
import { RequireScope } from '../http/scopes.js';
import { instanceId, listQuery } from '../http/shapes.js';
import { idPrefixes } from '../forms.js';
import { newId } from '../ids.js';
import { InventoryReads } from './inventory.reads.js';
import { IssueIntake } from './issue-intake.js';
import { burnOrder, instance, movement, movementPage, newInstance } from './inventory.shapes.js';
import type { Instance, IssueOutcome, Movement } from './inventory.types.js';

/** Item instances: made, read and ended here; they change hands by trades alone, and purchases make them too. */
@ApiTags('item instances')
@Controller('v1/item-instances')
export class InstancesController {
  constructor(
    private readonly intake: IssueIntake,
    private readonly reads: InventoryReads,
    private readonly pages: Pages,
  ) {}

  @Post()
  @RequireScope('item-instances:write')
  @ApiOperation({ summary: 'Mint an instance of an item' })
  @ApiCreatedResponse({ standardSchema: instance })
  @Problems(
    'idempotency-key-missing',
    'idempotency-key-invalid',
    'idempotency-key-reused',
    'unknown-item',
    'item-retired',
    'item-sold-out',
    'overloaded',
  )
  async mint(
    @TitleId() title: string,
    @IdempotencyKey() key: string,
    @Body({ schema: newInstance }) body: z.infer<typeof newInstance>,
    @SentBody() sent: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof instance>> {
    const { properties, ...rest } = body;
    const outcome = await this.intake.mint({
      title,
      key,
      fingerprint: fingerprint(sent).toString('hex'),
      id: newId(idPrefixes.instance),
      ...rest,
      ...(properties !== undefined && { properties }),
    });
    const made = done(outcome, reply);
    created(reply, `/v1/item-instances/${made.id}`);
    return instanceAnswer(made);
  }

  @Get(':id')
  @RequireScope('item-instances:read')
  @ApiOperation({ summary: 'Read an instance' })
  @ApiOkResponse({ standardSchema: instance })
  @Problems('not-found')
  async get(
    @TitleId() title: string,
    @Param('id', { schema: instanceId }) id: string,
  ): Promise<z.infer<typeof instance>> {
    return instanceAnswer(await this.reads.instance(title, id));
  }

  @Get(':id/movements')
  @RequireScope('item-instances:read')
  @ApiOperation({ summary: 'List what happened to an instance' })
  @ApiOkResponse({ standardSchema: movementPage })
  @Problems('not-found', 'cursor-invalid')
  async movements(
    @TitleId() title: string,
    @Param('id', { schema: instanceId }) id: string,
    @Query({ schema: listQuery }) query: z.infer<typeof listQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof movement>>> {
    const list = { title, route: 'movements', filter: { id } };
    const rows = await this.reads.movements(title, id, query.limit, this.pages.place(query.cursor, list));
    return this.pages.page(
      rows.map((row) => ({ ...row, body: movementAnswer(row.body) })),
      query.limit,
      list,
      reply,
    );
  }

  @Post(':id/burn')
  @HttpCode(200)
  @RequireScope('item-instances:write')
  @ApiOperation({ summary: 'Burn an instance for good' })
  @ApiOkResponse({ standardSchema: instance })
  @Problems(
    'idempotency-key-missing',
    'idempotency-key-invalid',
    'idempotency-key-reused',
    'not-found',
    'item-held',
    'item-burned',
    'overloaded',
  )
  async burn(
    @TitleId() title: string,
    @Param('id', { schema: instanceId }) id: string,
    @IdempotencyKey() key: string,
    @Body({ schema: burnOrder }) body: z.infer<typeof burnOrder>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof instance>> {
    // The path names what is burned, so the same key with another path is another request.
    const outcome = await this.intake.burn({
      title,
      key,
      fingerprint: fingerprint({ instance: id, body }).toString('hex'),
      instance: id,
      reason: body.reason,
    });
    return instanceAnswer(done(outcome, reply));
  }
}

/** @throws VeltrixError with the code of a refusal */
function done(outcome: IssueOutcome, reply: FastifyReply): Instance {
  if (outcome.replayed) replayed(reply);
  if (outcome.outcome === 'refused') throw new VeltrixError(outcome.cause.code, outcome.cause.detail);
  return outcome.instance;
}

/** An instance as it is answered, wherever it is. */
export function instanceAnswer({ serial, ...row }: Instance): z.infer<typeof instance> {
  return {
    ...row,
    ...(serial !== null && { serial }),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

function movementAnswer(row: Movement): z.infer<typeof movement> {
  return { ...row, createdAt: row.createdAt.toISOString() };
}
