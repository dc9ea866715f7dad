import type { Declined } from '../exchanges/deals.types.js';
import type { Config } from '../process/config.js';
import { isMoney, type NewPurchase } from './purchases.types.js';

/*
 * How fast money may be asked for. Whoever tries stolen cards makes many small purchases, so every one that is accepted
 * counts, whatever becomes of it. Times are those of UTC.
 */

/** How many purchases in money are accepted in a time, and for how much. */
export interface VelocityLimits {
  perPlayerAndHour: number;
  perTitleAndMinute: number;
  /** In minor units, of each currency by itself; missing where there is no such limit. */
  amountPerPlayerAndDay?: bigint;
}

/** The limits that an installation is configured with. */
export function velocityLimitsOf(config: Config): VelocityLimits {
  const { PURCHASE_AMOUNT_PER_DAY: perDay } = config;
  return {
    perPlayerAndHour: config.PURCHASE_ATTEMPTS_PER_HOUR,
    perTitleAndMinute: config.PURCHASE_ATTEMPTS_PER_MINUTE_OF_TITLE,
    ...(perDay !== undefined && { amountPerPlayerAndDay: BigInt(perDay) }),
  };
}

export type VelocityPeriod = 'minute' | 'hour' | 'day';

/** A count that a purchase is in. `player` and `currency` are empty where it is of all of them. */
export interface Counter {
  title: string;
  period: VelocityPeriod;
  player: string;
  currency: string;
}

/** A count as it is, and for how long it counts on. */
export interface Counted extends Counter {
  used: bigint;
  secondsLeft: number;
}

interface Share extends Counter {
  adds: bigint;
  limit: bigint;
  what: string;
}

export function counterKey({ title, period, player, currency }: Counter): string {
  return [title, period, player, currency].join('/');
}

/** What a purchase adds to which counts; nothing where it is paid in virtual currency. */
export function sharesOf({ title, player, pay }: NewPurchase, limits: VelocityLimits): Share[] {
  if (!isMoney(pay)) return [];
  const { currency } = pay;
  const shares: Share[] = [
    {
      ...{ title, period: 'hour', player, currency: '' },
      ...{ adds: 1n, limit: BigInt(limits.perPlayerAndHour), what: 'A player may make' },
    },
    {
      ...{ title, period: 'minute', player: '', currency: '' },
      ...{ adds: 1n, limit: BigInt(limits.perTitleAndMinute), what: 'The players of a title may make' },
    },
  ];
  if (limits.amountPerPlayerAndDay !== undefined)
    shares.push({
      ...{ title, period: 'day', player, currency },
      ...{ adds: BigInt(pay.amount), limit: limits.amountPerPlayerAndDay, what: 'A player may pay' },
    });
  return shares;
}

/**
 * Decides purchases one after the other. What one that can be accepted adds, the later ones find counted.
 * @param counted the counts of all of them, which are locked
 */
export function velocityJudge(
  counted: readonly Counted[],
  limits: VelocityLimits,
): (purchase: NewPurchase) => Declined | undefined {
  const counts = new Map(counted.map((one) => [counterKey(one), { ...one }]));
  return (purchase) => {
    const shares = sharesOf(purchase, limits).map((share) => ({ share, count: counts.get(counterKey(share)) }));
    for (const { share, count } of shares) {
      if (count === undefined) throw new Error(`The count ${counterKey(share)} was not read.`);
      if (count.used + share.adds > share.limit) return tooMany(share, count.secondsLeft);
    }
    for (const { share, count } of shares) if (count !== undefined) count.used += share.adds;
    return undefined;
  };
}

function tooMany({ what, limit, currency, period }: Share, secondsLeft: number): Declined {
  const much = currency === '' ? `${limit} purchases in real money` : `${limit} minor units of ${currency}`;
  return {
    code: 'too-many-purchases',
    detail: `${what} ${much} a ${period}, and no more before the next one.`,
    retryAfterSeconds: Math.max(secondsLeft, 1),
  };
}
