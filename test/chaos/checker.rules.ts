import type { Books } from './books.js';
import { checkAccounts, checkBooked, checkPosted } from './checker-ledger.rules.js';
import { checkInstances, checkIssued } from './checker-items.rules.js';
import { checkRead } from './checker-reads.rules.js';
import { checkRefusal } from './checker-refusals.rules.js';
import { checkDeals, checkTold } from './checker-deals.rules.js';
import { checkDebts } from './checker-debts.rules.js';
import { checkEditions } from './checker-editions.rules.js';
import { checkDeclined, checkPurchases } from './checker-purchases.rules.js';
import { checkCancelled, checkPayments } from './checker-payments.rules.js';
import { checkOutside } from './checker-outside.rules.js';
import { checkRefundDeclined, checkRefunds, refundText } from './checker-refunds.rules.js';
import { count, countBooks, nothingCounted } from './counted.rules.js';
import { closedStates, contentText, dealMints, isDone, orderText } from './deals.rules.js';
import {
  codeOf,
  evidenceOf,
  type Evidence,
  type Findings,
  type Operation,
  type Say,
  type Told,
} from './evidence.rules.js';
import type { Entry } from './recorder.js';

export type { Findings } from './evidence.rules.js';

/** Compares every answer of the record with the books of a system that is at rest. */
export function check(entries: readonly Entry[], books: Books): Findings {
  const evidence = evidenceOf(entries, books);
  const findings = { ...nothingCounted(), wrong: [...books.disagreements] };
  for (const operation of evidence.operations.values()) {
    const { id, operation: what } = operation.asked;
    const say: Say = (list, sentence) => void findings[list].push(`${what} ${id}: ${sentence}`);
    const answer = theAnswer(operation, say);
    if (answer === undefined) continue;
    count(operation, answer, evidence, findings);
    if (operation.asked.operation === 'compensate') checkCompensated(operation, answer, evidence, say);
    else if (what === 'cancel') checkCancelled(operation, answer, evidence, say);
    else if (what === 'replay') checkReplay(operation, answer, evidence, say);
    else if (what === 'read') checkRead(operation, answer, evidence, say);
    else checkCommand(operation, answer, evidence, say);
  }
  const say: Say = (list, sentence) => void findings[list].push(sentence);
  findings.drift = checkAccounts(evidence, say);
  checkBooked(evidence, say);
  checkDeals(evidence, say);
  checkPurchases(evidence, say);
  checkPayments(books, evidence, say);
  checkRefunds(evidence, say);
  checkDebts(books, evidence, say);
  checkOutside(books, evidence, say);
  countBooks(books, evidence, findings);
  checkEditions(evidence, say);
  checkInstances(evidence, say);
  checkUnasked(books, evidence, say);
  return findings;
}

function checkCommand(operation: Operation, answer: Told, evidence: Evidence, say: Say): void {
  const { operation: what } = operation.asked;
  checkRefusal(operation, answer, evidence, say);
  if (what === 'trade' || what === 'purchase' || what === 'refund') {
    for (const told of operation.answers) checkTold(operation, told, evidence, say);
    if (what === 'purchase') checkDeclined(operation, evidence, say);
    if (what === 'refund') checkRefundDeclined(operation, evidence, say);
  } else if (what === 'mint' || what === 'burn') checkIssued(operation, answer, evidence, say);
  else checkPosted(operation, answer, evidence, say);
}

/**
 * The one answer of an operation. All of its answers must say the same, but for a deal that has gone on meanwhile, and
 * for a purchase or a refund, which is declined as often as it is asked for until it is accepted.
 */
function theAnswer({ asked, answers }: Operation, say: Say): Told | undefined {
  const mayDecline = asked.operation === 'purchase' || asked.operation === 'refund';
  const accepted = mayDecline ? answers.filter(({ status }) => status < 300) : [];
  const compared = accepted.length > 0 ? accepted : answers;
  const [first] = compared;
  if (first === undefined) {
    // An operator who was told nothing asks again or looks.
    if (asked.operation !== 'compensate') say('wrong', 'was never answered');
    return undefined;
  }
  if (mayDecline && accepted.length === 0) return first;
  const other = compared.find((answer) => told(answer, asked.operation) !== told(first, asked.operation));
  if (other !== undefined)
    say('wrong', `was answered ${told(first, asked.operation)} and ${told(other, asked.operation)}`);
  return first;
}

/** What of an answer is the same however often it is given. */
function told({ status, body }: Told, operation: Operation['asked']['operation']): string {
  if (status >= 300) return `${status} ${codeOf({ body })} ${String(body['detail'])}`;
  const { id, parties, reference, createdAt, version } = body;
  if (operation === 'purchase') {
    const terms = `${orderText(body)} ${contentText(body['content'])}`;
    return `2xx ${JSON.stringify({ id, version, reference, createdAt })} ${terms}`;
  }
  if (operation === 'refund') return `2xx ${JSON.stringify({ id, createdAt })} ${refundText(body)}`;
  if (operation !== 'trade') return `${status} ${JSON.stringify(body)}`;
  return `2xx ${JSON.stringify({ id, parties, reference, createdAt })}`;
}

/** A key that is sent again gets the recorded answer, and of a deal nothing that was before what was told already. */
function checkReplay({ asked, place }: Operation, answer: Told, { operations }: Evidence, say: Say): void {
  const before = operations.get(String(asked.again));
  const first = before?.answers.find(({ status }) => status < 300);
  if (before === undefined || first === undefined) return say('wrong', 'nothing was there to be sent again');
  const [was, is] = [told(first, before.asked.operation), told(answer, before.asked.operation)];
  if (was !== is) say('wrong', `the replay was answered ${is} and the request ${was}`);
  const ended = before.answers.some((one) => one.place < place && closedStates.includes(String(one.body['state'])));
  const isDeal = ['trade', 'purchase', 'refund'].includes(before.asked.operation);
  if (isDeal && ended && !closedStates.includes(String(answer.body['state'])))
    say('wrong', 'the replay went back to an open deal');
}

/** Operators are told how the saga ends. The row may say it by a word of its kind, as of what is declined. */
function checkCompensated({ asked }: Operation, { body }: Told, { deals }: Evidence, say: Say): void {
  const row = deals.get(String(asked.body['id']));
  const cause = (body['cause'] ?? body['reason']) as { code: string } | undefined;
  const turnedBack = row?.state === 'refused' ? 'refused' : 'compensated';
  const state = row !== undefined && isDone(row) ? 'settled' : turnedBack;
  if (row === undefined || body['state'] !== state || (cause?.code ?? null) !== row.code) {
    say('wrong', `was told ${String(body['state'])} and it ended ${row?.state} (${row?.code})`);
  }
}

/** The codes of requests that leave nothing under their key. */
const keepNothing = [
  'forbidden',
  'not-found',
  'validation-failed',
  'price-changed',
  'not-on-sale',
  'unknown-product',
  'refund-too-large',
  'purchase-not-refundable',
];

/** One key has one effect, and nothing is there that nobody asked for. */
function checkUnasked(books: Books, { operations, outside }: Evidence, say: Say): void {
  const asked = new Set<string>();
  for (const {
    asked: { operation, title, key, refusal },
  } of operations.values()) {
    const route = {
      grant: 'transfers/',
      pay: 'transfers/',
      reverse: 'reversals/',
      mint: 'mint/',
      burn: 'burn/',
      trade: 'trade/',
      purchase: 'purchase/',
      refund: 'refund/',
    }[operation as string];
    if (route !== undefined && key !== null && !keepNothing.includes(String(refusal?.codes[0])))
      asked.add(`${title} ${route}${key}`);
  }
  const once = (what: string, names: readonly string[]): void => {
    const seen = new Set<string>();
    for (const name of names) {
      if (!asked.has(name)) say('doubled', `${what} of ${name} was never asked for`);
      if (seen.has(name)) say('doubled', `${what} of ${name} is there twice`);
      seen.add(name);
    }
  };
  // Nobody asks for what follows what was found at the provider.
  const found = new Set([
    ...[...books.trades, ...books.purchases, ...books.refunds].map(({ title, id }) => `${title} exchange/${id}`),
    ...outside.map(({ title, key }) => `${title} ${key}`),
  ]);
  once(
    'an outcome',
    books.transferOutcomes.map(({ title, key }) => `${title} ${key}`).filter((name) => !found.has(name)),
  );
  once(
    'a trade',
    books.trades.map(({ title, key }) => `${title} trade/${key}`),
  );
  once(
    'a purchase',
    books.purchases.map(({ title, key }) => `${title} purchase/${key}`),
  );
  once(
    'a refund',
    books.refunds.filter((one) => one.found === null).map(({ title, key }) => `${title} refund/${key}`),
  );
  once(
    'an issue',
    books.issues.map(({ title, key }) => `${title} ${key}`),
  );
  const kept = new Map<string, number>();
  for (const { id } of books.transferOutcomes) if (id !== null) kept.set(id, (kept.get(id) ?? 0) + 1);
  for (const [id, times] of kept) if (times > 1) say('doubled', `${id} is kept under ${times} keys`);
  const minted = new Set(
    [
      ...books.issues.filter(({ key }) => key.startsWith('mint/')),
      ...books.purchases.flatMap((row) => dealMints(row).map(({ instance }) => ({ title: row.title, id: instance }))),
    ].map(({ title, id }) => `${title} ${id}`),
  );
  for (const { title, id } of books.instances)
    if (!minted.has(`${title} ${id}`))
      say('doubled', `${id} is there and was minted under no key and for no purchase of ${title}`);
}
