import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { TitleId } from '../http/caller.js';
import { Pages, type PageRow, type Place } from '../http/page.js';
import { Problems } from '../http/problem.js';
import { RequireScope } from '../http/scopes.js';
import { InventoryIntegrity } from '../inventory/integrity.reads.js';
import type { ItemCounts } from '../inventory/integrity.types.js';
import { LedgerIntegrity } from '../ledger/integrity.reads.js';
import type { AssetBooks, ReasonTotal, TitleBooks } from '../ledger/integrity.types.js';
import { breaksOfAsset, breaksOfItem, daysOf, type Break } from './integrity.rules.js';
import { integrity, integrityQuery } from './integrity.shapes.js';

type Report = z.infer<typeof integrity>;

/** The assets and then the items, each newest first, are one list. */
const places = { assets: '1', items: '0' } as const;

type Row = PageRow<{ asset: AssetBooks } | { item: ItemCounts }>;

/** Whether the books of a title hold. */
@ApiTags('integrity')
@Controller('v1/integrity')
export class IntegrityController {
  constructor(
    private readonly ledger: LedgerIntegrity,
    private readonly inventory: InventoryIntegrity,
    private readonly pages: Pages,
  ) {}

  @Get()
  @RequireScope('integrity:read')
  @ApiOperation({
    summary: 'Read whether the books hold',
    description:
      'Supply, faucets and sinks of each asset, and the instances of each item, each boundary from one snapshot. ' +
      'Faucets and sinks are of whole days of UTC. What does not hold is told in `breaks`.',
  })
  @ApiOkResponse({ standardSchema: integrity })
  @Problems('cursor-invalid')
  async read(
    @TitleId() title: string,
    @Query({ schema: integrityQuery }) query: z.infer<typeof integrityQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Report> {
    const { limit, cursor, asset, item, ...period } = query;
    const list = { title, route: 'integrity', filter: { asset, item, ...period } };
    const from = this.pages.place(cursor, list);
    const shown = (books: readonly AssetBooks[]): AssetBooks[] => behind(books, places.assets, from).slice(0, limit);
    const [books, counts] = await Promise.all([
      asset === undefined && item !== undefined
        ? undefined
        : this.ledger.books({ title, asset, days: daysOf(period), shown }),
      item === undefined && asset !== undefined ? undefined : this.inventory.counts(title, item),
    ]);
    const [assets, items] = [books?.assets ?? [], counts?.items ?? []];
    const rows: Row[] = [
      ...behind(assets, places.assets, from).map((one) => rowOf(places.assets, one.sequence, { asset: one })),
      ...behind(items, places.items, from).map((one) => rowOf(places.items, one.sequence, { item: one })),
    ];
    const { data, next } = this.pages.page(rows, limit, list, reply);
    const moments = [books?.at, counts?.at].flatMap((at) => at?.getTime() ?? []);
    return {
      holds:
        assets.every((one) => breaksOfAsset(one).length === 0) && items.every((one) => breaksOfItem(one).length === 0),
      at: new Date(Math.max(...moments)).toISOString(),
      snapshots: {
        ...(books !== undefined && { ledger: books.at.toISOString() }),
        ...(counts !== undefined && { inventory: counts.at.toISOString() }),
      },
      ...(books?.entriesCheckedSince && { entriesCheckedSince: books.entriesCheckedSince.toISOString() }),
      assets: data.flatMap((row) => ('asset' in row && books !== undefined ? assetAnswer(row.asset, books) : [])),
      items: data.flatMap((row) => ('item' in row ? itemAnswer(row.item) : [])),
      next,
    };
  }
}

/** What stands behind a place in the list. */
function behind<T extends { sequence: string }>(rows: readonly T[], major: string, from: Place | undefined): T[] {
  if (from === undefined || from.major > major) return [...rows];
  return from.major < major ? [] : rows.filter(({ sequence }) => BigInt(sequence) < BigInt(from.minor));
}

function rowOf(major: string, minor: string, body: Row['body']): Row {
  return { major, minor, body };
}

function assetAnswer(books: AssetBooks, { reasons }: TitleBooks): Report['assets'][number] {
  const breaks = breaksOfAsset(books);
  const flows = reasons.get(books.asset);
  return {
    asset: books.asset,
    holds: breaks.length === 0,
    supply: books.supply.toString(),
    sum: books.sum.toString(),
    faucets: (flows?.faucet ?? []).map(flowAnswer),
    sinks: (flows?.sink ?? []).map(flowAnswer),
    breaks: breaks.map(breakAnswer),
  };
}

function itemAnswer(counts: ItemCounts): Report['items'][number] {
  const breaks = breaksOfItem(counts);
  const { item, minted, burned, owned, held } = counts;
  return {
    item,
    holds: breaks.length === 0,
    minted: minted.toString(),
    burned: burned.toString(),
    owned: owned.toString(),
    held: held.toString(),
    breaks: breaks.map(breakAnswer),
  };
}

function flowAnswer({ reason, amount }: ReasonTotal): { reason?: string; amount: string } {
  return { ...(reason !== null && { reason }), amount: amount.toString() };
}

function breakAnswer({ check, expected, found }: Break): Report['items'][number]['breaks'][number] {
  return { check, expected: expected.toString(), found: found.toString() };
}
