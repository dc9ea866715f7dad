import type { EntityManager } from 'typeorm';
import type { CatalogReads } from '../catalog/catalog.reads.js';
import type { Admission, Declined } from '../exchanges/deals.types.js';
import { idPrefixes } from '../forms.js';
import { idOf, uuidOf } from '../ids.js';
import type { NewPurchase, PurchaseTerms } from './purchases.types.js';
import { decideSales, orderKey, productKey, productOfKey } from './sales.rules.js';
import { sharesOf, velocityJudge, type VelocityLimits } from './velocity.rules.js';
import { addCounts, lockCounts } from './velocity.statements.js';
import {
  addSold,
  findHeldSales,
  findPurchasesOfHeldSales,
  lockSales,
  makeSales,
  readBought,
  readKept,
  readQuantities,
} from './sales.statements.js';

/**
 * Holds purchases to the stock, the limits, the velocity and the time of the sale, in the transactions that accept and
 * close them. Admission says what each method does.
 */
export class Sales implements Admission<PurchaseTerms> {
  constructor(
    private readonly catalog: Pick<CatalogReads, 'findHeld' | 'holdPublished'>,
    private readonly velocity: VelocityLimits,
  ) {}

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
    const kept = await readKept(tx, purchases);
    const bought = await readBought(tx, buyers);
    const judged = purchases.filter((purchase) => !kept.has(orderKey(purchase)));
    const counted = await lockCounts(tx, this.sharesOf(judged));
    const judge = velocityJudge(counted, this.velocity);
    return decideSales(purchases, { now, products, sold, kept, bought }, judge);
  }

  rowOf(purchase: NewPurchase): string {
    return productKey(purchase);
  }

  async findHeld(manager: EntityManager, rows: readonly string[], waits: boolean): Promise<string[]> {
    const wanted = rows.map(productOfKey);
    const products = wanted.map(({ title, product }) => ({ title, code: product }));
    const unpublished = await this.catalog.findHeld(manager, products, waits);
    return [
      ...(await findHeldSales(manager, wanted, waits)).map(productKey),
      ...unpublished.map(({ title, code }) => productKey({ title, product: code })),
    ];
  }

  async accepted(tx: EntityManager, purchases: readonly NewPurchase[]): Promise<void> {
    await addSold(tx, purchases);
    await addCounts(tx, this.sharesOf(purchases));
  }

  async lock(tx: EntityManager, ids: readonly string[]): Promise<void> {
    const products = productsOf(await readQuantities(tx, uuidsOf(ids)));
    if (products.length > 0) await lockSales(tx, products);
  }

  async findHeldAtClose(manager: EntityManager, ids: readonly string[], waits: boolean): Promise<string[]> {
    return (await findPurchasesOfHeldSales(manager, uuidsOf(ids), waits)).map((uuid) =>
      idOf(idPrefixes.purchase, uuid),
    );
  }

  async givenUp(tx: EntityManager, ids: readonly string[]): Promise<void> {
    const given = await readQuantities(tx, uuidsOf(ids));
    await addSold(
      tx,
      given.map((one) => ({ ...one, quantity: -one.quantity })),
    );
  }

  private sharesOf(purchases: readonly NewPurchase[]): ReturnType<typeof sharesOf> {
    return purchases.flatMap((purchase) => sharesOf(purchase, this.velocity));
  }
}

/** The UUIDs in the ids of purchases. Other ids are left out. */
function uuidsOf(ids: readonly string[]): string[] {
  return ids.flatMap((id) => uuidOf(idPrefixes.purchase, id) ?? []);
}

/** The products that orders or purchases name, each once. */
function productsOf(some: readonly { title: string; product: string }[]): { title: string; product: string }[] {
  return [...new Map(some.map(({ title, product }) => [productKey({ title, product }), { title, product }])).values()];
}
