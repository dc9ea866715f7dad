import { expect } from '@jest/globals';
import { ledgerActivities } from '../../activities/ledger.activities.js';
import type { OutsideMovement } from '../../contracts/activities.js';
import { LedgerService } from '../../src/ledger/ledger.service.js';
import type { PaymentsOutside } from '../../src/payments/outside.service.js';
import type { PaymentElement } from '../../src/payments/payments.types.js';
import { alone, openPayments, type PaymentsWorld } from './payments-world.js';

/** The payments of a title with the books of the ledger, as the workflow brings them together. */
export interface OutsideWorld extends PaymentsWorld {
  /** A payment of 4.99 EUR that is captured and booked. */
  captured(change?: Partial<PaymentElement>): Promise<PaymentElement & { intent: string }>;
  /** Has all that is due be due now. @param what which of it; by default all */
  dueNow(what?: readonly ('walks' | 'looks' | 'movements')[]): Promise<void>;
  /** Sees to all until nothing is due, and books what is found, as the workflow does. */
  seeAll(by?: PaymentsOutside): Promise<void>;
  /** Has everything be due, and sees to all. */
  settle(by?: PaymentsOutside): Promise<void>;
  /** Books movements, and says so. */
  book(movements: readonly Found[], by?: PaymentsOutside): Promise<void>;
  /** The movements of a payment, as `outside-refund 3 3`: kind, amount and what it counts for. */
  movements(id: string): Promise<string[]>;
  /** What has gone back of a payment. */
  returned(id: string): Promise<number>;
  /** The balance of each owner in EUR, of a title. */
  books(title?: string): Promise<Record<string, number>>;
  /** The facts of outside movements about a payment and its disputes, in order. */
  facts(id: string): Promise<string[]>;
}

type Found = Awaited<ReturnType<PaymentsOutside['see']>>['movements'][number];

export async function openOutside(): Promise<OutsideWorld> {
  const world = await openPayments();
  const { source } = world;
  const ledger = new LedgerService(source);
  const { ledgerMovements } = ledgerActivities(ledger).steps;
  const due = {
    walks: 'update payments.outside_walks set due_at = now()',
    looks: 'update payments.outside_looks set due_at = now()',
    movements: 'update payments.outside_movements set booking_due_at = now() where booking_due_at is not null',
  };
  const outside: OutsideWorld = {
    ...world,
    async captured(change = {}) {
      const element = world.element(change);
      await world.payments.authorize([element], alone);
      expect(await world.payments.capture([element], alone)).toEqual([{ answer: { outcome: 'captured' } }]);
      const { id, title, amount, currency } = element;
      const leg = { from: 'system:mint', to: 'system:clearing:stripe', asset: currency, amount };
      const paid = {
        title,
        key: `exchange/${id}`,
        kind: 'paid' as const,
        legs: [leg],
        reason: 'exchange',
        reference: id,
      };
      expect(await ledger.transfer([paid])).toMatchObject([{ outcome: 'posted' }]);
      const { intents } = await world.provider.effects({ reference: id });
      return { ...element, intent: intents[0]?.reference ?? 'none' };
    },
    async dueNow(what = ['walks', 'looks', 'movements']) {
      for (const one of what) await source.query(due[one]);
    },
    async seeAll(by = world.outside) {
      for (let round = 0; round < 20; round++) {
        const { looked, movements } = await by.see(20);
        await outside.book(movements, by);
        if (looked === 0) return;
      }
      throw new Error('There is always something due.');
    },
    async settle(by) {
      await outside.dueNow();
      await outside.seeAll(by);
    },
    async book(movements, by = world.outside) {
      const told = movements.map((one): OutsideMovement => ({ ...one, amount: String(one.amount) }));
      const keys = new Set(await ledgerMovements(told));
      await by.booked(movements.filter(({ key }) => keys.has(key)).map(({ movement }) => movement));
    },
    async movements(id) {
      const rows = await source.query<{ text: string }[]>(
        `select concat_ws(' ', kind, amount, counted) as text from payments.outside_movements where payment = $1
         order by id`,
        [id],
      );
      return rows.map(({ text }) => text);
    },
    async returned(id) {
      const [row] = await source.query<{ returned: string }[]>('select returned from payments.payments where id = $1', [
        id,
      ]);
      return Number(row?.returned);
    },
    async books(title = 'arena') {
      const rows = await source.query<{ owner: string; posted: string }[]>(
        `select owner, credits_posted - debits_posted as posted from ledger.accounts
         where title = $1 and asset = 'EUR'`,
        [title],
      );
      return Object.fromEntries(rows.map(({ owner, posted }) => [owner, Number(posted)]));
    },
    async facts(id) {
      const rows = await source.query<{ type: string }[]>(
        `select type from payments.facts where type not in ('payment.captured', 'payment.cancelled')
           and (subject = $1 or data->>'purchase' = $1) order by id, place`,
        [id],
      );
      return rows.map(({ type }) => type);
    },
  };
  return outside;
}
