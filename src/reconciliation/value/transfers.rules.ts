import type { Finding } from '../checks.types.js';
import type { BreakType } from '../break-types.rules.js';
import { gainOf, priceOf } from './deals.rules.js';
import type { DealState, Entry } from './deals.types.js';

/** A transfer with its entries. */
export interface TransferRow {
  id: string;
  title: string;
  created_at: Date;
  /** What it names as the deal that it is of; null where it is of none. */
  deal: string | null;
  seen: boolean;
  entries: Entry[];
}

type Said = Partial<Pick<Finding, 'subject' | 'account' | 'asset' | 'amount'>>;

/**
 * Holds a transfer to its entries and to its deal, which was read after it.
 * @param hasPayment whether the deal has a payment, so that the checks of money judge it
 */
export function judgeTransfer(row: TransferRow, deal: DealState | undefined, hasPayment: boolean): Finding[] {
  return [...unbalanced(row), ...withoutDeal(row, deal, hasPayment)];
}

function found({ id, title, created_at: since }: TransferRow, type: BreakType, detail: string, said: Said): Finding {
  return { type, title, subject: `trf_${id}`, ...said, detail, since, place: id };
}

function unbalanced(row: TransferRow): Finding[] {
  const { entries } = row;
  if (entries.length === 0) return [found(row, 31, 'The transfer has no entries.', {})];
  const strange = entries.filter(({ owner }) => owner === '?');
  if (strange.length > 0)
    return strange.map(({ amount }) => found(row, 31, 'An entry is on no account of its title.', { amount }));
  const sums = [...sumsBy(entries, ({ asset }) => asset)].filter(([, { sum }]) => sum !== 0n);
  if (sums.length > 0)
    return sums.map(([asset, { sum }]) =>
      found(row, 31, `Its entries in ${asset} come to ${sum}.`, { asset, amount: sum }),
    );
  const legs = [...sumsBy(entries, ({ leg, asset }) => `${leg} ${asset}`)];
  const whole = legs.every(([, { sum, many }]) => sum === 0n && many === 2);
  return whole ? [] : [found(row, 31, 'A leg of it has not two equal ends.', {})];
}

function sumsBy(
  entries: readonly Entry[],
  keyOf: (entry: Entry) => string,
): Map<string, { sum: bigint; many: number }> {
  const sums = new Map<string, { sum: bigint; many: number }>();
  for (const entry of entries) {
    const key = keyOf(entry);
    const { sum, many } = sums.get(key) ?? { sum: 0n, many: 0 };
    sums.set(key, { sum: sum + entry.amount, many: many + 1 });
  }
  return sums;
}

/** What an exchange has booked is of a deal that is done, or that its saga will close as done. */
function withoutDeal(row: TransferRow, deal: DealState | undefined, hasPayment: boolean): Finding[] {
  const { deal: id, title, entries } = row;
  if (id === null) return [];
  const gain = gainOf(entries);
  if (deal === undefined || deal.title !== title) {
    const isGrant = id.startsWith('pur_') && gain.account?.startsWith('player:') === true;
    return [found(row, isGrant ? 9 : 31, `It is booked for ${id}, and there is no such deal.`, gain)];
  }
  if (deal.isOpen || deal.isDone || hasPayment) return [];
  const detail = `It is booked for ${id}, which has ended without being done.`;
  // The check of deals finds the same.
  if (deal.paid !== null) return [found(row, 9, detail, { subject: id, ...priceOf(deal.paid) })];
  return [found(row, 31, detail, { subject: id, ...gain })];
}
