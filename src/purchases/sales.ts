import type { EntityManager } from 'typeorm';
import type { CatalogReads } from '../catalog/catalog.reads.js';
import type { Admission, Declined } from '../exchanges/deals.types.js';
import { idPrefixes } from '../forms.js';
import { idOf, uuidOf } from '../ids.js';
import type { NewPurchase, PurchaseTerms } from './purchases.types.js';
import { decideSales, productKey, productOfKey } from './sales.rules.js';
import { sharesOf, velocityJudge, type Counter, type VelocityLimits } from './velocity.rules.js';
import { addSoldAndCounts, findHeldCounts, lockSalesAndCounts, type LockedCounts } from './velocity.statements.js';
import {
  addSold,
  findHeldSales,
  findPurchasesOfHeldSales,
  lockSales,
  makeSales,
  readBought,
  readKept,
  readQuantities,
  type Product,
} from './sales.statements.js';

/** How many products a process knows to have rows at most. */
const maxKnown = 10_000;

/**
 * Holds purchases to the stock, the limits, the velocity and the time of the sale, in the transactions that accept and
 * close them. Admission says what each method does.
 */
export class Sales implements Admission<PurchaseTerms> {
  /** Products whose rows were there before a transaction of this process, by `productKey`. */
  private readonly known = new Set<string>();

  constructor(
    private readonly catalog: Pick<CatalogReads, 'findHeld' | 'holdPublished'>,
    private readonly velocity: VelocityLimits,
  ) {}

  async admit(tx: EntityManager, purchases: readonly NewPurchase[]): Promise<(Declined | 'outdated' | undefined)[]> {
    const wanted = productsOf(purchases);
    const { now, sold, counted } = await this.lockAll(tx, wanted, this.sharesOf(purchases));
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
    const bought = await readBought(tx, buyers);
    const decided = (kept: ReadonlySet<string>): (Declined | 'outdated' | undefined)[] =>
      decideSales(purchases, { now, products, sold, kept, bought }, velocityJudge(counted, this.velocity));
    const verdicts = decided(new Set());
    // A replay takes nothing from the others. Where nobody comes short, it does not matter which of them are replays.
    return verdicts.every((verdict) => verdict === undefined) ? verdicts : decided(await readKept(tx, purchases));
  }

  /**
   * Locks the products, then the counts of their buyers. The rows of products that are new to this process are made
   * before any lock. A row that was there for one transaction is there for ever, unless the database is restored.
   */
  private async lockAll(
    tx: EntityManager,
    wanted: readonly Product[],
    counters: readonly Counter[],
  ): Promise<LockedCounts> {
    const areKnown = wanted.every((product) => this.known.has(productKey(product)));
    const made = new Set((areKnown ? [] : await makeSales(tx, wanted)).map(productKey));
    const locked = await lockSalesAndCounts(tx, wanted, counters);
    if (locked.sold.size === wanted.length) {
      if (this.known.size >= maxKnown) this.known.clear();
      for (const key of wanted.map(productKey)) if (!made.has(key)) this.known.add(key);
      return locked;
    }
    this.known.clear();
    await makeSales(tx, wanted);
    return lockSalesAndCounts(tx, wanted, counters);
  }

  rowsOf(purchase: NewPurchase): string[] {
    return [productKey(purchase), ...this.sharesOf([purchase]).map(nameOfCount)];
  }

  async findHeld(manager: EntityManager, rows: readonly string[], waits: boolean): Promise<string[]> {
    const counts = rows.filter(isNameOfCount);
    const heldCounts = counts.length === 0 ? [] : await findHeldCounts(manager, counts.map(countOfName), waits);
    const wanted = rows.filter((name) => !isNameOfCount(name)).map(productOfKey);
    if (wanted.length === 0) return heldCounts.map(nameOfCount);
    const products = wanted.map(({ title, product }) => ({ title, code: product }));
    const unpublished = await this.catalog.findHeld(manager, products, waits);
    return [
      ...heldCounts.map(nameOfCount),
      ...(await findHeldSales(manager, wanted, waits)).map(productKey),
      ...unpublished.map(({ title, code }) => productKey({ title, product: code })),
    ];
  }

  async accepted(tx: EntityManager, purchases: readonly NewPurchase[]): Promise<void> {
    await addSoldAndCounts(tx, purchases, this.sharesOf(purchases));
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

/** The name of the row of a count. It begins as the id of no title does, so it is the key of no product. */
function nameOfCount({ title, period, player, currency }: Counter): string {
  return JSON.stringify([title, period, player, currency]);
}

function isNameOfCount(name: string): boolean {
  return name.startsWith('[');
}

function countOfName(name: string): Counter {
  const [title, period, player, currency] = JSON.parse(name) as [string, Counter['period'], string, string];
  return { title, period, player, currency };
}

/** The UUIDs in the ids of purchases. Other ids are left out. */
function uuidsOf(ids: readonly string[]): string[] {
  return ids.flatMap((id) => uuidOf(idPrefixes.purchase, id) ?? []);
}

/** The products that orders or purchases name, each once. */
function productsOf(some: readonly Product[]): Product[] {
  return [...new Map(some.map(({ title, product }) => [productKey({ title, product }), { title, product }])).values()];
}
