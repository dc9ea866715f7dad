import type { AccountRow, Leg } from './books.js';
import {
  codeOf,
  minMovement,
  minVersion,
  standing,
  tradeLegs,
  tradeMoves,
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

/** For what an operation was refused in the end; a trade is accepted first. */
export function refusalOf({ asked }: Operation, { status, body }: Told, { trades }: Evidence): string | undefined {
  if (status >= 300) return codeOf({ body });
  const row = asked.operation === 'trade' ? trades.get(String(body['id'])) : undefined;
  return row !== undefined && row.state !== 'settled' ? (row.code ?? undefined) : undefined;
}

/**
 * What is refused by design is refused for that; what is not, for something that was so at that time; both are kept.
 */
export function checkRefusal(operation: Operation, answer: Told, evidence: Evidence, say: Say): void {
  const { asked } = operation;
  const code = refusalOf(operation, answer, evidence);
  if (asked.refusal !== undefined) {
    const { kind, codes } = asked.refusal;
    if (code === 'compensated-by-operator') return;
    if (code === undefined) say('wrong', `${kind} was not refused`);
    else if (!codes.includes(code)) say('wrong', `${kind} was refused for ${code}`);
  } else if (code !== undefined && !possible(operation, answer, code, evidence))
    say('wrong', `was refused for ${code} and that was not so`);
  checkKept(operation, answer, code, evidence, say);
}

/** A refusal that depends on the books is kept by its key for ever. */
function checkKept(
  { asked }: Operation,
  { status }: Told,
  code: string | undefined,
  { outcomes, issues }: Evidence,
  say: Say,
): void {
  if (status !== 409) return;
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
  const row = asked.operation === 'trade' ? evidence.trades.get(String(answer.body['id'])) : undefined;
  const span: Span = { after: place, before: (row?.closedAt ?? Date.parse(answer.at)) + slackMs };
  const legs = row !== undefined ? tradeLegs(row) : legsOf(asked, evidence);
  const moves =
    row !== undefined
      ? tradeMoves(row)
      : asked.operation === 'burn'
        ? [{ instance: String(asked.body['instance']), from: '', to: '' }]
        : [];
  const anyMove = (is: (was: { owner: string | null; state: string }, from: string) => boolean): boolean =>
    moves.some(({ instance, from }) => standings(instance, span, evidence).some((was) => is(was, from)));
  switch (code) {
    case 'compensated-by-operator':
      return row?.state === 'compensated';
    case 'insufficient-funds':
      return wasShort(asked.title, legs, span, evidence);
    case 'already-reversed':
      return [...evidence.transfers.values()].some(
        ({ reverses, id }) => reverses === asked.body['transfer'] && id !== answer.body['id'],
      );
    case 'item-held':
      return anyMove(({ state }) => state === 'held');
    case 'item-burned':
      return anyMove(({ state }) => state === 'burned');
    case 'item-not-owned':
      return anyMove(({ owner }, from) => owner !== from);
    default:
      return false;
  }
}

function legsOf({ operation, body }: Operation['asked'], { transfers }: Evidence): Leg[] {
  if (operation === 'grant' || operation === 'pay') return body['legs'] as Leg[];
  const original = operation === 'reverse' ? transfers.get(String(body['transfer'])) : undefined;
  return (original?.legs ?? []).map(({ from, to, ...rest }) => ({ ...rest, from: to, to: from }));
}

/** Whether one who gives had less than that at some moment of the span. */
function wasShort(title: string, legs: readonly Leg[], span: Span, evidence: Evidence): boolean {
  return legs.some(({ from, asset, amount }) => {
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
