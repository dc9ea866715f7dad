import type { Finding, Reason } from '../checks.types.js';
import { captureKinds } from './fees.rules.js';
import { findingOf } from './money.rules.js';
import type { IntentBundle, MoneyBundle } from './money-bundle.types.js';
import { capturedOf, hasFailed } from './money-facts.rules.js';

/*
 * Whether a clearing account comes to what the provider has. Each item may be matched, and the sums may differ: the
 * movement on the balance need not be what its record says.
 */

/** What was summed of an account and a currency, in minor units. */
interface Sum {
  ledger: string;
  provider: string;
}
export type Sums = Readonly<Record<string, Sum>>;

/**
 * Adds purchases to the sums. One that does not match has findings of its own, and is left out on both sides: otherwise
 * nothing could be said of an account as long as anything goes on there.
 * @param unmatched those of which something was found
 */
export function withSums(sums: Sums, bundles: readonly MoneyBundle[], unmatched: ReadonlySet<string>): Sums {
  const next: Record<string, Sum> = { ...sums };
  for (const bundle of bundles.filter((one) => one.isWhole && !unmatched.has(one.payment.id) && !goesOn(one))) {
    const { title, provider } = bundle.payment;
    const add = (side: keyof Sum, currency: string, amount: bigint): void => {
      const name = JSON.stringify([title, provider, currency]);
      const sum = next[name] ?? { ledger: '0', provider: '0' };
      next[name] = { ...sum, [side]: String(BigInt(sum[side]) + amount) };
    };
    for (const { asset, amount } of bundle.postings) add('ledger', asset, amount);
    for (const [currency, amount] of bundle.intents.flatMap(movedOf)) add('provider', currency, amount);
  }
  return next;
}

/**
 * Whether a refund is under way at the provider, which the ledger may have booked before anything has moved, or whether
 * what is captured is not booked: that is a finding of the purchase, or its saga goes on.
 */
function goesOn({ payment, intents, postings }: MoneyBundle): boolean {
  const isRefunding = intents.some(({ refunds }) =>
    refunds.some(({ status }) => status !== 'succeeded' && !hasFailed(status)),
  );
  // Its refunds are booked as exchanges too.
  const isBooked = postings.some(
    ({ reason, reference }) => reason === 'late-capture' || (reason === 'exchange' && reference === payment.id),
  );
  return isRefunding || (!isBooked && intents.some((one) => capturedOf(one) > 0n));
}

/**
 * What an intent has moved on the balance, by currency. What has no movement yet counts as its record says, and so does
 * what was settled in another currency.
 */
function movedOf(one: IntentBundle): [currency: string, amount: bigint][] {
  const { intent, transactions, refunds, disputes } = one;
  const capture = transactions.find(({ type }) => captureKinds.includes(type));
  const isSame = capture?.currency === intent.currency;
  const moved: [string, bigint][] = [[intent.currency, isSame ? BigInt(capture?.amount ?? 0) : capturedOf(one)]];
  if (capture !== undefined) moved.push([capture.currency, -BigInt(capture.fee)]);
  for (const { status, amount, currency } of refunds)
    if (status === 'succeeded') moved.push([currency, -BigInt(amount)]);
  for (const { currency, amount: whole, transactions: all } of disputes)
    for (const { amount, fee, currency: settled } of all) {
      const other = amount.startsWith('-') ? -BigInt(whole) : BigInt(whole);
      moved.push([currency, settled === currency || amount === '0' ? BigInt(amount) : other]);
      moved.push([settled, -BigInt(fee)]);
    }
  return moved;
}

/** The accounts that are not what the provider has, though everything is matched. */
export function judgeSums(sums: Sums, now: Date): { findings: Finding[]; reasons: Reason[] } {
  const findings = Object.entries(sums).flatMap(([name, { ledger, provider: there }]) => {
    const amount = BigInt(ledger) - BigInt(there);
    if (amount === 0n) return [];
    const [title = '', provider = '', asset = ''] = JSON.parse(name) as string[];
    const account = `system:clearing:${provider}`;
    const detail = `${account} of ${title} has ${ledger} ${asset} of what is matched, and the provider ${there}.`;
    const about = { title, subject: account, account, place: `sum:${title}` };
    return [findingOf(about, { type: 26, asset, amount, detail, since: now, graceMs: 0 })];
  });
  const reasons = findings.map(({ title, detail }): Reason => ({ code: 'balance-differs', title, detail }));
  return { findings, reasons };
}
