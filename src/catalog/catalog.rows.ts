import { stateOf } from './products.rules.js';
import type { ProductState, ProductTerms, ProductVersion, SaleTerms } from './catalog.types.js';

/* The rows of products and versions, and what they mean. The driver gives a bigint as text. */

/** The terms but for the name as a row keeps them: amounts are decimal strings, moments are RFC 3339 in UTC. */
export interface KeptTerms extends Omit<SaleTerms, 'onSale'> {
  onSale: { from: string | null; until: string | null };
}

export const productColumns = 'p.revision, p.published, p.draft, p.withdrawn';

export interface ProductRow {
  revision: string;
  published: number | null;
  draft: number | null;
  withdrawn: boolean;
}

export function productOf({ revision, published, draft, withdrawn }: ProductRow): ProductState {
  return { revision: BigInt(revision), published, draft, withdrawn };
}

export const versionColumns = 'v.code, v.version, v.name, v.terms, v.created_at, v.published_at';

export interface VersionRow {
  code: string;
  version: number;
  name: string;
  terms: KeptTerms;
  created_at: Date;
  published_at: Date | null;
}

/** A version as the product that it belongs to shows it. */
export function versionOf(product: ProductState, row: VersionRow): ProductVersion {
  return {
    code: row.code,
    revision: product.revision,
    version: row.version,
    state: stateOf(product, row.version),
    draft: product.draft === row.version ? null : product.draft,
    terms: termsOf(row),
    createdAt: row.created_at,
    publishedAt: row.published_at,
  };
}

export function termsOf({ name, terms }: Pick<VersionRow, 'name' | 'terms'>): ProductTerms {
  return { name, ...saleTermsOf(terms) };
}

export function saleTermsOf({ content, prices, stock, limits, onSale: { from, until } }: KeptTerms): SaleTerms {
  const moment = (kept: string | null): Date | null => (kept === null ? null : new Date(kept));
  return { content, prices, stock, limits, onSale: { from: moment(from), until: moment(until) } };
}

export function keptTermsOf({ content, prices, stock, limits, onSale: { from, until } }: SaleTerms): KeptTerms {
  const moment = (date: Date | null): string | null => date?.toISOString() ?? null;
  return { content, prices, stock, limits, onSale: { from: moment(from), until: moment(until) } };
}
