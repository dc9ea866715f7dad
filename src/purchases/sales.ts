import type { EntityManager } from 'typeorm';
import type { CatalogReads } from '../catalog/catalog.reads.js';
import type { Admission, Declined } from '../exchanges/deals.types.js';
import { idPrefixes } from '../forms.js';
import { uuidOf } from '../ids.js';
import type { NewPurchase, PurchaseTerms } from './purchases.types.js';
import { decideSales, productKey } from './sales.rules.js';
import { addSold, lockSales, readBought, readKept, readNow, readQuantities } from './sales.statements.js';

/** Stock, limits and the time of the sale, in the transactions that accept and close purchases. */
export class Sales implements Admission<PurchaseTerms> {
  constructor(private readonly catalog: Pick<CatalogReads, 'published'>) {}

  async admit(tx: EntityManager, purchases: readonly NewPurchase[]): Promise<(Declined | 'outdated' | undefined)[]> {
    const wanted = productsOf(purchases);
    const sold = await lockSales(tx, wanted);
    const published = await this.catalog.published(
      tx,
      wanted.map(({ title, product }) => ({ title, code: product })),
    );
    const products = new Map(published.map((one) => [productKey({ title: one.title, product: one.code }), one]));
    const limited = purchases.filter((purchase) =>
      Object.values(products.get(productKey(purchase))?.limits ?? {}).some((limit) => limit !== null),
    );
    return decideSales(purchases, {
      now: await readNow(tx),
      products,
      sold,
      kept: await readKept(tx, purchases),
      bought: await readBought(tx, limited),
    });
  }

  accepted(tx: EntityManager, purchases: readonly NewPurchase[]): Promise<void> {
    return addSold(tx, purchases);
  }

  async lock(tx: EntityManager, ids: readonly string[]): Promise<void> {
    await lockSales(tx, productsOf(await readQuantities(tx, uuidsOf(ids))));
  }

  async givenUp(tx: EntityManager, ids: readonly string[]): Promise<void> {
    const given = await readQuantities(tx, uuidsOf(ids));
    await addSold(
      tx,
      given.map((one) => ({ ...one, quantity: -one.quantity })),
    );
  }
}

function uuidsOf(ids: readonly string[]): string[] {
  return ids.flatMap((id) => uuidOf(idPrefixes.purchase, id) ?? []);
}

/** The products of these, each once. */
function productsOf(some: readonly { title: string; product: string }[]): { title: string; product: string }[] {
  return [...new Map(some.map(({ title, product }) => [productKey({ title, product }), { title, product }])).values()];
}
