import type { AccountRow, Books } from './books.js';
import { isDone, isRefund } from './deals.rules.js';
import type { Evidence, Say } from './evidence.rules.js';
import type { RefundRow } from './refund-books.js';

/* What players owe: only what a refund has taken from those who were short, and that to the minor unit. */

/** What two clocks, or two statements of a transaction, may differ by, in milliseconds. */
const slackMs = 50;

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
  const frozen = new Map<string, number>();
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
      if (refund?.policy !== 'freeze') continue;
      const row = evidence.freezes.get(name);
      if (row === undefined) say('lost', `${name} was frozen and is open`);
      const owner = `${account.title} ${account.owner}`;
      frozen.set(owner, Math.min(frozen.get(owner) ?? Infinity, row?.at ?? Infinity));
    }
    checkStays(account, evidence, say);
  }
  for (const name of kept.keys()) say('wrong', `a debt of ${name} is kept, and nobody was short`);
  checkFreezes(frozen, evidence, say);
}

/**
 * Whoever a refund has frozen has all accounts frozen that they had by then, once, and nobody else has.
 * @param frozen when each was frozen, by title and owner; Infinity where no account that came short is
 */
function checkFreezes(frozen: ReadonlyMap<string, number>, { accounts, freezes }: Evidence, say: Say): void {
  for (const [name, { title, owner, state, changes }] of freezes) {
    if (!frozen.has(`${title} ${owner}`)) say('wrong', `${name} is ${state}, and no refund has frozen it`);
    else if (state !== 'frozen') say('lost', `${name} was frozen and is ${state}`);
    else if (changes !== 1) say('doubled', `${name} was frozen ${changes} times`);
  }
  for (const { title, owner, asset, entries } of accounts.values()) {
    const at = frozen.get(`${title} ${owner}`);
    const name = `${title} ${owner} ${asset}`;
    // What was booked first in the same moment may have come just after it.
    const wasThere = at !== undefined && at < Infinity && (entries[0]?.at ?? Infinity) < at - slackMs;
    if (wasThere && !freezes.has(name)) say('lost', `${name} was frozen and is open`);
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
