import type { Books, TradeRow } from './books.js';
import type { Answered, Asked, Entry } from './recorder.js';

/** What is wrong between what was answered and what is so. Three empty lists and no drift are wanted. */
export interface Findings {
  /** What was acknowledged and is not there, or not as it was acknowledged. */
  lost: string[];
  /** What is there more than once, or without anybody having asked for it. */
  doubled: string[];
  /** What contradicts itself or another answer, or was never answered. */
  wrong: string[];
  /** Minor units by which all balances together differ from what the answers say. */
  drift: bigint;
}

/** An operation with all its answers. */
interface Operation {
  asked: Asked;
  answers: Answered[];
}

/** Compares every answer of the record with the books of a system that is at rest. */
export function check(entries: readonly Entry[], books: Books): Findings {
  const findings: Findings = { lost: [], doubled: [], wrong: [...books.disagreements], drift: 0n };
  const operations = byKey(entries);
  const index = {
    transfers: new Map(books.transfers.map((row) => [row.id, row])),
    outcomes: new Map(books.transferOutcomes.map((row) => [row.key, row])),
    trades: new Map(books.trades.map((row) => [row.id, row])),
    instances: new Map(books.instances.map((row) => [row.id, row])),
    issues: new Map(books.issues.map((row) => [`${row.command} ${row.key}`, row])),
  };
  const expected = new Map<string, bigint>();
  for (const operation of operations.values()) {
    const answer = theAnswer(operation, findings);
    if (answer === undefined) continue;
    const { key, operation: what } = operation.asked;
    const say = (list: 'lost' | 'doubled' | 'wrong', sentence: string): void => void findings[list].push(`${what} ${key}: ${sentence}`);
    if (what === 'grant' || what === 'pay') {
      const kept = index.outcomes.get(`transfers/${key}`);
      const wanted = (operation.asked.body['legs'] as { from: string; to: string; asset: string; amount: string }[]).map(({ from, to, asset, amount }) => `${from}>${to}:${asset}:${amount}`);
      if (answer.status === 201) {
        const row = index.transfers.get(String(answer.body['id']));
        if (row === undefined || kept?.id !== row.id) say('lost', `${String(answer.body['id'])} was acknowledged and is not booked`);
        else if (String(row.legs) !== String(wanted)) say('lost', `${String(wanted)} was acknowledged and ${String(row.legs)} is booked`);
        add(expected, wanted);
      } else if (kept === undefined || kept.code !== codeOf(answer)) say('lost', `the refusal ${codeOf(answer)} was acknowledged and ${kept?.code ?? 'nothing'} is kept`);
    } else if (what === 'mint') {
      if (!index.instances.has(String(answer.body['id']))) say('lost', `${String(answer.body['id'])} was acknowledged and is not there`);
    } else if (what === 'burn') {
      const instance = index.instances.get(String(operation.asked.body['instance']));
      if (answer.status === 200 && instance?.state !== 'burned') say('lost', `${instance?.id} was burned and is ${instance?.state}`);
      if (answer.status === 409 && index.issues.get(`burn ${key}`)?.code !== codeOf(answer)) say('lost', `the refusal ${codeOf(answer)} is not kept`);
    } else if (what === 'trade') {
      const row = index.trades.get(String(answer.body['id']));
      if (row === undefined || row.key !== key) say('lost', `${String(answer.body['id'])} was acknowledged and is not there`);
      else for (const told of operation.answers) if (closed(told) && !agrees(told.body, row)) say('wrong', `was told ${told.body['state']} and ended ${row.state} (${row.code})`);
    } else {
      const row = index.trades.get(String(operation.asked.body['id']));
      if (row === undefined || !agrees(answer.body, row)) say('wrong', `was told ${String(answer.body['state'])} and it ended ${row?.state} (${row?.code})`);
    }
  }
  for (const row of books.trades) if (row.state === 'settled') add(expected, row.legs);
  checkTrades(books, findings);
  checkUnasked(books, operations, findings);
  for (const owner of new Set([...expected.keys(), ...books.balances.keys()])) {
    const difference = (books.balances.get(owner) ?? 0n) - (expected.get(owner) ?? 0n);
    findings.drift += difference < 0n ? -difference : difference;
  }
  return findings;
}

function byKey(entries: readonly Entry[]): Map<string, Operation> {
  const operations = new Map<string, Operation>();
  for (const entry of entries) {
    if (entry.entry === 'asked') operations.set(entry.key, { asked: entry, answers: [] });
    else operations.get(entry.key)?.answers.push(entry);
  }
  return operations;
}

/** The one answer of an operation. All of its answers must say the same, but for a trade that has gone on meanwhile. */
function theAnswer({ asked, answers }: Operation, findings: Findings): Answered | undefined {
  const [first] = answers;
  if (first === undefined) {
    // An operator who was told nothing asks again or looks.
    if (asked.operation !== 'compensate') findings.wrong.push(`${asked.operation} ${asked.key}: was never answered`);
    return undefined;
  }
  const same = (answer: Answered): string => (answer.status < 300 ? `done ${String(answer.body['id'])}` : `${answer.status} ${codeOf(answer)}`);
  const other = answers.find((answer) => same(answer) !== same(first));
  if (other !== undefined) findings.wrong.push(`${asked.operation} ${asked.key}: was answered ${same(first)} and ${same(other)}`);
  return first;
}

function codeOf({ body }: Answered): string {
  return String(body['type']).split(/[#/]/).at(-1) ?? '';
}

const closed = ({ body }: Answered): boolean => body['state'] !== 'accepted' && body['state'] !== undefined;

function agrees(told: Record<string, unknown>, row: TradeRow): boolean {
  const cause = (told['reason'] ?? told['cause']) as { code: string } | undefined;
  return told['state'] === row.state && (cause?.code ?? null) === row.code;
}

/** Adds what legs move to what every owner is expected to hold. */
function add(expected: Map<string, bigint>, legs: readonly string[]): void {
  for (const leg of legs) {
    const [, from = '', to = '', amount = ''] = /^(.+)>(.+):[^:]+:(\d+)$/.exec(leg) ?? [];
    expected.set(from, (expected.get(from) ?? 0n) - BigInt(amount));
    expected.set(to, (expected.get(to) ?? 0n) + BigInt(amount));
  }
}

/** What a trade has moved must be all that it says, once, or nothing. */
function checkTrades(books: Books, findings: Findings): void {
  const booked = new Map<string | null, Books['transfers']>();
  for (const row of books.transfers) if (row.kind === 'exchange') booked.set(row.reference, [...(booked.get(row.reference) ?? []), row]);
  const moves = new Map<string, string[]>();
  for (const { id, movements } of books.instances) {
    for (const movement of movements) {
      const [kind, cause = ''] = movement.split(':');
      if (cause.startsWith('trd_')) moves.set(cause, [...(moves.get(cause) ?? []), `${kind} ${id}`]);
    }
  }
  for (const { id, state, legs, items, accepted, closed: ended } of books.trades) {
    const transfers = booked.get(id) ?? [];
    const made = (moves.get(id) ?? []).filter((movement) => movement.startsWith('move '));
    const wanted = state === 'settled' ? { transfers: legs.length > 0 ? 1 : 0, moves: items.length } : { transfers: 0, moves: 0 };
    if (transfers.length < wanted.transfers || made.length < wanted.moves) findings.lost.push(`${id} is ${state} and did not move all that it says`);
    if (transfers.length > wanted.transfers || made.length > wanted.moves) findings.doubled.push(`${id} is ${state} and moved ${transfers.length} times legs and ${made.length} items`);
    if (transfers[0] !== undefined && String(transfers[0].legs) !== String(legs)) findings.wrong.push(`${id} booked ${String(transfers[0].legs)}`);
    if (accepted !== 1 || ended !== 1) (accepted > 1 || ended > 1 ? findings.doubled : findings.lost).push(`${id} is told ${accepted} times as accepted and ${ended} times as closed`);
  }
  for (const { id, told } of books.transfers) if (told !== 1) (told > 1 ? findings.doubled : findings.lost).push(`${id} is told ${told} times`);
}

/** One key has one effect, and nothing is there that nobody asked for. */
function checkUnasked(books: Books, operations: Map<string, Operation>, findings: Findings): void {
  const once = (what: string, keys: readonly (string | null)[]): void => {
    const seen = new Set<string>();
    for (const key of keys) {
      if (key === null || !operations.has(key)) findings.doubled.push(`${what} of ${key} was never asked for`);
      else if (seen.has(key)) findings.doubled.push(`${what} of ${key} is there twice`);
      else seen.add(key);
    }
  };
  once('a transfer', books.transfers.filter(({ kind }) => kind === 'transfer').map(({ reference }) => reference));
  once('a trade', books.trades.map(({ key }) => key));
  once('an instance', books.instances.map(({ movements }) => movements[0]?.slice('mint:'.length) ?? null));
}
