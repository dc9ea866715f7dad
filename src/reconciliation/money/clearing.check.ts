import { grace } from '../grace.rules.js';
import type { BridgeLine, Check, Finding, Look, Part } from '../checks.types.js';
import { findingOf } from './money.rules.js';
import {
  nextClearing,
  readNamedDeals,
  readPostings,
  readTitles,
  type ClearingAccount,
  type PostingRow,
} from './clearing.reads.js';

/** How many postings are a part. */
const limit = 2_000;

/**
 * Looks for postings on clearing accounts that are of no payment. The ledger is read first. What is of a payment is
 * held to the provider with the payment.
 */
export const clearingCheck: Check = {
  name: 'clearing',
  kinds: ['incremental', 'full', 'history'],

  async look(look, after): Promise<Part> {
    const { ledger } = look.read;
    const titles = await readTitles(look.read, look.run.title);
    const first = after === null ? await nextClearing(ledger, titles, null) : undefined;
    const place = after === null ? first && placeAt(first) : (JSON.parse(after) as Place);
    if (place === undefined) return { findings: [], looked: {}, next: null };
    const { account } = place;
    const read = await readPostings(ledger, account.id, place.before, limit);
    const since = look.run.since;
    const own = read.filter(({ transactionId }) => BigInt(transactionId) < BigInt(look.cut.ledger.xmax));
    const sums = summed(place, read, own);
    const isEnd = read.length < limit || (since !== null && read.some(({ at }) => at < since));
    const following = isEnd ? await nextClearing(ledger, titles, account) : account;
    const next: Place | undefined = isEnd
      ? following && placeAt(following)
      : { account, before: read.at(-1)?.version ?? '0', ...sums };
    return {
      findings: await unknown(look, account, own),
      ...(isEnd && since === null && { lines: [lineOf(account, sums)] }),
      looked: { postings: own.length },
      next: next === undefined ? null : JSON.stringify(next),
    };
  },

  async again(look, places): Promise<Finding[]> {
    const findings: Finding[] = [];
    for (const place of new Set(places)) {
      const { account, before } = JSON.parse(place) as { account: ClearingAccount; before: string };
      findings.push(...(await unknown(look, account, await readPostings(look.read.ledger, account.id, before, 1))));
    }
    return findings;
  },
};

/** Where the walk is, with what was summed of the account so far, in minor units. */
interface Place extends Sums {
  account: ClearingAccount;
  before: string;
}

interface Sums {
  /** What has moved until the cut, by what moved it. */
  movements: Record<string, string>;
  /** What has moved after the cut. */
  newer: string;
}

/** What is posted after the account was read is not part of what it has. */
function placeAt(account: ClearingAccount): Place {
  return { account, before: String(BigInt(account.version) + 1n), movements: {}, newer: '0' };
}

function summed({ movements, newer }: Sums, read: readonly PostingRow[], own: readonly PostingRow[]): Sums {
  const sums = { ...movements };
  let later = BigInt(newer);
  for (const one of read) later += BigInt(one.amount);
  for (const one of own) {
    later -= BigInt(one.amount);
    const kind = one.reason !== 'exchange' ? one.reason : one.reference?.startsWith('rfd_') ? 'refund' : 'capture';
    sums[kind] = String(BigInt(sums[kind] ?? 0) + BigInt(one.amount));
  }
  return { movements: sums, newer: String(later) };
}

/** The line of an account: what has moved on it, and what it has. */
function lineOf({ title, owner, asset, posted }: ClearingAccount, { movements, newer }: Sums): BridgeLine {
  const all = Object.entries(movements).map(([kind, sum]) => [kind, BigInt(sum)]);
  return {
    title,
    account: owner,
    asset,
    movements: Object.fromEntries(all) as Record<string, bigint>,
    closing: BigInt(posted) - BigInt(newer),
  };
}

async function unknown(look: Look, account: ClearingAccount, postings: readonly PostingRow[]): Promise<Finding[]> {
  const { title, owner, asset } = account;
  const named = await readNamedDeals(look.read.payments, title, [
    ...new Set(postings.flatMap(({ reference }) => reference ?? [])),
  ]);
  return postings
    .filter(({ reference }) => reference === null || !named.has(reference))
    .map(({ version, transfer, reason, reference, amount, at }) => {
      const before = String(BigInt(version) + 1n);
      const about = { title, subject: transfer, account: owner, place: JSON.stringify({ account, before }) };
      const of = reference === null ? 'nothing' : `${reference}, which is no payment`;
      const detail = `${transfer} books ${reason} of ${amount} ${asset} of ${of}.`;
      return findingOf(about, {
        type: 23,
        asset,
        amount: BigInt(amount),
        detail,
        since: at,
        graceMs: grace.providerMs,
      });
    });
}
