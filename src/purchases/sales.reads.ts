import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { CatalogReads } from '../catalog/catalog.reads.js';
import type { SaleVersion } from '../catalog/catalog.types.js';
import { VeltrixError } from '../errors.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { buyerKey, leftOf, type Left } from './sales.rules.js';
import { readBought, readSold } from './sales.statements.js';

/**
 * What is left to buy. It sees all that was answered before, and locks nothing: what is accepted or published while it
 * reads may be in one of its figures and not in another.
 */
@Injectable()
export class SalesReads {
  constructor(
    @Inject(MAIN_DATABASE) private readonly dataSource: DataSource,
    private readonly catalog: CatalogReads,
  ) {}

  /**
   * @param player whose limits are told, if any
   * @throws VeltrixError `not-found` for a product that was never published, also for one of another title
   */
  async left(title: string, code: string, player: string | undefined): Promise<{ version: SaleVersion; left: Left }> {
    const { manager } = this.dataSource;
    const [version] = await this.catalog.published(manager, [{ title, code }]);
    if (version === undefined) throw new VeltrixError('not-found', `No product ${code} was ever published.`);
    const { now, sold } = await readSold(manager, { title, product: code });
    if (player === undefined) return { version, left: leftOf(version, now, sold, undefined) };
    const buyer = { title, product: code, player, limits: version.limits };
    const bought = (await readBought(manager, [buyer])).get(buyerKey(buyer));
    return { version, left: leftOf(version, now, sold, bought ?? { ever: 0, day: 0, week: 0, month: 0 }) };
  }
}
