import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { endGoods, takeGoodsDue } from './outside-goods.statements.js';
import { endBookings, takeBookingsDue } from './outside-movements.statements.js';
import { OutsideLooks } from './outside-looks.js';
import { OutsideWalks } from './outside-walks.js';
import type { MovedForGoods, OutsideBooking } from './outside.types.js';

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

  /**
   * Takes movements of principal with which goods have to follow: what a refund from the dashboard or a dispute has
   * taken, and what has come back. Of each payment it is the one that was found first. What is taken is due again in a
   * minute, unless `goodsFollowed` is told until then.
   */
  goodsDue(limit: number): Promise<MovedForGoods[]> {
    return takeGoodsDue(this.dataSource.manager, limit);
  }

  /** Says that goods have followed movements, or have not to. @param ids those of their rows */
  async goodsFollowed(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await endGoods(this.dataSource.manager, ids);
  }
}
