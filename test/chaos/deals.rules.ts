import type { DealRow, Leg, PurchaseRow, TradeRow } from './books.js';
import type { Price } from './products.js';
import type { RefundRow } from './refund-books.js';

/*
 * What the deals of all kinds are to do, as their rows say. Of a refund that was found at the provider it is the goods
 * alone: its money is booked as it has moved.
 */

const givenUp = ['refused', 'compensated', 'declined', 'cancelled', 'expired', 'failed', 'canceled'];
const done = ['settled', 'completed', 'succeeded'];
/** The states in which a completed purchase is shown of which money has gone back, or may. */
export const refundedStates = ['refunding', 'partially_refunded', 'refunded', 'disputed', 'charged_back'];
export const closedStates = [...done, ...refundedStates, ...givenUp];

/** The state of its row that a deal has when it is shown in this one, where it is closed. */
export function rowState(shown: string): string {
  return refundedStates.includes(shown) ? 'completed' : shown;
}

/** Whether a deal has done all that it says. */
export function isDone({ state }: Pick<DealRow, 'state'>): boolean {
  return done.includes(state);
}

/** Whether a deal has done nothing, and never will. */
export function isGivenUp({ state }: Pick<DealRow, 'state'>): boolean {
  return givenUp.includes(state);
}

export function isPurchase(row: DealRow): row is PurchaseRow {
  return 'content' in row;
}

export function isRefund(row: DealRow): row is RefundRow {
  return 'takes' in row;
}

function isTrade(row: DealRow): row is TradeRow {
  return 'parties' in row;
}

export function kindOf(row: DealRow): 'trade' | 'purchase' | 'refund' {
  if (isTrade(row)) return 'trade';
  return isPurchase(row) ? 'purchase' : 'refund';
}

export function playersOf(row: DealRow): string[] {
  return isTrade(row) ? row.parties.map(({ player }) => player) : [row.player];
}

/**
 * Whom a saga names: those whom the deal gives something, or takes something from. Some money goes back for nothing.
 */
export function sagaPlayersOf(row: DealRow): string[] {
  const isForNothing = isOfMoney(row) && row.takes.amounts.length + row.takes.items.length === 0;
  return isForNothing ? [] : playersOf(row);
}

/**
 * What a deal is to book, in the order in which it is booked. Of a refund that absorbs what is spent, a part of a leg
 * may be booked to those who bear the loss.
 */
export function dealLegs(row: DealRow): Leg[] {
  if (isTrade(row)) return tradeLegs(row);
  if (isRefund(row)) return refundLegs(row);
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
  if (moneyOf(row) !== undefined || isOfMoney(row)) return 'paid';
  // What moves items alone, and finds some of them missing, books what is owed once the others are moved.
  return isRefund(row) && row.found !== null && contentLegs(row).length === 0 ? 'paid' : 'exchange';
}

/** What a refund books beside the money, and beside what is owed for items. */
function contentLegs({ player, takes, reverses, legs }: RefundRow): Leg[] {
  return reverses === null
    ? takes.amounts.map((one) => ({ from: `player:${player}`, to: 'system:mint', ...one }))
    : legs;
}

/** Whether a deal is a refund of real money, which the provider was asked to give back. */
export function isOfMoney(row: DealRow): row is RefundRow {
  return isRefund(row) && 'currency' in row.pay && row.found === null;
}

/** What was paid goes back, and so does the content; the prices of what is missing in the place of its moves. */
function refundLegs(row: RefundRow): Leg[] {
  const { player, pay, amount, takes, policy, missing, found, reverses } = row;
  const buyer = `player:${player}`;
  const inMoney = 'currency' in pay;
  const asset = inMoney ? pay.currency : pay.asset;
  const back = inMoney
    ? { from: `system:clearing:${pay.provider}`, to: 'system:mint', asset, amount }
    : { from: 'system:store', to: buyer, asset, amount };
  const owed = takes.items
    .filter(({ instance }) => missing.includes(instance))
    .reduce((sum, one) => sum + BigInt(one.owed), 0n);
  const from = policy === 'absorb' ? 'system:fees' : buyer;
  return [
    ...(found === null ? [back] : []),
    ...contentLegs(row),
    // What takes back another one has among its legs what that one has booked.
    ...(owed > 0n && reverses === null ? [{ from, to: 'system:store', asset, amount: String(owed) }] : []),
  ];
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
  if (isRefund(row)) {
    const here = row.takes.items.filter(({ instance }) => !row.missing.includes(instance));
    const [player, store] = [`player:${row.player}`, 'system:store'];
    const [from, to] = row.reverses === null ? [player, store] : [store, player];
    return here.map(({ instance }) => ({ instance, from, to }));
  }
  if (!isTrade(row)) return [];
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
