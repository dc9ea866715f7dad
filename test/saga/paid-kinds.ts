import { expand, type Answers, type RunOutcome } from '../../contracts/answers.js';
import type { Exchange } from '../../contracts/nouns.js';
import { acceptPurchases } from './bought-kinds.js';
import type { Fate, PaymentPlan } from './payments-in-memory.js';
import type { SagaWorld } from './saga-world.js';

/*
 * Purchases in real money: 5.00 EUR for 5 gems and, in most of them, a crown. The row is that of a gift: the saga does
 * not go by what it says of the price.
 */

export interface Paid {
  /** How its payment goes. */
  payment?: Partial<PaymentPlan>;
  /** Whether a crown comes with it, or a diadem, which is sold out, or only gems. */
  of?: 'crown' | 'diadem' | 'gems';
}

/** The exchange of a purchase, with what is paid for it. */
export function paidFor(exchange: Exchange, buyer: string, method = 'pm_card_visa'): Exchange {
  return {
    ...exchange,
    legs: [
      { from: 'system:mint', to: 'system:clearing:stripe', asset: 'EUR', amount: '500' },
      { from: 'system:mint', to: `player:${buyer}`, asset: 'gem', amount: '5' },
    ],
    payment: { provider: 'stripe', currency: 'EUR', amount: '500', method },
  };
}

/** Accepts a purchase in real money, and starts none. */
export async function acceptPaid(world: SagaWorld, { payment = {}, of = 'crown' }: Paid = {}): Promise<Exchange> {
  const [gift] = await acceptPurchases(world, [of === 'diadem' ? 'diadem' : 'gift']);
  if (gift === undefined) throw new Error('Nothing was accepted.');
  const exchange = paidFor(of === 'gems' ? { ...gift, mints: [] } : gift, buyerOf(gift));
  world.payments.plan(exchange.id, payment);
  return exchange;
}

/** Accepts a purchase in real money for each of these fates of its payment. */
export function acceptEachPaid(world: SagaWorld, fates: readonly Fate[]): Promise<Exchange[]> {
  return Promise.all(fates.map((fate) => acceptPaid(world, { payment: { fate } })));
}

/** Who has bought it. */
export function buyerOf({ mints = [], legs }: Exchange): string {
  const owner = mints[0]?.to ?? legs.find(({ to }) => to.startsWith('player:'))?.to;
  if (owner === undefined) throw new Error('Nobody buys it.');
  return owner.slice('player:'.length);
}

/** What is there of a purchase: its row, its payment, and what its buyer has. */
export async function goodsOf(world: SagaWorld, exchange: Exchange): Promise<object> {
  const { rows } = await world.session.query<{ items: number }>(
    'select count(*)::int as items from inventory.instances where owner = $1',
    [`player:${buyerOf(exchange)}`],
  );
  const { state, captures } = world.payments.row(exchange.id);
  return {
    row: await world.row(exchange.id),
    payment: state,
    captures,
    gems: await world.balance(buyerOf(exchange), 'gem'),
    items: rows[0]?.items,
  };
}

/** What must be there of one that is settled. */
export const settled = {
  row: { state: 'completed', reason_code: null },
  payment: 'captured',
  captures: 1,
  gems: 5n,
  items: 1,
};

/** What the row says of what is turned back; for any other reason it is compensated. */
export const endOf: Record<string, string> = { 'payment-declined': 'declined', 'purchase-cancelled': 'cancelled' };

/** What must be there of one that is turned back, for this reason. */
export const turnedBack = (reason: string) => ({
  row: { state: endOf[reason] ?? 'compensated', reason_code: reason },
  payment: 'cancelled',
  captures: 0,
  gems: 0n,
  items: 0,
});

/** What the run of a lone purchase has said of it. */
export async function saidOf(world: SagaWorld, exchange: Exchange): Promise<unknown> {
  const handle = world.client.workflow.getHandle(`purchase/${exchange.id}`);
  const [said] = expand([exchange], (await handle.result()) as Answers<RunOutcome>);
  return said;
}
