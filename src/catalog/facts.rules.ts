import type { Fact } from '../events/outbox.js';
import type { ProductVersion } from './catalog.types.js';

/** The types of facts of products. */
export type ProductFact = 'product.drafted' | 'product.published' | 'product.withdrawn';

/** The fact of a change of a product, which is all that a reader needs to know of the version that it is about. */
export function productFact(title: string, type: ProductFact, shown: ProductVersion): Fact {
  const { code, revision, version, terms } = shown;
  // A revision has at most 15 digits for as long as anybody lives.
  return { title, type, subject: code, data: { revision: Number(revision), version, ...terms } };
}
