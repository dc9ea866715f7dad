import type { EntityManager } from 'typeorm';
import type { Admission, Declined } from '../exchanges/deals.types.js';
import { idPrefixes } from '../forms.js';
import { idOf, uuidOf } from '../ids.js';
import {
  addPromised,
  addRefunded,
  findHeldTotals,
  findRefundsOfHeldTotals,
  lockTotals,
  makeTotals,
  readPurchases,
  takeBackPromised,
} from './totals.statements.js';
import type { NewRefund, RefundTerms } from './refunds.types.js';

/** What gives a product back to its stock, and its buyer what they may buy. */
export interface Restocking {
  restock(tx: EntityManager, purchases: readonly string[]): Promise<void>;
}

/**
 * Holds refunds to what was paid and is left of their purchases, in the transactions that accept and close them.
 * Admission says what each method does.
 */
export class RefundTotals implements Admission<RefundTerms> {
  constructor(private readonly restocking: Restocking) {}

  /** The terms of a refund were decided by one version of the totals. By another one they are decided anew. */
  async admit(tx: EntityManager, refunds: readonly NewRefund[]): Promise<(Declined | 'outdated' | undefined)[]> {
    const of = (refund: NewRefund): string => uuidOf(idPrefixes.purchase, refund.purchase) ?? '';
    await makeTotals(
      tx,
      refunds.map((one) => ({ purchase: of(one), title: one.title, paid: one.pay.amount })),
    );
    const versions = await lockTotals(tx, refunds.map(of));
    return refunds.map((one) => {
      const version = versions.get(of(one));
      if (version !== one.decidedAt) return 'outdated';
      versions.set(of(one), version + 1);
      return undefined;
    });
  }

  rowsOf({ purchase }: NewRefund): string[] {
    return [purchase];
  }

  async findHeld(manager: EntityManager, rows: readonly string[], waits: boolean): Promise<string[]> {
    const purchases = rows.flatMap((purchase) => uuidOf(idPrefixes.purchase, purchase) ?? []);
    return (await findHeldTotals(manager, purchases, waits)).map((uuid) => idOf(idPrefixes.purchase, uuid));
  }

  async accepted(tx: EntityManager, refunds: readonly NewRefund[]): Promise<void> {
    await addPromised(tx, uuidsOf(refunds.map(({ id }) => id)));
  }

  async lock(tx: EntityManager, ids: readonly string[]): Promise<void> {
    await lockTotals(tx, await readPurchases(tx, uuidsOf(ids)));
  }

  async findHeldAtClose(manager: EntityManager, ids: readonly string[], waits: boolean): Promise<string[]> {
    return (await findRefundsOfHeldTotals(manager, uuidsOf(ids), waits)).map((uuid) => idOf(idPrefixes.refund, uuid));
  }

  async givenUp(tx: EntityManager, ids: readonly string[]): Promise<void> {
    await takeBackPromised(tx, uuidsOf(ids));
  }

  async settled(tx: EntityManager, ids: readonly string[]): Promise<void> {
    const whole = await addRefunded(tx, uuidsOf(ids));
    if (whole.length > 0)
      await this.restocking.restock(
        tx,
        whole.map((uuid) => idOf(idPrefixes.purchase, uuid)),
      );
  }
}

/** The UUIDs in the ids of refunds. Other ids are left out. */
function uuidsOf(ids: readonly string[]): string[] {
  return ids.flatMap((id) => uuidOf(idPrefixes.refund, id) ?? []);
}
