import type { Findings } from './checker.rules.js';
import { ways } from './money.js';
import { buyable } from './products.js';
import { readKinds } from './reads.js';
import { refusalKinds } from './refusals.js';

const showMost = 10;
/*
 * Each share is about half of what runs reach: less of it is no bad luck.
 */

/** The least share of the requests that change something which must have been refused. */
const minRefused = 0.25;
/** The least share of them that must have been purchases. */
const minPurchases = 0.08;
/** The least share of them that must have been purchases accepted in real money. */
const minInMoney = 0.015;
/** The least share of them that must have been refunds that have succeeded, and refunds of real money. */
const minRefunds = { succeeded: 0.01, ofMoney: 0.006 };
/** What only chance brings about, and what must have come about all the same. */
const chances = ['item-held', 'item-not-owned', 'insufficient-funds', 'item-burned', 'already-reversed'];
/** What becomes of a product whose stock, limit or edition is used up, and that all others were bought. */
const soldOut = ['out-of-stock: scarf', 'purchase-limit-reached: badge', 'purchase-limit-reached: ration'];
const sold = [...buyable.map(({ code }) => `completed: ${code}`), ...soldOut, 'item-sold-out: relic'];

/** What must have been refunded, and what must have become of goods that were spent. */
const refunds = [
  ...['of money', 'of gold'].flatMap((what) =>
    ['whole', 'part', 'parts', 'twice', 'spent'].map((kind) => `refund ${what}, ${kind}: succeeded`),
  ),
  ...['owed', 'frozen', 'absorbed', 'without its items', 'restocked', 'kept'].map((what) => `refund: ${what}`),
  'code: already-refunded',
];

/** What must have moved at the provider without anybody asking for it. */
const outside = [
  ...['outside-refund', 'outside-refund-failed', 'dispute', 'dispute-reinstated', 'dispute-fee'],
  ...['won', 'lost', 'inquiry_closed'].map((state) => `a dispute that is ${state}`),
].map((what) => `outside: ${what}`);

/** What a run has come to, and how much it had to do at least. */
export interface Outcome {
  /** How many deals travelled in each run, the largest first. */
  convoys: readonly number[];
  hits: Map<string, number>;
  done: { operations: number; trades: number; reads: number; replays: number };
  findings: Findings;
  least: { operations: number; injections: number };
}

/** What must have been seen in a run that counts, by its name in `Findings.seen`. */
export const mustBeSeen = [
  ...refusalKinds.map((kind) => `refused: ${kind}`),
  "refused: a read of what is another title's",
  ...chances.map((code) => `code: ${code}`),
  ...sold,
  ...refunds,
  ...outside,
  ...Object.entries(ways).map(([way, { seen }]) => `${way}: ${seen}`),
  ...readKinds.map((kind) => `read: ${kind}`),
  'replay',
];

/** What the checker has not been able to see, because too little of it happened: a sentence each. */
export function unseen({ seen, refused, asked, purchases, inMoney, refunds }: Findings): string[] {
  const share = asked === 0 ? 0 : refused / asked;
  const bought = asked === 0 ? 0 : purchases.asked / asked;
  const paid = asked === 0 ? 0 : inMoney / asked;
  const given = asked === 0 ? 0 : refunds.succeeded / asked;
  const givenInMoney = asked === 0 ? 0 : refunds.ofMoney / asked;
  return [
    ...mustBeSeen.filter((name) => !seen.has(name)).map((name) => `"${name}" has never come up`),
    ...(share < minRefused
      ? [`${percent(share)} of the requests were refused, which is less than ${percent(minRefused)}`]
      : []),
    ...(bought < minPurchases
      ? [`${percent(bought)} of the requests were purchases, which is less than ${percent(minPurchases)}`]
      : []),
    ...(paid < minInMoney
      ? [`${percent(paid)} of the requests were purchases in real money, which is less than ${percent(minInMoney)}`]
      : []),
    ...(given < minRefunds.succeeded
      ? [`${percent(given)} of the requests were refunds that succeeded, less than ${percent(minRefunds.succeeded)}`]
      : []),
    ...(givenInMoney < minRefunds.ofMoney
      ? [`${percent(givenInMoney)} of the requests were refunds of money, less than ${percent(minRefunds.ofMoney)}`]
      : []),
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** @returns whether the run is good: nothing lost, doubled, adrift or wrong, and every kind of fault has hit */
export function report({ convoys, hits, done, findings, least }: Outcome): boolean {
  const injections = [...hits.values()].reduce((sum, count) => sum + count, 0);
  const counted = [...hits, ...[...findings.seen].sort(([a], [b]) => (a < b ? -1 : 1))];
  for (const [kind, count] of counted) console.log(`  ${String(count).padStart(5)}  ${kind}`);
  const never = [...hits].filter(([, count]) => count === 0).map(([kind]) => kind);
  for (const name of ['lost', 'doubled', 'wrong'] as const) {
    for (const sentence of findings[name].slice(0, showMost)) console.log(`  ${name}: ${sentence}`);
  }
  console.log(
    `${injections} injections of ${hits.size - never.length} kinds ` +
      `over ${done.operations} operations, ${done.trades} of them trades`,
  );
  const { asked, completed, refused, declined } = findings.purchases;
  console.log(
    `${asked} purchases asked for (${percent(asked / findings.asked)} of ${findings.asked} requests): ` +
      `${completed} completed, ${refused} refused or compensated, ${declined} declined at once`,
  );
  const { inMoney } = findings;
  console.log(`${inMoney} purchases accepted in real money (${percent(inMoney / findings.asked)} of the requests)`);
  const { refunds } = findings;
  console.log(
    `${refunds.asked} refunds asked for (${percent(refunds.asked / findings.asked)} of the requests): ` +
      `${refunds.succeeded} succeeded, ${refunds.turnedBack} turned back, ${refunds.declined} declined at once; ` +
      `${refunds.ofMoney} accepted of real money`,
  );
  console.log(
    `${done.reads} reads and ${done.replays} replays beside them; ` +
      `${findings.refused} of ${findings.asked} requests refused`,
  );
  console.log(`the deals were settled by ${convoys.length} runs, the largest of ${convoys[0] ?? 0}`);
  console.log(
    `lost ${findings.lost.length}, doubled ${findings.doubled.length}, ` +
      `drift ${findings.drift}, wrong ${findings.wrong.length}`,
  );
  const missing = [
    ...((convoys[0] ?? 0) < 2 ? ['no two deals have travelled together'] : []),
    ...never.map((kind) => `"${kind}" has never hit anything`),
    ...unseen(findings),
    ...(done.operations < least.operations ? [`${done.operations} operations are fewer than ${least.operations}`] : []),
    ...(injections < least.injections ? [`${injections} injections are fewer than ${least.injections}`] : []),
  ];
  for (const sentence of missing) console.log(`not enough: ${sentence}`);
  return (
    findings.lost.length + findings.doubled.length + findings.wrong.length === 0 &&
    findings.drift === 0n &&
    missing.length === 0
  );
}
