import type { NewTransfer } from './ledger.types.js';

/** `faucet` is what leaves the mint and is new to its title; `sink` is what goes back there and is gone. */
export type Flow = 'faucet' | 'sink';

/** What transfers of one reason have moved from or to a mint. */
export interface MintTotal {
  /** The account of the mint; a bigint as text. */
  account: string;
  flow: Flow;
  reason: string;
  amount: bigint;
}

/** What these transfers add to the totals of mints, once for each account, flow and reason. */
export function mintTotalsOf(transfers: readonly NewTransfer[]): MintTotal[] {
  const totals = new Map<string, MintTotal>();
  for (const { element, entries } of transfers) {
    for (const { account, amount } of entries) {
      if (account.owner !== 'system:mint') continue;
      const [flow, moved]: [Flow, bigint] = amount < 0n ? ['faucet', -amount] : ['sink', amount];
      const key = `${account.id} ${flow} ${element.reason}`;
      const before = totals.get(key)?.amount ?? 0n;
      totals.set(key, { account: account.id, flow, reason: element.reason, amount: before + moved });
    }
  }
  return [...totals.values()];
}
