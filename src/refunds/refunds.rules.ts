import type { Debit, Exchange, Leg, Owner } from '../../contracts/nouns.js';
import type { SpentGoods } from '../payments/accounts.types.js';
import type { Declined } from '../exchanges/deals.types.js';
import { playerOwner } from '../forms.js';
import { stepOf } from '../money.rules.js';
import { isMoney, type Pay, type PurchasedContent, type Purchase } from '../purchases/purchases.types.js';
import type { RefundedPay, RefundOrder, RefundTerms, Takes, Totals } from './refunds.types.js';

/** The part of a purchase that a refund goes by. It never changes once the purchase is completed. */
export type Refundable = Pick<Purchase, 'id' | 'state' | 'player' | 'product' | 'pay' | 'content'>;

/** What a refund comes to, or why it is declined. */
export type RefundQuote = { declined: Declined } | { terms: RefundTerms };

/** What is said of a purchase that cannot be refunded in its state, or undefined where it can be. */
export function stateDeclined({ state, pay }: Refundable): Declined | undefined {
  if (isOpen(state)) return notRefundable('It is not completed yet.');
  if (state !== 'completed') return isMoney(pay) ? notPaid(`It is ${state}.`) : notRefundable(`It is ${state}.`);
  return BigInt(pay.amount) === 0n ? notRefundable('It was free.') : undefined;
}

/** What is said of a purchase whose payment is disputed. */
export const purchaseDisputed: Declined = {
  code: 'purchase-disputed',
  detail: "The buyer's bank disputes the payment, and decides what is given back.",
};

/** What is said of a purchase in real money of which nothing was captured. */
export function notPaid(why: string): Declined {
  return {
    code: 'purchase-not-paid',
    detail: `Nothing was captured of the purchase, so there is nothing to refund. ${why}`,
  };
}

/** What is said of a purchase that cannot be refunded. */
export function notRefundable(why: string): Declined {
  return { code: 'purchase-not-refundable', detail: `The purchase cannot be refunded. ${why}` };
}

/** Whether a purchase goes on. */
export function isOpen(state: Purchase['state']): boolean {
  return state === 'accepted' || state === 'stuck' || state === 'requires_action' || state === 'processing';
}

/** Holds an order to what is left of a completed purchase, and decides what the refund takes. */
export function quote(order: RefundOrder, purchase: Refundable, totals: Totals): RefundQuote {
  const { pay, content } = purchase;
  const paid = BigInt(pay.amount);
  const before = totals.promised + totals.refunded;
  const left = paid - before;
  const amount = order.amount ?? left;
  const declined = orderDeclined({ amount, left, found: order.found }, pay, totals);
  if (declined !== undefined) return { declined };
  const takes = takesOf(content, paid, before + amount, totals.taken);
  // An open refund may fail yet. Then what this one takes beyond its own share would be more than was given back.
  // What an open one takes back is not free before it is over.
  if (totals.reversing > 0n || (totals.promised > 0n && exceeds(takes, takesOf(content, paid, amount, []))))
    return { declined: underWay };
  return {
    terms: {
      purchase: purchase.id,
      player: purchase.player,
      product: purchase.product,
      amount: String(amount),
      pay: isMoney(pay)
        ? { currency: pay.currency, amount: pay.amount, provider: pay.provider }
        : { asset: pay.asset, amount: pay.amount },
      takes,
      policy: order.policy,
      restock: order.restock,
      grounds: order.grounds,
      found: order.found,
      reverses: null,
      decidedAt: totals.version,
    },
  };
}

function orderDeclined(
  { amount, left, found }: { amount: bigint; left: bigint; found: string | null },
  pay: Pay,
  { promised }: Totals,
): Declined | undefined {
  if (left === 0n)
    return {
      code: 'already-refunded',
      detail: promised > 0n ? 'All that is left of it is being refunded.' : 'All of it is refunded.',
    };
  if (amount <= left) return stepDeclined(amount, pay, found);
  const unit = isMoney(pay) ? { currency: pay.currency } : { asset: pay.asset };
  return {
    code: 'refund-too-large',
    detail: `Of the purchase ${left} ${isMoney(pay) ? pay.currency : pay.asset} are left to refund.`,
    errors: [{ pointer: '/amount', code: 'refund-too-large', detail: `There are ${left} left.` }],
    left: { ...unit, amount: String(left) },
  };
}

const underWay: Declined = {
  code: 'refund-under-way',
  detail:
    'Another refund of the purchase is under way, and what this one takes depends on it. Ask again when it is over.',
};

/** Whether a refund takes more of something than another. */
function exceeds(takes: Takes, other: Takes): boolean {
  const most = new Map(other.amounts.map(({ asset, amount }) => [asset, BigInt(amount)]));
  return (
    takes.items.length > other.items.length ||
    takes.amounts.some(({ asset, amount }) => BigInt(amount) > (most.get(asset) ?? 0n))
  );
}

/** An amount that the currency cannot have is refused, because the provider would refuse it later. */
function stepDeclined(amount: bigint, pay: Pay, found: string | null): Declined | undefined {
  if (!isMoney(pay) || found !== null) return undefined;
  const step = stepOf(pay.currency);
  if (amount % step === 0n) return undefined;
  const detail = `Amounts of ${pay.currency} are whole multiples of ${step}.`;
  return { code: 'amount-not-payable', detail, errors: [{ pointer: '/amount', code: 'amount-not-payable', detail }] };
}

/**
 * What a refund takes. Whoever gets back a share of the price gives back that share of the content, rounded down: of
 * each amount, and of all instances together, in the order of the content. What others that count have taken is taken
 * off. So the last one takes the rest.
 * @param after what is refunded in all once this refund is
 * @param taken what the others that count take
 */
function takesOf(content: PurchasedContent, paid: bigint, after: bigint, taken: readonly Takes[]): Takes {
  const share = (whole: bigint): bigint => (whole * after) / paid;
  const amounts = content.amounts.flatMap(({ asset, amount }) => {
    const before = taken
      .flatMap((one) => one.amounts)
      .reduce((sum, one) => (one.asset === asset ? sum + BigInt(one.amount) : sum), 0n);
    const now = share(BigInt(amount)) - before;
    return now > 0n ? [{ asset, amount: String(now) }] : [];
  });
  const instances = pricedInstances(content, paid);
  const claimed = new Set(taken.flatMap(({ items }) => items.map(({ instance }) => instance)));
  const many = Number(share(BigInt(instances.length))) - claimed.size;
  const free = instances.filter(({ instance }) => !claimed.has(instance));
  return { amounts, items: free.slice(0, Math.max(many, 0)) };
}

/**
 * The instances of a content with the price of each. Every amount is a part of the content, and so is every instance.
 * What was paid is shared among the parts equally, and the first parts have the remainder.
 */
export function pricedInstances({ amounts, items }: PurchasedContent, paid: bigint): Takes['items'] {
  const instances = items.flatMap((one) => one.instances);
  const parts = BigInt(amounts.length + instances.length);
  return instances.map((instance, index) => {
    const place = BigInt(amounts.length + index);
    return { instance, owed: String(paid / parts + (place < paid % parts ? 1n : 0n)) };
  });
}

/**
 * What a saga is to settle for a refund: what was paid goes back, and so does the content. Where an instance is there
 * no more, its price is booked in the place of its move. The money of a refund that was found at the provider has moved
 * already.
 */
export function exchangeOf(refund: RefundTerms & { id: string; title: string }): Exchange {
  const { id, title, purchase, player, amount, pay, takes, policy, found } = refund;
  if (refund.reverses !== null) return reversalOf(refund, refund.reverses.legs);
  const owner = playerOwner(player);
  const debtor = policy === 'absorb' ? writeOff : owner;
  const [asset, requested] = [unitOf(pay), found === null];
  return {
    id,
    title,
    kind: 'refund',
    legs: [
      ...(requested ? [payLeg(owner, pay, amount)] : []),
      ...takes.amounts.map((one) => ({ from: owner, to: mint, asset: one.asset, amount: one.amount })),
    ],
    moves: takes.items.map(({ instance, owed }) => ({
      instance,
      from: owner,
      to: store,
      instead: { from: debtor, to: store, asset, amount: owed },
    })),
    ...(isMoneyBack(pay) &&
      requested && { refund: { provider: pay.provider, purchase, currency: pay.currency, amount } }),
    debit: debitOf(policy),
  };
}

/**
 * What is to be settled for a refund that is taken back: what the ledger has booked of it the other way round, and its
 * instances go back to the player. One that the store does not have was not there to be taken, or is gone since. What
 * was owed for it is among the legs, so nothing is booked in its place.
 */
function reversalOf(
  { id, title, player, pay, takes }: RefundTerms & { id: string; title: string },
  legs: Leg[],
): Exchange {
  const owner = playerOwner(player);
  return {
    id,
    title,
    kind: 'refund',
    legs,
    moves: takes.items.map(({ instance }) => ({
      instance,
      from: store,
      to: owner,
      instead: { from: store, to: owner, asset: unitOf(pay), amount: '0' },
    })),
    debit: { policy: 'debt' },
  };
}

const mint = 'system:mint';
const store = 'system:store';
const writeOff = 'system:fees';

function payLeg(owner: Owner, pay: RefundedPay, amount: string): Leg {
  return isMoneyBack(pay)
    ? { from: `system:clearing:${pay.provider}`, to: mint, asset: pay.currency, amount }
    : { from: store, to: owner, asset: pay.asset, amount };
}

function debitOf(policy: SpentGoods): Debit {
  return policy === 'absorb' ? { policy: 'available', writeOff } : { policy };
}

function isMoneyBack(pay: RefundedPay): pay is Exclude<RefundedPay, { asset: string }> {
  return 'currency' in pay;
}

/** The asset or the currency that was paid. */
export function unitOf(pay: RefundedPay): string {
  return isMoneyBack(pay) ? pay.currency : pay.asset;
}
