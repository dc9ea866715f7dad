import type { EntityManager } from 'typeorm';
import {
  keptTermsOf,
  productColumns,
  productOf,
  versionColumns,
  versionOf,
  type ProductRow,
  type VersionRow,
} from './catalog.rows.js';
import type { ProductKey, ProductState, ProductTerms, ProductVersion } from './catalog.types.js';
import type { NextState } from './products.rules.js';

/** Makes a product whose first version is a draft. @returns false where it is there already */
export async function insertProduct(tx: EntityManager, { title, code }: ProductKey): Promise<boolean> {
  const made = await tx.query<unknown[]>(
    'insert into catalog.products (title, code, draft) values ($1, $2, 1) on conflict do nothing returning code',
    [title, code],
  );
  return made.length > 0;
}

/** Locks a product; undefined where there is none. Its versions are read after that, by a later statement. */
export async function lockProduct(tx: EntityManager, { title, code }: ProductKey): Promise<ProductState | undefined> {
  const [row] = await tx.query<ProductRow[]>(
    `select ${productColumns} from catalog.products p where p.title = $1 and p.code = $2 for no key update`,
    [title, code],
  );
  return row && productOf(row);
}

/** A version of a product that is locked. */
export async function readVersion(
  tx: EntityManager,
  { title, code }: ProductKey,
  product: ProductState,
  version: number,
): Promise<ProductVersion> {
  const [row] = await tx.query<[VersionRow]>(
    `select ${versionColumns} from catalog.versions v where v.title = $1 and v.code = $2 and v.version = $3`,
    [title, code, version],
  );
  return versionOf(product, row);
}

/** Writes a draft: a new version, or what is to stand in the one that is there. */
export async function writeDraft(
  tx: EntityManager,
  { title, code }: ProductKey,
  version: number,
  terms: ProductTerms,
): Promise<void> {
  await tx.query(
    `insert into catalog.versions (title, code, version, name, terms) values ($1, $2, $3, $4, $5)
     on conflict (title, code, version) do update set name = excluded.name, terms = excluded.terms`,
    [title, code, version, terms.name, JSON.stringify(keptTermsOf(terms))],
  );
}

/** Says of a draft that it is published, for ever. A draft may have been made after this transaction began. */
export async function publishVersion(tx: EntityManager, { title, code }: ProductKey, version: number): Promise<void> {
  await tx.query(
    `update catalog.versions set published_at = clock_timestamp()
     where title = $1 and code = $2 and version = $3`,
    [title, code, version],
  );
}

/** Writes where a locked product stands now, with the next revision. */
export async function updateProduct(
  tx: EntityManager,
  { title, code }: ProductKey,
  { published, draft, withdrawn }: NextState,
): Promise<ProductState> {
  // TypeORM answers an `update … returning` as rows and a count, and a `select` as the rows alone.
  const [row] = await tx.query<[ProductRow]>(
    `with updated as (
      update catalog.products p set revision = revision + 1, published = $3, draft = $4, withdrawn = $5
      where p.title = $1 and p.code = $2 returning ${productColumns})
    select * from updated`,
    [title, code, published, draft, withdrawn],
  );
  return productOf(row);
}
