import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { VeltrixError } from '../errors.js';
import { created } from '../http/answers.js';
import { NoBody } from '../http/no-body.js';
import { Pages, type Page } from '../http/page.js';
import { Problems } from '../http/problem.js';
import { AdminOnly } from '../http/scopes.js';
import { keyId, listQuery, pageOf, scope, sentTimestamp, text, timestamp, titleId } from '../http/shapes.js';
import { idPrefixes } from '../forms.js';
import { idOf, uuidOf } from '../ids.js';
import { KeyRing } from './key-ring.js';
import { TitlesReads } from './titles.reads.js';
import { TitlesService } from './titles.service.js';
import type { Key } from './titles.types.js';

const newKey = z
  .strictObject({
    name: text(200),
    scopes: z
      .array(scope)
      .min(1)
      .refine((list) => new Set(list).size === list.length, 'must not name a scope twice')
      .meta({ uniqueItems: true }),
    expiresAt: sentTimestamp
      .refine((moment) => Date.parse(moment) > Date.now(), 'must be in the future')
      .optional()
      .meta({ description: 'In the future; the key never expires where it is missing' }),
  })
  .meta({ id: 'NewKey', examples: [{ name: 'game server', scopes: ['trades:read', 'trades:write'] }] });

const key = z
  .strictObject({
    id: keyId,
    name: z.string(),
    scopes: z.array(scope),
    createdAt: timestamp,
    expiresAt: timestamp.nullable(),
    revokedAt: timestamp.nullable(),
    lastUsedAt: timestamp.nullable().meta({ description: 'Noted every ten seconds or so' }),
  })
  .meta({ id: 'Key' });

const createdKey = key
  .extend({ key: z.string().meta({ description: 'It is shown this once', examples: ['vx_live_…'] }) })
  .meta({ id: 'CreatedKey' });
const keyPage = pageOf(key).meta({ id: 'KeyPage' });

/** The keys of a title, which only the admin key sees. */
@ApiTags('titles')
@AdminOnly()
@Controller('v1/titles/:title/keys')
export class KeysController {
  constructor(
    private readonly service: TitlesService,
    private readonly reads: TitlesReads,
    private readonly keys: KeyRing,
    private readonly pages: Pages,
  ) {}

  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'Make a key' })
  @ApiCreatedResponse({ standardSchema: createdKey })
  @Problems('not-found')
  async create(
    @Param('title', { schema: titleId }) title: string,
    @Body({ schema: newKey }) body: z.infer<typeof newKey>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof createdKey>> {
    const expiresAt = body.expiresAt === undefined ? null : new Date(body.expiresAt);
    const issued = await this.service.issueKey(title, { name: body.name, scopes: body.scopes, expiresAt });
    created(reply, `/v1/titles/${title}/keys/${idOf(idPrefixes.key, issued.key.id)}`);
    return { ...bodyOf(issued.key), key: issued.token };
  }

  @Get()
  @ApiOperation({ summary: 'List the keys of a title' })
  @ApiOkResponse({ standardSchema: keyPage })
  @Problems('not-found', 'cursor-invalid')
  async list(
    @Param('title', { schema: titleId }) title: string,
    @Query({ schema: listQuery }) query: z.infer<typeof listQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof key>>> {
    const list = { title, route: 'keys' };
    const after = this.pages.place(query.cursor, list);
    await this.reads.title(title);
    const rows = await this.reads.keys(title, query.limit, after);
    return this.pages.page(
      rows.map((row) => ({ ...row, body: bodyOf(row.body) })),
      query.limit,
      list,
      reply,
    );
  }

  @Get(':key')
  @ApiOperation({ summary: 'Read a key, without its secret' })
  @ApiOkResponse({ standardSchema: key })
  @Problems('not-found')
  async get(
    @Param('title', { schema: titleId }) title: string,
    @Param('key', { schema: keyId }) id: string,
  ): Promise<z.infer<typeof key>> {
    return bodyOf(await this.reads.key(title, uuidOfKey(id)));
  }

  @Delete(':key')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Revoke a key for ever',
    description: 'Another process may accept it for two seconds more.',
  })
  @ApiNoContentResponse({ description: 'The key is revoked' })
  @Problems('not-found')
  async revoke(
    @Param('title', { schema: titleId }) title: string,
    @Param('key', { schema: keyId }) id: string,
    @NoBody() _body: undefined,
  ): Promise<void> {
    const uuid = uuidOfKey(id);
    await this.service.revokeKey(title, uuid);
    this.keys.forget(uuid);
  }
}

function uuidOfKey(id: string): string {
  const uuid = uuidOf(idPrefixes.key, id);
  if (uuid === undefined) throw new VeltrixError('not-found', 'There is no such key.');
  return uuid;
}

function bodyOf({ id, name, scopes, createdAt, expiresAt, revokedAt, lastUsedAt }: Key): z.infer<typeof key> {
  return {
    id: idOf(idPrefixes.key, id),
    name,
    scopes,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  };
}
