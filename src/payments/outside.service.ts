import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { endBookings, takeBookingsDue } from './outside-movements.statements.js';
import { OutsideLooks } from './outside-looks.js';
import { OutsideReads, type MovedForGoods, type OutsideMoney } from './outside.reads.js';
import { OutsideWalks } from './outside-walks.js';
import type { DisputeState, OutsideBooking } from './outside.types.js';

/**
 * Money that moves at a provider without our asking: refunds made in its dashboard, and disputes. It is found by events
 * and by walks, kept once each, and booked. No saga waits for it.
 */
@Injectable()
export class PaymentsOutside {
  constructor(
    @Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource,
    private readonly walks: OutsideWalks,
    private readonly looks: OutsideLooks,
    private readonly reads: OutsideReads,
  ) {}

  /**
   * Walks the accounts that are due, and looks at what is due.
   * @returns `looked`, how much was due, and what is to be booked
   */
  async see(limit: number): Promise<{ looked: number; movements: OutsideBooking[] }> {
    const walked = await this.walks.walk(limit);
    const looked = await this.looks.look(limit);
    const movements = await takeBookingsDue(this.dataSource.manager, limit);
    return { looked: walked + looked + movements.length, movements };
  }

  /** Says that movements are booked. @param ids those of their rows */
  async booked(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await endBookings(this.dataSource.manager, ids);
  }

  /** What the money of purchases came to, by their ids. One that has no payment is not among them. */
  moneyOf(title: string, payments: readonly string[]): Promise<Map<string, OutsideMoney>> {
    return this.reads.moneyOf(title, payments);
  }

  /** The disputes of purchases, by the ids of those that have any. */
  disputesOf(
    title: string,
    payments: readonly string[],
  ): Promise<Map<string, { reference: string; state: DisputeState }[]>> {
    return this.reads.disputesOf(title, payments);
  }

  /**
   * Movements of principal for which no goods were asked yet, in the order in which they were found: what a refund from
   * the dashboard or a dispute has taken, and what has come back.
   */
  newForGoods(limit: number): Promise<MovedForGoods[]> {
    return this.reads.newForGoods(limit);
  }

  /** Says that the goods of movements were asked for. @param ids those of their rows */
  async goodsAsked(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.dataSource.query(
      'update payments.outside_movements set goods_asked = true where id = any($1::bigint[]) and not goods_asked',
      [ids],
    );
  }
}
