import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { VeltrixError } from '../errors.js';
import { outboxInsert, outboxParameter } from '../events/outbox.js';
import { InventoryReads } from '../inventory/inventory.reads.js';
import { LedgerReads } from '../ledger/ledger.reads.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import {
  insertProduct,
  lockProduct,
  publishVersion,
  readVersion,
  updateProduct,
  writeDraft,
  type ProductKey,
} from './catalog.statements.js';
import type { ProductState, ProductTerms, ProductVersion } from './catalog.types.js';
import { productFact, type ProductFact } from './facts.rules.js';
import { afterPublish, afterPut, afterWithdraw, faultsOf, lastOf, namesOf, unknownNames } from './products.rules.js';

/** Which product is changed, and the revision that If-Match expects of it. */
export interface ProductRequest extends ProductKey {
  expectedRevision?: bigint;
}

/** What PUT of a product asks for. */
export interface PutProductRequest extends ProductRequest {
  terms: ProductTerms;
}

/** What became of a PUT, and the draft; the published version where there is no draft. */
export interface PutProductOutcome {
  outcome: 'created' | 'updated' | 'unchanged';
  product: ProductVersion;
}

/** The commands of products. A product is never deleted, because purchases refer to it. */
@Injectable()
export class ProductsService {
  constructor(
    @Inject(MAIN_DATABASE) private readonly dataSource: DataSource,
    private readonly ledger: LedgerReads,
    private readonly inventory: InventoryReads,
  ) {}

  /**
   * Writes the draft of a product. What is published stays on sale as it is. Asking for what is already so changes
   * nothing.
   * @throws VeltrixError `validation-failed` for terms that cannot be, or that name what the title has not defined,
   * and `precondition-failed` if the product is not at the expected revision
   */
  async put({ terms, ...request }: PutProductRequest): Promise<PutProductOutcome> {
    await this.refuseFaults(request.title, terms);
    return runCommand(this.dataSource, async (tx) => {
      if (request.expectedRevision === undefined && (await insertProduct(tx, request))) {
        await writeDraft(tx, request, 1, terms);
        const product = { revision: 1n, published: null, draft: 1, withdrawn: false };
        return { outcome: 'created', product: await tell(tx, request, 'product.drafted', product, 1) };
      }
      const now = await lockProduct(tx, request);
      assertRevision(request, now);
      if (now === undefined) throw new Error(`The product ${request.code} was neither created nor found.`);
      const last = await readVersion(tx, request, now, lastOf(now));
      const next = afterPut(now, last.terms, terms);
      if (next === undefined) return { outcome: 'unchanged', product: last };
      const draft = lastOf(next);
      await writeDraft(tx, request, draft, terms);
      const product = await updateProduct(tx, request, next);
      return { outcome: 'updated', product: await tell(tx, request, 'product.drafted', product, draft) };
    });
  }

  /**
   * Puts a product on sale: its draft, or what was withdrawn where it has none. A product that is on sale as it is
   * stays so.
   * @returns the version that is on sale
   * @throws VeltrixError `not-found`, and `precondition-failed` if the product is not at the expected revision
   */
  publish(request: ProductRequest): Promise<ProductVersion> {
    return runCommand(this.dataSource, async (tx) => {
      const now = await lockExisting(tx, request);
      const next = afterPublish(now);
      if (next === undefined) return readVersion(tx, request, now, lastOf(now));
      if (now.draft !== null) await publishVersion(tx, request, now.draft);
      const product = await updateProduct(tx, request, next);
      return tell(tx, request, 'product.published', product, lastOf(product));
    });
  }

  /**
   * Takes a product off sale until it is published again. What is withdrawn already stays so.
   * @returns the version that was on sale
   * @throws VeltrixError `not-found`, `precondition-failed` if the product is not at the expected revision, and
   * `product-not-published` if it was never on sale
   */
  withdraw(request: ProductRequest): Promise<ProductVersion> {
    return runCommand(this.dataSource, async (tx) => {
      const now = await lockExisting(tx, request);
      const next = afterWithdraw(now);
      if (next === 'refused')
        throw new VeltrixError('product-not-published', `The product ${request.code} was never published.`);
      const product = next === undefined ? now : await updateProduct(tx, request, next);
      if (product.published === null) throw new Error(`The product ${request.code} has lost what was published.`);
      return next === undefined
        ? readVersion(tx, request, product, product.published)
        : tell(tx, request, 'product.withdrawn', product, product.published);
    });
  }

  /** Definitions are never deleted, so what is defined before the command is defined for ever. */
  private async refuseFaults(title: string, terms: ProductTerms): Promise<void> {
    const faults = faultsOf(terms);
    if (faults.length > 0)
      throw new VeltrixError('validation-failed', 'The product cannot be as it is described.', faults);
    const names = namesOf(terms);
    const [assets, items] = await Promise.all([
      this.ledger.undefinedAssets(title, names.assets),
      this.inventory.undefinedItems(title, names.items),
    ]);
    const unknown = unknownNames(terms, { assets, items });
    if (unknown.length > 0)
      throw new VeltrixError('validation-failed', 'The product names what is not defined.', unknown);
  }
}

/** @throws VeltrixError `not-found` and `precondition-failed` */
async function lockExisting(tx: EntityManager, request: ProductRequest): Promise<ProductState> {
  const now = await lockProduct(tx, request);
  if (now === undefined) throw new VeltrixError('not-found', `There is no product ${request.code}.`);
  assertRevision(request, now);
  return now;
}

/** @throws VeltrixError `precondition-failed`, also where there is no product */
function assertRevision({ code, expectedRevision }: ProductRequest, now: ProductState | undefined): void {
  if (expectedRevision === undefined || now?.revision === expectedRevision) return;
  throw new VeltrixError('precondition-failed', `The product ${code} is not at revision ${expectedRevision}.`);
}

/** Tells what has happened to a product, and answers the version that it happened to. */
async function tell(
  tx: EntityManager,
  request: ProductRequest,
  type: ProductFact,
  product: ProductState,
  version: number,
): Promise<ProductVersion> {
  const shown = await readVersion(tx, request, product, version);
  await tx.query(outboxInsert('catalog', 1), [outboxParameter([productFact(request.title, type, shown)])]);
  return shown;
}
