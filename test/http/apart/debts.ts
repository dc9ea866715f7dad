import type { World } from './world.js';

interface MadeDebt {
  asset: string;
  transfer: string;
  amount: bigint;
  paid: bigint;
}

interface MadePayment {
  asset: string;
  debt: string;
  transfer: string;
  amount: bigint;
}

const belowZero = (balance: bigint): bigint => (balance < 0n ? -balance : 0n);

/** What a player owes and has paid, oldest first, counted anew from all transfers. */
export function debtsOf(world: World, player: string): { debts: MadeDebt[]; payments: MadePayment[] } {
  const [debts, payments]: [MadeDebt[], MadePayment[]] = [[], []];
  const balances = new Map<string, bigint>();
  for (const { id: transfer, legs } of world.transfers) {
    for (const asset of new Set(legs.map((leg) => leg.asset))) {
      const before = balances.get(asset) ?? 0n;
      let after = before;
      for (const leg of legs.filter((one) => one.asset === asset)) {
        if (leg.from === `player:${player}`) after -= BigInt(leg.amount);
        if (leg.to === `player:${player}`) after += BigInt(leg.amount);
      }
      balances.set(asset, after);
      let change = belowZero(after) - belowZero(before);
      if (change > 0n) debts.push({ asset, transfer, amount: change, paid: 0n });
      for (const debt of debts.filter((one) => one.asset === asset && one.paid < one.amount)) {
        const left = debt.amount - debt.paid;
        const amount = -change < left ? -change : left;
        if (amount <= 0n) break;
        debt.paid += amount;
        change += amount;
        payments.push({ asset, debt: debt.transfer, transfer, amount });
      }
    }
  }
  return { debts, payments };
}
