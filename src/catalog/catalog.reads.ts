import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { VeltrixError } from '../errors.js';
import type { PageRow, Place } from '../http/page.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { Parameters } from '../postgres/parameters.js';
import { lockedHow } from '../postgres/held-rows.js';
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
import type { ProductKey, ProductStateName, ProductVersion, SaleVersion } from './catalog.types.js';

type VersionOfProductRow = ProductRow & VersionRow;

const columns = `${productColumns}, ${versionColumns}`;
const productsWithVersions = 'catalog.products p join catalog.versions v on v.title = p.title and v.code = p.code';

/** True for the published version of a product, or for its draft where it was never published. */
const isPublishedOrFirstDraft = 'v.version = coalesce(p.published, p.draft)';

/** Reads of the catalog. They are strongly consistent. Lists answer up to `limit` + 1 rows, newest first. */
@Injectable()
export class CatalogReads {
  constructor(@Inject(MAIN_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * The published version of a product, or its draft where it was never published.
   * @throws VeltrixError `not-found`, also for the product of another title
   */
  async product(title: string, code: string): Promise<ProductVersion> {
    const [row] = await this.dataSource.query<VersionOfProductRow[]>(
      `select ${columns} from ${productsWithVersions}
       where p.title = $1 and p.code = $2 and ${isPublishedOrFirstDraft}`,
      [title, code],
    );
    if (row === undefined) throw new VeltrixError('not-found', `There is no product ${code}.`);
    return versionOf(productOf(row), row);
  }

  /**
   * Every product of a title, each with the version that `product` answers. The list is ordered by the transaction and
   * the sequence in which the products were made.
   * @param state answers only the products in this state, where it is given
   * @param from the place in the list after which the page begins, or undefined for the first page
   */
  async products(
    title: string,
    state: ProductStateName | undefined,
    limit: number,
    from: Place | undefined,
  ): Promise<PageRow<ProductVersion>[]> {
    const parameters = new Parameters();
    const conditions = [`p.title = ${parameters.add(title)}`, isPublishedOrFirstDraft];
    if (state !== undefined) conditions.push(`p.state = ${parameters.add(state)}`);
    if (from !== undefined)
      conditions.push(
        `(p.transaction_id, p.sequence) <
           (${parameters.add(from.major, 'xid8')}, ${parameters.add(from.minor, 'bigint')})`,
      );
    const rows = await this.dataSource.query<(VersionOfProductRow & { transaction_id: string; sequence: string })[]>(
      `select p.transaction_id, p.sequence, ${columns} from ${productsWithVersions}
       where ${conditions.join(' and ')}
       order by p.transaction_id desc, p.sequence desc limit ${parameters.add(limit + 1)}`,
      parameters.values,
    );
    return rows.map((row) => ({
      major: row.transaction_id,
      minor: row.sequence,
      body: versionOf(productOf(row), row),
    }));
  }

  /**
   * A version of a product by its number. The draft has a number too, and is answered like any other version.
   * @throws VeltrixError `not-found`, also for a version of another title's product
   */
  async version(title: string, code: string, version: number): Promise<ProductVersion> {
    const [row] = await this.dataSource.query<VersionOfProductRow[]>(
      `select ${columns} from ${productsWithVersions}
       where p.title = $1 and p.code = $2 and v.version = $3`,
      [title, code, version],
    );
    if (row === undefined) throw new VeltrixError('not-found', `There is no version ${version} of a product ${code}.`);
    return versionOf(productOf(row), row);
  }

  /**
   * The history of a product, with its draft, ordered by the numbers of the versions. A Place has two numbers, so the
   * first is 0 in every row.
   * @param from the place in the list after which the page begins, or undefined for the first page
   * @throws VeltrixError `not-found`, also for the product of another title
   */
  async versions(
    title: string,
    code: string,
    limit: number,
    from: Place | undefined,
  ): Promise<PageRow<ProductVersion>[]> {
    const rows = await this.dataSource.query<VersionOfProductRow[]>(
      `select ${columns} from ${productsWithVersions}
       where p.title = $1 and p.code = $2 and ($4::bigint is null or v.version < $4)
       order by v.version desc limit $3`,
      [title, code, limit + 1, from?.minor],
    );
    // A cursor is given only where more rows follow, and no version is ever deleted. So a page without rows means that
    // there is no such product, whichever page it is.
    if (rows.length === 0) throw new VeltrixError('not-found', `There is no product ${code}.`);
    return rows.map((row) => ({ major: '0', minor: String(row.version), body: versionOf(productOf(row), row) }));
  }

  /**
   * The last published version of each of these products, also of a product that was withdrawn since: `withdrawn` says
   * so. A product that was never published is left out. A product that is named twice is answered once. The query runs
   * on the given connection, and locks nothing.
   */
  published(tx: EntityManager, products: readonly ProductKey[]): Promise<SaleVersion[]> {
    return readPublished(tx, products, { locked: false });
  }

  /**
   * As `published`, and locks the products until the caller's transaction ends. Until then nobody publishes or
   * withdraws them, and a PUT of a draft waits. Where the lock had to wait for a publish, the product is left out:
   * PostgreSQL joins its new row with the version of the old one, and `published` no longer fits. The caller then has
   * to ask again.
   */
  holdPublished(tx: EntityManager, products: readonly ProductKey[]): Promise<SaleVersion[]> {
    return readPublished(tx, products, { locked: true });
  }

  /** Which of these products `holdPublished` would have to wait for now; see FindHeld. */
  findHeld(manager: EntityManager, products: readonly ProductKey[], waits: boolean): Promise<ProductKey[]> {
    return manager.query<ProductKey[]>(
      `with asked as (select * from unnest($1::text[], $2::text[]) as asked (title, code)),
       free as (
         select title, code from catalog.products where (title, code) in (select title, code from asked)
         for share ${lockedHow(waits)})
       select title, code from catalog.products where (title, code) in (select title, code from asked)
       except select title, code from free`,
      [products.map(({ title }) => title), products.map(({ code }) => code)],
    );
  }
}

async function readPublished(
  tx: EntityManager,
  products: readonly ProductKey[],
  { locked }: { locked: boolean },
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
     where (p.title, p.code) in (select title, code from unnest($1::text[], $2::text[]) as asked(title, code))
     ${locked ? 'for share of p' : ''}`,
    [products.map(({ title }) => title), products.map(({ code }) => code)],
  );
  return rows.map(({ terms, ...row }) => ({ ...row, ...saleTermsOf(terms) }));
}
