import type { Books } from './books.js';
import { seenOutside } from './checker-outside.rules.js';
import { refusalOf } from './checker-refusals.rules.js';
import { isDone, isOfMoney, isRefund, moneyOf } from './deals.rules.js';
import { codeOf, evidenceOf, type Evidence, type Findings, type Operation, type Told } from './evidence.rules.js';
import type { Entry } from './recorder.js';

/* What has come up in a run, and how often. */

/** The findings of a run of which nothing is known yet. */
export function nothingCounted(): Findings {
  return {
    lost: [],
    doubled: [],
    wrong: [],
    drift: 0n,
    seen: new Map(),
    refused: 0,
    asked: 0,
    purchases: { asked: 0, completed: 0, refused: 0, declined: 0 },
    inMoney: 0,
    refunds: { asked: 0, succeeded: 0, turnedBack: 0, declined: 0, ofMoney: 0 },
  };
}

/** Counts what has come up in a run that still goes on. Nothing of it is held to the books. */
export function countedSoFar(entries: readonly Entry[], books: Books): Findings {
  const findings = nothingCounted();
  const evidence = evidenceOf(entries, books);
  for (const operation of evidence.operations.values()) {
    const { answers } = operation;
    const answer = answers.find(({ status }) => status < 300) ?? answers[0];
    if (answer !== undefined) count(operation, answer, evidence, findings);
  }
  countBooks(books, evidence, findings);
  return findings;
}

/** Counts what the books have of what nobody asks for. */
export function countBooks(books: Books, evidence: Evidence, { seen }: Findings): void {
  if (books.debts.length > 0) seen.set('refund: owed', books.debts.length);
  if (books.freezes.length > 0) seen.set('refund: frozen', books.freezes.length);
  for (const [name, times] of seenOutside(books, evidence)) seen.set(name, times);
}

/** Counts an operation by what it was answered, and by what has become of it. */
export function count(operation: Operation, answer: Told, evidence: Evidence, findings: Findings): void {
  const { asked } = operation;
  const add = (name: string): void => void findings.seen.set(name, (findings.seen.get(name) ?? 0) + 1);
  if (asked.operation === 'read') add(`read: ${asked.read?.what}`);
  if (asked.operation === 'replay') add('replay');
  if (asked.refusal !== undefined) add(`refused: ${asked.refusal.kind}`);
  if (asked.operation === 'cancel') add(`cancel: ${answer.status < 300 ? 'taken' : codeOf(answer)}`);
  if (['read', 'replay', 'compensate', 'cancel'].includes(asked.operation)) return;
  const code = refusalOf(answer, evidence);
  findings.asked += 1;
  if (asked.operation === 'refund') countRefund(operation, answer, code, evidence, findings);
  if (asked.operation === 'purchase') countPurchase(operation, answer, code, evidence, findings);
  if (code === undefined) return;
  findings.refused += 1;
  add(`code: ${code}`);
}

function countPurchase(
  { asked }: Operation,
  { status, body }: Told,
  code: string | undefined,
  { deals }: Evidence,
  findings: Findings,
): void {
  const { purchases, seen } = findings;
  const row = status >= 300 ? undefined : deals.get(String(body['id']));
  const became = status >= 300 ? 'declined' : row?.state === 'completed' ? 'completed' : 'refused';
  if (row !== undefined && moneyOf(row) !== undefined) {
    findings.inMoney += 1;
    const paid = `${String(asked.body['way'])}: ${row.state}`;
    seen.set(paid, (seen.get(paid) ?? 0) + 1);
  }
  purchases.asked += 1;
  purchases[became] += 1;
  const name = `${code ?? became}: ${String(asked.body['product'])}`;
  seen.set(name, (seen.get(name) ?? 0) + 1);
}

function countRefund(
  { asked }: Operation,
  { status, body }: Told,
  code: string | undefined,
  { deals, legs }: Evidence,
  { refunds, seen }: Findings,
): void {
  const row = status >= 300 ? undefined : deals.get(String(body['id']));
  const became = status >= 300 ? 'declined' : row?.state === 'succeeded' ? 'succeeded' : 'turnedBack';
  refunds.asked += 1;
  refunds[became] += 1;
  const add = (name: string): void => void seen.set(name, (seen.get(name) ?? 0) + 1);
  if (row !== undefined && isOfMoney(row)) refunds.ofMoney += 1;
  const what = row === undefined ? '' : isOfMoney(row) ? ' of money' : ' of gold';
  if (asked.refusal === undefined) add(`refund${what}, ${String(asked.body['kind'])}: ${code ?? row?.state}`);
  if (row === undefined || !isRefund(row) || !isDone(row)) return;
  if (row.missing.length > 0) add('refund: without its items');
  if (legs.get(row.id)?.some(({ from }) => from === 'system:fees') === true) add('refund: absorbed');
  add(row.restock ? 'refund: restocked' : 'refund: kept');
}
