import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { TitleId } from '../http/caller.js';
import { Problems } from '../http/problem.js';
import { RequireScope } from '../http/scopes.js';
import { code } from '../http/shapes.js';
import { SalesReads } from './sales.reads.js';
import { sales, salesQuery } from './sales.shapes.js';

/** What is left of a product to buy. */
@ApiTags('purchases')
@Controller('v1/products')
export class SalesController {
  constructor(private readonly reads: SalesReads) {}

  @Get(':code/sales')
  @RequireScope('purchases:read')
  @ApiOperation({
    summary: 'Read what is left of a product, and how much of it a player may still buy',
    description: 'It reserves nothing: an order that comes first may take what is told here.',
  })
  @ApiOkResponse({ standardSchema: sales })
  @Problems('not-found')
  async get(
    @TitleId() title: string,
    @Param('code', { schema: code }) productCode: string,
    @Query({ schema: salesQuery }) { player }: z.infer<typeof salesQuery>,
  ): Promise<z.infer<typeof sales>> {
    const { version, left } = await this.reads.left(title, productCode, player);
    return { product: version.code, version: version.version, ...left };
  }
}
