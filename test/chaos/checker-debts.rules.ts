import type { AccountRow, Books } from './books.js';
import { isDone, isRefund } from './deals.rules.js';
import type { Evidence, Say } from './evidence.rules.js';
import type { RefundRow } from './refund-books.js';

/* What players owe: only what a refund has taken from those who were short, and that to the minor unit. */

/** By how much a transfer left a player owing more than before. */
interface Shortfall {
  transfer: string;
  amount: bigint;
}

/** Holds every debt and every frozen account to the refunds that made them, and to nothing else. */
export function checkDebts({ debts }: Books, evidence: Evidence, say: Say): void {
  const kept = new Map<string, bigint[]>();
  for (const { title, owner, asset, transfer, amount } of debts) {
    const name = `${title} ${owner} ${asset} by ${transfer}`;
    kept.set(name, [...(kept.get(name) ?? []), BigInt(amount)]);
  }
  const frozen = new Set<string>();
  for (const account of evidence.accounts.values()) {
    if (!account.owner.startsWith('player:')) continue;
    const name = `${account.title} ${account.owner} ${account.asset}`;
    for (const { transfer, amount } of shortfalls(account)) {
      const refund = refundOf(transfer, evidence);
      const debt = kept.get(`${name} by ${transfer}`) ?? [];
      kept.delete(`${name} by ${transfer}`);
      if (refund === undefined || refund.policy === 'absorb')
        say('wrong', `${name} owes ${amount} by ${transfer}, which may make nobody owe anything`);
      if (String(debt) !== String(amount))
        say(
          debt.length > 1 ? 'doubled' : 'wrong',
          `${name} owes ${amount} by ${transfer}, and ${String(debt)} is kept`,
        );
      if (refund?.policy === 'freeze') frozen.add(name);
    }
    checkStays(account, evidence, say);
  }
  for (const name of kept.keys()) say('wrong', `a debt of ${name} is kept, and nobody was short`);
  for (const name of new Set([...frozen, ...evidence.freezes.keys()])) {
    const row = evidence.freezes.get(name);
    if (!frozen.has(name)) say('wrong', `${name} is ${row?.state}, and no refund has frozen it`);
    else if (row?.state !== 'frozen') say('lost', `${name} was frozen and is ${row?.state ?? 'open'}`);
    else if (row.changes !== 1) say('doubled', `${name} was frozen ${row.changes} times`);
  }
}

/** From the transfer on that has frozen an account, only refunds take anything from it. */
function checkStays(account: AccountRow, evidence: Evidence, say: Say): void {
  const name = `${account.title} ${account.owner} ${account.asset}`;
  let isFrozen = false;
  for (const { transfer, amount, posted } of account.entries) {
    const refund = refundOf(transfer, evidence);
    if (isFrozen && amount < 0n && refund === undefined)
      say('wrong', `${name} is frozen, and ${transfer} has taken from it`);
    isFrozen ||= refund?.policy === 'freeze' && posted < 0n && evidence.freezes.has(name) && amount < 0n;
  }
}

/** The succeeded refund that a transfer has booked. */
function refundOf(transfer: string, { transfers, deals }: Evidence): RefundRow | undefined {
  const row = deals.get(String(transfers.get(transfer)?.reference));
  return row !== undefined && isRefund(row) && isDone(row) ? row : undefined;
}

/** The transfers that left an account owing more than before, all the legs of each together. */
function shortfalls({ entries }: AccountRow): Shortfall[] {
  const owes = (posted: bigint): bigint => (posted < 0n ? -posted : 0n);
  const found: Shortfall[] = [];
  let before = 0n;
  for (const [place, { transfer, posted }] of entries.entries()) {
    if (entries[place + 1]?.transfer === transfer) continue;
    if (owes(posted) > owes(before)) found.push({ transfer, amount: owes(posted) - owes(before) });
    before = posted;
  }
  return found;
}
