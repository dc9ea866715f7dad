import { randomUUID } from 'node:crypto';
import type { RefundElement, RefundStepResult } from '../../src/payments/refunds.types.js';
import type { RefundsService } from '../../src/payments/refunds.service.js';
import { untilAnswered } from './adapters.js';
import { alone, openPayments, type PaymentsWorld } from './payments-world.js';

export const cause = { code: 'compensated-by-operator', detail: 'ops: a mistake' };

/** Refunds of captured payments of 4.99 EUR, over the world of payments. */
export interface RefundWorld extends PaymentsWorld {
  /** Has a payment captured. @returns the refund of an amount of it, by default of all */
  captured(amount?: bigint): Promise<RefundElement>;
  /** Another refund of the same payment. */
  more(of: RefundElement, amount?: bigint): RefundElement;
  /** Has the money given back, as a run does that tries again until it is answered. */
  giveBack(refund: RefundElement, tries?: number, by?: RefundsService): Promise<RefundStepResult | undefined>;
  turnBack(refund: RefundElement, tries?: number, by?: RefundsService): Promise<RefundStepResult | undefined>;
  /** Lets a fault strike the next calls that make a refund of this payment. */
  strike(refund: RefundElement, fault: string, more?: object): Promise<void>;
  /** What the provider's books say of the money: `499 captured, 300 refunded`. */
  money(refund: RefundElement): Promise<string>;
  /** The row, as `succeeded 499`: its state, and what was returned of its payment. */
  row(refund: RefundElement): Promise<string>;
  /** The calls of a refund, as `1 succeeded`. */
  callsOf(refund: RefundElement): Promise<string[]>;
  /** Makes the calls of a refund so many hours older, of which nothing was told for so many minutes. */
  age(id: string, hours: number, quiet?: number): Promise<void>;
  /** The provider's id of it. */
  referenceOf(refund: RefundElement): Promise<string>;
  /** The provider's id of the intent. */
  intentOf(refund: RefundElement): Promise<string>;
}

export async function openRefunds(): Promise<RefundWorld> {
  const world = await openPayments();
  const refundOf = (purchase: string, amount: bigint): RefundElement => ({
    id: `rfd_${randomUUID()}`,
    title: 'arena',
    provider: 'stripe',
    purchase,
    currency: 'EUR',
    amount,
  });
  const intentOf = async (refund: RefundElement) => {
    const { intents } = await world.provider.effects({ reference: refund.purchase });
    return intents[0];
  };
  const text = async (sql: string, id: string): Promise<string[]> => {
    const rows = await world.source.query<{ text: string }[]>(sql, [id]);
    return rows.map((one) => one.text);
  };
  return {
    ...world,
    async captured(amount = 499n) {
      const element = world.element();
      await untilAnswered(() => world.payments.authorize([element], alone));
      await untilAnswered(() => world.payments.capture([element], alone));
      return refundOf(element.id, amount);
    },
    async age(id, hours, quiet = 60) {
      await world.source.query(
        `update payments.operations set first_sent_at = first_sent_at - make_interval(hours => $2),
           changed_at = clock_timestamp() - make_interval(mins => $3) where refund = $1`,
        [id, hours, quiet],
      );
    },
    more: ({ purchase }, amount = 499n) => refundOf(purchase, amount),
    giveBack: (refund, tries, by = world.refunds) => untilAnswered(() => by.refund([refund], alone), tries),
    turnBack: (refund, tries, by = world.refunds) =>
      untilAnswered(() => by.cancel([{ ...refund, cause }], alone), tries),
    strike: (refund, fault, more = { times: 1 }) =>
      world.provider.fault({ on: { method: 'POST', path: '/v1/refunds', reference: refund.purchase }, fault, ...more }),
    async money(refund) {
      const intent = await intentOf(refund);
      return `${intent?.captured} captured, ${intent?.refunded} refunded`;
    },
    async row(refund) {
      const rows = await text(
        `select r.state || ' ' || p.returned as text from payments.refunds r
         join payments.payments p on p.id = r.payment where r.id = $1`,
        refund.id,
      );
      return rows[0] ?? 'none';
    },
    callsOf: ({ id }) =>
      text(`select seq || ' ' || state as text from payments.operations where refund = $1 order by seq`, id),
    async referenceOf({ id }) {
      const [reference] = await text('select reference as text from payments.refunds where id = $1', id);
      return reference ?? 'none';
    },
    async intentOf(refund) {
      return (await intentOf(refund))?.reference ?? 'none';
    },
  };
}
