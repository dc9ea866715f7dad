import type { DealRow, Leg, PurchaseRow, TradeRow } from './books.js';
import type { Price } from './products.js';

/* What the deals of both kinds are to do, as their rows say. */

const givenUp = ['refused', 'compensated', 'declined', 'cancelled', 'expired'];
export const closedStates = ['settled', 'completed', ...givenUp];

/** Whether a deal has done all that it says. */
export function isDone({ state }: Pick<DealRow, 'state'>): boolean {
  return state === 'settled' || state === 'completed';
}

/** Whether a deal has done nothing, and never will. */
export function isGivenUp({ state }: Pick<DealRow, 'state'>): boolean {
  return givenUp.includes(state);
}

export function isPurchase(row: DealRow): row is PurchaseRow {
  return 'product' in row;
}

export function kindOf(row: DealRow): 'trade' | 'purchase' {
  return isPurchase(row) ? 'purchase' : 'trade';
}

export function playersOf(row: DealRow): string[] {
  return isPurchase(row) ? [row.player] : row.parties.map(({ player }) => player);
}

/** What a deal is to book, in the order in which it is booked. */
export function dealLegs(row: DealRow): Leg[] {
  if (!isPurchase(row)) return tradeLegs(row);
  const { pay, content } = row;
  const buyer = `player:${row.player}`;
  return [...priceLegs(buyer, pay), ...content.amounts.map((one) => ({ from: 'system:mint', to: buyer, ...one }))];
}

/** Real money comes into the books at the provider's clearing account. */
function priceLegs(buyer: string, pay: Price): Leg[] {
  const { amount } = pay;
  if ('currency' in pay)
    return [{ from: 'system:mint', to: `system:clearing:${pay.provider}`, asset: pay.currency, amount }];
  return amount === '0' ? [] : [{ from: buyer, to: 'system:store', asset: pay.asset, amount }];
}

/** A purchase with the real money that is to be paid for it, or undefined where it is paid otherwise. */
export function moneyOf(row: DealRow): Extract<Price, { currency: string }> | undefined {
  return isPurchase(row) && 'currency' in row.pay ? row.pay : undefined;
}

/** The kind of the transfer that books a deal. */
export function transferKindOf(row: DealRow): 'exchange' | 'paid' {
  return moneyOf(row) === undefined ? 'exchange' : 'paid';
}

function tradeLegs({ parties }: TradeRow): Leg[] {
  return parties.flatMap(({ player, gives }, side) =>
    gives.amounts.map(({ asset, amount }) => ({
      from: `player:${player}`,
      to: `player:${parties[1 - side]?.player}`,
      asset,
      amount,
    })),
  );
}

export function dealMoves(row: DealRow): { instance: string; from: string; to: string }[] {
  if (isPurchase(row)) return [];
  return row.parties.flatMap(({ player, gives }, side) =>
    gives.items.map((instance) => ({
      instance,
      from: `player:${player}`,
      to: `player:${row.parties[1 - side]?.player}`,
    })),
  );
}

export function dealMints(row: DealRow): { instance: string; item: string; to: string }[] {
  if (!isPurchase(row)) return [];
  return row.content.items.flatMap(({ item, instances }) =>
    instances.map((instance) => ({ instance, item, to: `player:${row.player}` })),
  );
}

/** What was bought, by whom and for how much. A request leaves out a quantity of one. */
export function orderText(order: { player?: unknown; product?: unknown; quantity?: unknown; pay?: unknown }): string {
  const pay = order.pay as Price;
  const unit = 'asset' in pay ? pay.asset : `${pay.currency} by ${pay.provider} ${String(pay.method)}`;
  const what = `${String(order.quantity ?? 1)} ${String(order.product)}`;
  return `${String(order.player)} ${what} for ${pay.amount} ${unit}`;
}

/** What a buyer gets, with the instances. */
export function contentText(content: unknown): string {
  const { amounts, items } = content as PurchaseRow['content'];
  return [
    ...amounts.map(({ asset, amount }) => `${amount} ${asset}`),
    ...items.map(({ item, instances }) => `${item} ${String(instances)}`),
  ].join(', ');
}
