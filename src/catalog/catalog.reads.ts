import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { VeltrixError } from '../errors.js';
import type { PageRow, Place } from '../http/page.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import {
  productColumns,
  productOf,
  saleTermsOf,
  versionColumns,
  versionOf,
  type KeptTerms,
  type ProductRow,
  type VersionRow,
} from './catalog.rows.js';
import type { ProductStateName, ProductVersion, SaleVersion } from './catalog.types.js';

type ShownRow = ProductRow & VersionRow;

const shown = `${productColumns}, ${versionColumns} from catalog.products p
  join catalog.versions v on v.title = p.title and v.code = p.code`;

/** Reads of the catalog. They are strongly consistent. Lists answer up to `limit` + 1 rows, newest first. */
@Injectable()
export class CatalogReads {
  constructor(@Inject(MAIN_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * The published version of a product, or its draft where it was never published.
   * @throws VeltrixError `not-found`, also for the product of another title
   */
  async product(title: string, code: string): Promise<ProductVersion> {
    const [row] = await this.dataSource.query<ShownRow[]>(
      `select ${shown} and v.version = coalesce(p.published, p.draft) where p.title = $1 and p.code = $2`,
      [title, code],
    );
    if (row === undefined) throw new VeltrixError('not-found', `There is no product ${code}.`);
    return versionOf(productOf(row), row);
  }

  /** Every product of a title, each as `product` shows it. */
  async products(
    title: string,
    state: ProductStateName | undefined,
    limit: number,
    from: Place | undefined,
  ): Promise<PageRow<ProductVersion>[]> {
    const parameters: unknown[] = [title, limit + 1];
    const parameter = (value: unknown): string => `$${parameters.push(value)}`;
    const conditions = ['p.title = $1'];
    if (state !== undefined) conditions.push(`p.state = ${parameter(state)}`);
    if (from !== undefined)
      conditions.push(
        `(p.transaction_id, p.sequence) < (${parameter(from.major)}::xid8, ${parameter(from.minor)}::bigint)`,
      );
    const rows = await this.dataSource.query<(ShownRow & { transaction_id: string; sequence: string })[]>(
      `select p.transaction_id, p.sequence, ${shown} and v.version = coalesce(p.published, p.draft)
       where ${conditions.join(' and ')} order by p.transaction_id desc, p.sequence desc limit $2`,
      parameters,
    );
    return rows.map((row) => ({
      major: row.transaction_id,
      minor: row.sequence,
      body: versionOf(productOf(row), row),
    }));
  }

  /** @throws VeltrixError `not-found`, also for a version of another title's product */
  async version(title: string, code: string, version: number): Promise<ProductVersion> {
    const [row] = await this.dataSource.query<ShownRow[]>(
      `select ${shown} where p.title = $1 and p.code = $2 and v.version = $3`,
      [title, code, version],
    );
    if (row === undefined) throw new VeltrixError('not-found', `There is no version ${version} of a product ${code}.`);
    return versionOf(productOf(row), row);
  }

  /**
   * The history of a product, with its draft. A list of versions is ordered by their numbers alone.
   * @throws VeltrixError `not-found`, also for the product of another title
   */
  async versions(
    title: string,
    code: string,
    limit: number,
    from: Place | undefined,
  ): Promise<PageRow<ProductVersion>[]> {
    const rows = await this.dataSource.query<ShownRow[]>(
      `select ${shown} where p.title = $1 and p.code = $2 and ($4::bigint is null or v.version < $4)
       order by v.version desc limit $3`,
      [title, code, limit + 1, from?.minor],
    );
    // No version is ever deleted, so a further page has rows as well.
    if (rows.length === 0) throw new VeltrixError('not-found', `There is no product ${code}.`);
    return rows.map((row) => ({ major: '0', minor: String(row.version), body: versionOf(productOf(row), row) }));
  }

  /**
   * The versions that are published now of these products; one that was never published is left out, and one that is
   * named twice is answered once. It runs on the given connection, and locks nothing.
   */
  published(tx: EntityManager, products: readonly { title: string; code: string }[]): Promise<SaleVersion[]> {
    return readPublished(tx, products, '');
  }

  /**
   * As `published`, within the caller's transaction. Until that ends nobody publishes or withdraws these products, and
   * a PUT of a draft waits too. One that was published while this waited for its publisher is left out.
   */
  holdPublished(tx: EntityManager, products: readonly { title: string; code: string }[]): Promise<SaleVersion[]> {
    return readPublished(tx, products, 'for share of p');
  }
}

async function readPublished(
  tx: EntityManager,
  products: readonly { title: string; code: string }[],
  lock: '' | 'for share of p',
): Promise<SaleVersion[]> {
  interface Row {
    title: string;
    code: string;
    version: number;
    withdrawn: boolean;
    terms: KeptTerms;
  }
  const rows = await tx.query<Row[]>(
    `select p.title, p.code, v.version, p.withdrawn, v.terms from catalog.products p
     join catalog.versions v on v.title = p.title and v.code = p.code and v.version = p.published
     where (p.title, p.code) in (select title, code from unnest($1::text[], $2::text[]) as asked(title, code)) ${lock}`,
    [products.map(({ title }) => title), products.map(({ code }) => code)],
  );
  return rows.map(({ terms, ...row }) => ({ ...row, ...saleTermsOf(terms) }));
}
