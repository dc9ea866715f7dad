import type { AccountRow, Leg } from './books.js';
import { couldBeSoldOut } from './checker-purchases.rules.js';
import { couldEndUnpaid } from './checker-payments.rules.js';
import { couldTurnBack } from './checker-refunds.rules.js';
import { dealLegs, dealMoves, isDone, isPurchase, isRefund } from './deals.rules.js';
import {
  codeOf,
  minMovement,
  minVersion,
  standing,
  type Evidence,
  type Operation,
  type Say,
  type Told,
} from './evidence.rules.js';

/** A span in which something was decided: after a place of the record, and before a moment in milliseconds. */
interface Span {
  after: number;
  before: number;
}

/** Clocks of one machine differ by less, and a transaction says when it began. */
const slackMs = 50;

/** For what an operation was refused in the end; a deal is accepted first. */
export function refusalOf({ status, body }: Told, { deals }: Evidence): string | undefined {
  if (status >= 300) return codeOf({ body });
  const row = deals.get(String(body['id']));
  return row !== undefined && !isDone(row) ? (row.code ?? undefined) : undefined;
}

/** Whether the account is frozen that something is asked of. That is seen before its funds are. */
function isOfFrozen(operation: Operation, answer: Told, code: string, evidence: Evidence): boolean {
  return code === 'account-frozen' && possible(operation, answer, code, evidence);
}

/**
 * What is refused by design is refused for that; what is not, for something that was so at that time; both are kept.
 */
export function checkRefusal(operation: Operation, answer: Told, evidence: Evidence, say: Say): void {
  const { asked } = operation;
  const code = refusalOf(answer, evidence);
  if (asked.refusal !== undefined) {
    const { kind, codes } = asked.refusal;
    if (code === 'compensated-by-operator') return;
    if (code === undefined) say('wrong', `${kind} was not refused`);
    else if (!codes.includes(code) && !isOfFrozen(operation, answer, code, evidence))
      say('wrong', `${kind} was refused for ${code}`);
  } else if (keepsNothing(asked) && answer.status >= 300) return;
  else if (code !== undefined && !possible(operation, answer, code, evidence))
    say('wrong', `was refused for ${code} and that was not so`);
  checkKept(operation, answer, code, evidence, say);
}

/** A purchase or a refund that is declined keeps nothing. */
function keepsNothing({ operation }: Operation['asked']): boolean {
  return operation === 'purchase' || operation === 'refund';
}

/** A refusal that depends on the books is kept by its key for ever. */
function checkKept(
  { asked }: Operation,
  { status }: Told,
  code: string | undefined,
  { outcomes, issues }: Evidence,
  say: Say,
): void {
  if (status !== 409 || keepsNothing(asked)) return;
  const kept = {
    grant: outcomes.get(`${asked.title} transfers/${asked.key}`),
    pay: outcomes.get(`${asked.title} transfers/${asked.key}`),
    reverse: outcomes.get(`${asked.title} reversals/${asked.key}`),
    burn: issues.get(`${asked.title} burn/${asked.key}`),
  }[asked.operation as string];
  // What cannot be reversed at all is seen before the books are asked.
  if (code !== 'not-reversible' && kept?.code !== code)
    say('lost', `the refusal ${code} was acknowledged and ${kept?.code ?? 'nothing'} is kept`);
}

function possible({ asked, place }: Operation, answer: Told, code: string, evidence: Evidence): boolean {
  const row = evidence.deals.get(String(answer.body['id']));
  const span: Span = { after: place, before: (row?.closedAt ?? Date.parse(answer.at)) + slackMs };
  const legs = row !== undefined ? dealLegs(row) : legsOf(asked, evidence);
  const moves =
    row !== undefined
      ? dealMoves(row)
      : asked.operation === 'burn'
        ? [{ instance: String(asked.body['instance']), from: '', to: '' }]
        : [];
  const anyMove = (is: (was: { owner: string | null; state: string }, from: string) => boolean): boolean =>
    moves.some(({ instance, from }) => standings(instance, span, evidence).some((was) => is(was, from)));
  if (code === 'compensated-by-operator') return row?.state === 'compensated';
  if (row !== undefined && isRefund(row)) return couldTurnBack(row, code, evidence);
  switch (code) {
    case 'account-frozen':
      return wasFrozen(asked.title, legs, span, evidence);
    case 'insufficient-funds':
      return wasShort(asked.title, legs, span, evidence);
    case 'already-reversed':
      return [...evidence.transfers.values()].some(
        ({ reverses, id }) => reverses === asked.body['transfer'] && id !== answer.body['id'],
      );
    case 'item-held':
      return anyMove(({ state }) => state === 'held');
    case 'item-sold-out':
      return row !== undefined && isPurchase(row) && couldBeSoldOut(row, place, evidence);
    case 'item-burned':
      return anyMove(({ state }) => state === 'burned');
    case 'item-not-owned':
      return anyMove(({ owner }, from) => owner !== from);
    default:
      return row !== undefined && couldEndUnpaid(row, asked.body, code);
  }
}

function legsOf({ operation, body }: Operation['asked'], { transfers }: Evidence): Leg[] {
  if (operation === 'grant' || operation === 'pay') return body['legs'] as Leg[];
  const original = operation === 'reverse' ? transfers.get(String(body['transfer'])) : undefined;
  return (original?.legs ?? []).map(({ from, to, ...rest }) => ({ ...rest, from: to, to: from }));
}

/** Whether an account that gives was frozen before the span was over. */
function wasFrozen(title: string, legs: readonly Leg[], { before }: Span, { freezes }: Evidence): boolean {
  return legs.some(({ from, asset }) => (freezes.get(`${title} ${from} ${asset}`)?.at ?? Infinity) <= before);
}

/** Whether a player who gives had less than that at some moment of the span. What mints may owe. */
function wasShort(title: string, legs: readonly Leg[], span: Span, evidence: Evidence): boolean {
  return legs.some(({ from, asset, amount }) => {
    if (!from.startsWith('player:') && from !== 'system:fees') return false;
    const account = evidence.accounts.get(`${title} ${from} ${asset}`);
    return account === undefined || minHeld(account, span, evidence) < BigInt(amount);
  });
}

function minHeld(account: AccountRow, { after, before }: Span, evidence: Evidence): bigint {
  const from = minVersion(evidence, account, after);
  const held = account.entries
    .filter(({ version, at }) => version === from || (version > from && at <= before))
    .map(({ posted }) => posted);
  return [...(from === 0 ? [0n] : []), ...held].reduce((least, one) => (one < least ? one : least));
}

/** How an instance stood at each moment of the span. */
function standings(id: string, { after, before }: Span, evidence: Evidence): { owner: string | null; state: string }[] {
  const row = evidence.instances.get(id);
  if (row === undefined) return [];
  const from = minMovement(evidence, row, after);
  return row.movements
    .filter(({ version, at }) => version >= from && (version === from || at <= before))
    .flatMap(({ version }) => standing(row, version) ?? []);
}
