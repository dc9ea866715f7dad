import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { VeltrixError, notAsExpected } from '../errors.js';
import { outboxInsert, outboxParameter } from '../events/outbox.js';
import { InventoryReads } from '../inventory/inventory.reads.js';
import { LedgerReads } from '../ledger/ledger.reads.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { RowTurns } from '../postgres/row-turns.js';
import { runCommand } from '../postgres/run-command.js';
import {
  insertProduct,
  lockProduct,
  publishVersion,
  readVersion,
  updateProduct,
  writeDraft,
} from './catalog.statements.js';
import type { ProductKey, ProductState, ProductTerms, ProductVersion } from './catalog.types.js';
import { productFact, type ProductFact } from './facts.rules.js';
import { afterPublish, afterPut, afterWithdraw, faultsOf, lastOf, namesOf, unknownNames } from './products.rules.js';

/** Which product is changed, and the revision in If-Match; missing where the caller sent none. */
export interface ProductRequest extends ProductKey {
  expectedRevision?: bigint;
}

/** What PUT of a product asks for. */
export interface PutProductRequest extends ProductRequest {
  terms: ProductTerms;
}

/**
 * The result of a PUT: the draft, or the published version where the PUT says what is published and there is no draft.
 */
export interface PutProductOutcome {
  outcome: 'created' | 'updated' | 'unchanged';
  product: ProductVersion;
}

/** The commands of products. A product is never deleted, because purchases refer to it. */
@Injectable()
export class ProductsService {
  private readonly turns = new RowTurns();

  constructor(
    @Inject(MAIN_DATABASE) private readonly dataSource: DataSource,
    private readonly ledger: LedgerReads,
    private readonly inventory: InventoryReads,
  ) {}

  /**
   * Writes the draft of a product. The published version stays on sale as it is. A request that changes nothing writes
   * nothing. With an expected revision a product is never created, and with
   * revision 0 never changed.
   * @throws VeltrixError `validation-failed` for terms that cannot be, or that name an asset or an item that the title
   *   has not defined
   * @throws VeltrixError `precondition-failed` if the product is not at the expected revision, or if there is no such
   *   product and a revision is expected
   */
  async put({ terms, ...request }: PutProductRequest): Promise<PutProductOutcome> {
    await this.refuseFaults(request.title, terms);
    return this.turns.take(rowOf(request), () =>
      runCommand(this.dataSource, async (tx) => {
        if ((request.expectedRevision ?? 0n) === 0n && (await insertProduct(tx, request))) {
          await writeDraft(tx, request, 1, terms);
          const product = { revision: 1n, published: null, draft: 1, withdrawn: false };
          return { outcome: 'created', product: await writeFact(tx, request, 'product.drafted', product, 1) };
        }
        const stored = await lockProduct(tx, request);
        assertRevision(request, stored);
        if (stored === undefined) throw new Error(`The product ${request.code} was neither created nor found.`);
        const last = await readVersion(tx, request, stored, lastOf(stored));
        const next = afterPut(stored, last.terms, terms);
        if (next === undefined) return { outcome: 'unchanged', product: last };
        const draft = lastOf(next);
        await writeDraft(tx, request, draft, terms);
        const product = await updateProduct(tx, request, next);
        return { outcome: 'updated', product: await writeFact(tx, request, 'product.drafted', product, draft) };
      }),
    );
  }

  /**
   * Puts the draft of a product on sale. Where there is no draft, a withdrawn version goes on sale again. A product
   * without a draft that is on sale stays as it is.
   * @returns the version that is on sale
   * @throws VeltrixError `not-found`, and `precondition-failed` if the product is not at the expected revision
   */
  publish(request: ProductRequest): Promise<ProductVersion> {
    return this.turns.take(rowOf(request), () =>
      runCommand(this.dataSource, async (tx) => {
        const stored = await lockExisting(tx, request);
        const next = afterPublish(stored);
        if (next === undefined) return readVersion(tx, request, stored, lastOf(stored));
        if (stored.draft !== null) await publishVersion(tx, request, stored.draft);
        const product = await updateProduct(tx, request, next);
        return writeFact(tx, request, 'product.published', product, lastOf(product));
      }),
    );
  }

  /**
   * Takes a product off sale until it is published again. A product that is withdrawn already stays as it is.
   * @returns the version that was on sale
   * @throws VeltrixError `not-found`, `precondition-failed` if the product is not at the expected revision, and
   * `product-not-published` if it was never on sale
   */
  withdraw(request: ProductRequest): Promise<ProductVersion> {
    return this.turns.take(rowOf(request), () =>
      runCommand(this.dataSource, async (tx) => {
        const stored = await lockExisting(tx, request);
        const next = afterWithdraw(stored);
        if (next === 'refused')
          throw new VeltrixError('product-not-published', `The product ${request.code} was never published.`);
        const product = next === undefined ? stored : await updateProduct(tx, request, next);
        if (product.published === null) throw new Error(`The product ${request.code} has lost its published version.`);
        return next === undefined
          ? readVersion(tx, request, product, product.published)
          : writeFact(tx, request, 'product.withdrawn', product, product.published);
      }),
    );
  }

  /**
   * Refuses terms that cannot be. Assets and items are never deleted, so those that are defined now will be defined
   * when the command runs.
   * @throws VeltrixError `validation-failed`
   */
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

function rowOf({ title, code }: ProductKey): string {
  return `${title} ${code}`;
}

/** @throws VeltrixError `not-found` and `precondition-failed` */
async function lockExisting(tx: EntityManager, request: ProductRequest): Promise<ProductState> {
  const stored = await lockProduct(tx, request);
  if (stored === undefined) throw new VeltrixError('not-found', `There is no product ${request.code}.`);
  assertRevision(request, stored);
  return stored;
}

/** @throws VeltrixError `precondition-failed`, also where there is no product */
function assertRevision({ code, expectedRevision }: ProductRequest, stored: ProductState | undefined): void {
  if (expectedRevision === undefined || stored?.revision === expectedRevision) return;
  throw notAsExpected(`The product ${code}`, expectedRevision);
}

/**
 * Writes the fact of a change to a product into the outbox, in the transaction that makes the change.
 * @param version the number of the version that the change is about
 * @returns that version
 */
async function writeFact(
  tx: EntityManager,
  request: ProductRequest,
  type: ProductFact,
  product: ProductState,
  version: number,
): Promise<ProductVersion> {
  const changed = await readVersion(tx, request, product, version);
  await tx.query(outboxInsert('catalog', 1), [outboxParameter([productFact(request.title, type, changed)])]);
  return changed;
}
