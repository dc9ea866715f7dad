import type { EntityManager } from 'typeorm';
import type { CatalogReads } from '../catalog/catalog.reads.js';
import type { Admission, Declined } from '../exchanges/deals.types.js';
import { idPrefixes } from '../forms.js';
import { uuidOf } from '../ids.js';
import type { NewPurchase, PurchaseTerms } from './purchases.types.js';
import { decideSales, productKey } from './sales.rules.js';
import { addSold, lockSales, makeSales, readBought, readKept, readQuantities } from './sales.statements.js';

/** Stock, limits and the time of the sale, in the transactions that accept and close purchases. */
export class Sales implements Admission<PurchaseTerms> {
  constructor(private readonly catalog: Pick<CatalogReads, 'holdPublished'>) {}

  async admit(tx: EntityManager, purchases: readonly NewPurchase[]): Promise<(Declined | 'outdated' | undefined)[]> {
    const wanted = productsOf(purchases);
    await makeSales(tx, wanted);
    const { now, sold } = await lockSales(tx, wanted);
    const published = await this.catalog.holdPublished(
      tx,
      wanted.map(({ title, product }) => ({ title, code: product })),
    );
    const products = new Map(published.map((one) => [productKey({ title: one.title, product: one.code }), one]));
    const buyers = purchases.flatMap(({ title, product, player }) => {
      const limits = products.get(productKey({ title, product }))?.limits;
      if (limits === undefined || Object.values(limits).every((limit) => limit === null)) return [];
      return { title, product, player, limits };
    });
    return decideSales(purchases, {
      now,
      products,
      sold,
      kept: await readKept(tx, purchases),
      bought: await readBought(tx, buyers),
    });
  }

  accepted(tx: EntityManager, purchases: readonly NewPurchase[]): Promise<void> {
    return addSold(tx, purchases);
  }

  async lock(tx: EntityManager, ids: readonly string[]): Promise<void> {
    const products = productsOf(await readQuantities(tx, uuidsOf(ids)));
    if (products.length > 0) await lockSales(tx, products);
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
