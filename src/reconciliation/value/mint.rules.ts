import type { Finding } from '../checks.types.js';
import type { MintMoved, MintTotal } from './mint.types.js';

/** A day, a flow and a reason, with what they come to as a decimal string. A reason may have any character. */
export type DaySum = [day: string, flow: string, reason: string, amount: string];

/** Adds what some entries come to. */
export function withMoved(sums: readonly DaySum[], moved: readonly MintMoved[]): DaySum[] {
  const all = new Map(sums.map((sum) => [keyOf(sum), sum]));
  for (const { day, flow, reason, amount } of moved) {
    const key = keyOf([day, flow, reason]);
    all.set(key, [day, flow, reason, String(BigInt(all.get(key)?.[3] ?? 0) + BigInt(amount))]);
  }
  return [...all.values()];
}

const keyOf = ([day, flow, reason]: readonly [string, string, string, string?]): string =>
  JSON.stringify([day, flow, reason]);

/**
 * The first day to which entries may still come: the one before the last that was seen. Entries are in the order of
 * their bookings, and a booking of one day may be numbered after one of the next.
 */
export function firstOpenDay(moved: readonly MintMoved[], before: string): string {
  const last = moved.map(({ day }) => day).reduce((a, b) => (a > b ? a : b), '');
  if (last === '') return before;
  const day = new Date(`${last}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() - 1);
  const open = day.toISOString().slice(0, 10);
  return open > before ? open : before;
}

/**
 * Holds the kept totals of days to what the entries of these days come to. Reasons beyond the first of a day are kept
 * together, under the empty name.
 */
export function judgeDays(
  { title, asset }: { title: string; asset: string },
  totals: readonly MintTotal[],
  counted: readonly DaySum[],
  now: Date,
): Finding[] {
  const said = new Map(totals.map(({ day, flow, reason, amount }) => [keyOf([day, flow, reason]), BigInt(amount)]));
  const off = new Map(said);
  for (const sum of counted) {
    const [day, flow, , amount] = sum;
    const key = said.has(keyOf(sum)) ? keyOf(sum) : keyOf([day, flow, '']);
    off.set(key, (off.get(key) ?? 0n) - BigInt(amount));
  }
  return [...off].flatMap(([key, amount]): Finding[] => {
    if (amount === 0n) return [];
    const [day, flow, reason] = JSON.parse(key) as [string, string, string];
    return [
      {
        type: 35,
        title,
        subject: 'system:mint',
        account: 'system:mint',
        asset,
        amount,
        detail: `The kept ${flow} of ${day} by '${reason}' is ${amount} other than its entries.`,
        since: now,
        place: `mint ${title} ${asset}`,
      },
    ];
  });
}

/** Adds what has moved before the cut, by what moved it. What leaves the mint is above 0. */
export function withMovements(
  sums: Readonly<Record<string, string>>,
  moved: readonly MintMoved[],
): Record<string, string> {
  const all: Record<string, string> = { ...sums };
  for (const { by, flow, amount, isOld } of moved) {
    if (!isOld) continue;
    const sign = flow === 'faucet' ? 1n : -1n;
    all[by] = String(BigInt(all[by] ?? 0) + sign * BigInt(amount));
  }
  return all;
}
