import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { idPrefixes } from '../forms.js';
import { uuidOf } from '../ids.js';
import { addSold, lockSales, markRestocked, readQuantities } from './sales.statements.js';

/** Gives back the stock and the limits of purchases that were refunded. */
@Injectable()
export class Restock {
  /** Has purchases count no more. One that counts no more already stays so. */
  async restock(tx: EntityManager, ids: readonly string[]): Promise<void> {
    const uuids = ids.flatMap((id) => uuidOf(idPrefixes.purchase, id) ?? []);
    const products = await readQuantities(tx, uuids);
    if (products.length === 0) return;
    await lockSales(tx, products);
    const given = await readQuantities(tx, await markRestocked(tx, uuids));
    await addSold(
      tx,
      given.map((one) => ({ ...one, quantity: -one.quantity })),
    );
  }
}
