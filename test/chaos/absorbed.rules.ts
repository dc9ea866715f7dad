import type { AccountRow, DealRow, Leg, TransferRow } from './books.js';
import { dealLegs, isRefund } from './deals.rules.js';

/**
 * What is to be booked for each deal, by its id. A refund that absorbs what is spent takes from the player what they
 * had, as their entries say, and the rest from the title's fees.
 */
export function bookedLegs(
  deals: readonly DealRow[],
  transfers: readonly TransferRow[],
  accounts: ReadonlyMap<string, AccountRow>,
): Map<string, Leg[]> {
  const byReference = new Map(transfers.map((row) => [row.reference, row]));
  const sequences = new Map(transfers.map(({ id, sequence }) => [id, sequence]));
  return new Map(
    deals.map((row) => {
      const transfer = byReference.get(row.id);
      const legs = dealLegs(row);
      if (!isRefund(row) || row.policy !== 'absorb' || row.reverses !== null || transfer === undefined)
        return [row.id, legs];
      return [
        row.id,
        split(legs, ({ from, asset }) => hadBefore(accounts.get(`${row.title} ${from} ${asset}`), transfer, sequences)),
      ];
    }),
  );
}

/** What an account had before a transfer, which has no entry on it where all of it is borne by others. */
function hadBefore(
  account: AccountRow | undefined,
  { sequence }: TransferRow,
  sequences: ReadonlyMap<string, number>,
): bigint {
  const last = account?.entries.findLast((entry) => (sequences.get(entry.transfer) ?? Infinity) < sequence);
  return last?.posted ?? 0n;
}

/** Each leg after the others: what it takes from a player is there, and the fees bear the rest. */
function split(legs: readonly Leg[], hadOf: (leg: Leg) => bigint): Leg[] {
  const moved = new Map<string, bigint>();
  const move = (name: string, change: bigint): unknown => moved.set(name, (moved.get(name) ?? 0n) + change);
  return legs.flatMap((leg) => {
    const { from, to, asset, amount } = leg;
    const there = hadOf(leg) + (moved.get(`${from} ${asset}`) ?? 0n);
    const wanted = BigInt(amount);
    const taken = !from.startsWith('player:') || there >= wanted ? wanted : there > 0n ? there : 0n;
    move(`${from} ${asset}`, -taken);
    move(`${to} ${asset}`, wanted);
    return [
      { ...leg, amount: String(taken) },
      { ...leg, from: 'system:fees', amount: String(wanted - taken) },
    ].filter((part) => part.amount !== '0');
  });
}
