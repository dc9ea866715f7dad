import { Body, Controller, Get, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { created } from '../http/answers.js';
import { TitleId } from '../http/caller.js';
import { ExpectedVersion, setEtag } from '../http/etag.js';
import { NoBody } from '../http/no-body.js';
import { Pages, type Page } from '../http/page.js';
import { Problems } from '../http/problem.js';
import { RequireScope } from '../http/scopes.js';
import { code, listQuery } from '../http/shapes.js';
import { CatalogReads } from './catalog.reads.js';
import { product, productPage, productsQuery, sentProduct, versionNumber } from './catalog.shapes.js';
import type { ProductTerms, ProductVersion } from './catalog.types.js';
import { ProductsService, type ProductRequest } from './products.service.js';

/** What a title sells. A version of a product is a draft until it is published, and never changes from then on. */
@ApiTags('products')
@Controller('v1/products')
export class ProductsController {
  constructor(
    private readonly service: ProductsService,
    private readonly reads: CatalogReads,
    private readonly pages: Pages,
  ) {}

  @Put(':code')
  @RequireScope('catalog:write')
  @ApiOperation({
    summary: 'Write the draft of a product',
    description:
      'The draft is written over until it is published; what is published stays on sale meanwhile. ' +
      'Answers the draft. A body that says nothing new changes nothing.',
  })
  @ApiOkResponse({ standardSchema: product })
  @ApiCreatedResponse({ standardSchema: product })
  @Problems('if-match-invalid', 'condition-not-evaluated', 'precondition-failed')
  async put(
    @TitleId() title: string,
    @Param('code', { schema: code }) productCode: string,
    @ExpectedVersion() revision: bigint | undefined,
    @Body({ schema: sentProduct }) body: z.infer<typeof sentProduct>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof product>> {
    const request = requestOf(title, productCode, revision);
    const { outcome, product: draft } = await this.service.put({ ...request, terms: termsOf(body) });
    if (outcome === 'created') created(reply, `/v1/products/${productCode}`);
    return answer(draft, reply);
  }

  @Post(':code/publish')
  @HttpCode(200)
  @RequireScope('catalog:write')
  @ApiOperation({
    summary: 'Put a product on sale',
    description:
      'Publishes the draft. ' +
      'Without one a withdrawn product is on sale again as it was, and one that is on sale stays so.',
  })
  @ApiOkResponse({ standardSchema: product })
  @Problems('not-found', 'if-match-invalid', 'condition-not-evaluated', 'precondition-failed')
  async publish(
    @TitleId() title: string,
    @Param('code', { schema: code }) productCode: string,
    @ExpectedVersion() revision: bigint | undefined,
    @NoBody() _body: undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof product>> {
    return answer(await this.service.publish(requestOf(title, productCode, revision)), reply);
  }

  @Post(':code/withdraw')
  @HttpCode(200)
  @RequireScope('catalog:write')
  @ApiOperation({ summary: 'Take a product off sale until it is published again' })
  @ApiOkResponse({ standardSchema: product })
  @Problems('not-found', 'if-match-invalid', 'condition-not-evaluated', 'precondition-failed', 'product-not-published')
  async withdraw(
    @TitleId() title: string,
    @Param('code', { schema: code }) productCode: string,
    @ExpectedVersion() revision: bigint | undefined,
    @NoBody() _body: undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof product>> {
    return answer(await this.service.withdraw(requestOf(title, productCode, revision)), reply);
  }

  @Get()
  @RequireScope('catalog:read')
  @ApiOperation({ summary: 'List the products' })
  @ApiOkResponse({ standardSchema: productPage })
  @Problems('cursor-invalid')
  async list(
    @TitleId() title: string,
    @Query({ schema: productsQuery }) query: z.infer<typeof productsQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof product>>> {
    const { limit, cursor, state } = query;
    const list = { title, route: 'products', filter: { state } };
    const rows = await this.reads.products(title, state, limit, this.pages.place(cursor, list));
    return this.pages.page(
      rows.map((row) => ({ ...row, body: bodyOf(row.body) })),
      limit,
      list,
      reply,
    );
  }

  @Get(':code')
  @RequireScope('catalog:read')
  @ApiOperation({ summary: 'Read a product: what is published, or its draft before that' })
  @ApiOkResponse({ standardSchema: product })
  @Problems('not-found')
  async get(
    @TitleId() title: string,
    @Param('code', { schema: code }) productCode: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof product>> {
    return answer(await this.reads.product(title, productCode), reply);
  }

  @Get(':code/versions')
  @RequireScope('catalog:read')
  @ApiOperation({ summary: 'List the versions of a product, with its draft' })
  @ApiOkResponse({ standardSchema: productPage })
  @Problems('not-found', 'cursor-invalid')
  async versions(
    @TitleId() title: string,
    @Param('code', { schema: code }) productCode: string,
    @Query({ schema: listQuery }) query: z.infer<typeof listQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof product>>> {
    const list = { title, route: 'versions', filter: { code: productCode } };
    const rows = await this.reads.versions(title, productCode, query.limit, this.pages.place(query.cursor, list));
    return this.pages.page(
      rows.map((row) => ({ ...row, body: bodyOf(row.body) })),
      query.limit,
      list,
      reply,
    );
  }

  @Get(':code/versions/:version')
  @RequireScope('catalog:read')
  @ApiOperation({ summary: 'Read a version of a product' })
  @ApiOkResponse({ standardSchema: product })
  @Problems('not-found')
  async version(
    @TitleId() title: string,
    @Param('code', { schema: code }) productCode: string,
    @Param('version', { schema: versionNumber }) version: string,
  ): Promise<z.infer<typeof product>> {
    return bodyOf(await this.reads.version(title, productCode, Number(version)));
  }
}

function requestOf(title: string, productCode: string, revision: bigint | undefined): ProductRequest {
  return { title, code: productCode, ...(revision !== undefined && { expectedRevision: revision }) };
}

/** The terms of a body, in which what was left out is said. */
function termsOf({ name, content, prices, stock, limits, onSale }: z.infer<typeof sentProduct>): ProductTerms {
  const moment = (sent: string | undefined): Date | null => (sent === undefined ? null : new Date(sent));
  return {
    name,
    content: { amounts: content.amounts ?? [], items: content.items ?? [] },
    prices: { virtual: prices.virtual ?? [], money: prices.money ?? [] },
    stock: stock ?? null,
    limits: {
      perPlayer: limits?.perPlayer ?? null,
      perPlayerAndDay: limits?.perPlayerAndDay ?? null,
      perPlayerAndWeek: limits?.perPlayerAndWeek ?? null,
      perPlayerAndMonth: limits?.perPlayerAndMonth ?? null,
    },
    onSale: { from: moment(onSale?.from), until: moment(onSale?.until) },
  };
}

/** Answers a product with its entity tag. */
function answer(shown: ProductVersion, reply: FastifyReply): z.infer<typeof product> {
  setEtag(reply, shown.revision);
  return bodyOf(shown);
}

/** A product as it is answered: what it does not have is left out. */
function bodyOf({ code: shownCode, version, state, draft, terms, ...times }: ProductVersion): z.infer<typeof product> {
  const { name, content, prices, stock } = terms;
  const limits = said(terms.limits);
  const { from, until } = terms.onSale;
  const onSale = said({ from: from?.toISOString() ?? null, until: until?.toISOString() ?? null });
  return {
    code: shownCode,
    version,
    state,
    ...(draft !== null && { draft }),
    name,
    content,
    prices,
    ...(stock !== null && { stock }),
    ...(limits !== undefined && { limits }),
    ...(onSale !== undefined && { onSale }),
    createdAt: times.createdAt.toISOString(),
    ...(times.publishedAt !== null && { publishedAt: times.publishedAt.toISOString() }),
  };
}

/** The members that are not null; undefined where all of them are. */
function said<T extends object>(members: T): { [Name in keyof T]?: NonNullable<T[Name]> } | undefined {
  const found = Object.entries(members).filter(([, member]) => member !== null);
  return found.length === 0 ? undefined : (Object.fromEntries(found) as { [Name in keyof T]?: NonNullable<T[Name]> });
}
