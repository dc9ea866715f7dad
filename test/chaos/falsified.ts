import type { Books } from './books.js';
import { check } from './checker.rules.js';
import type { Answered, Asked, Entry, Read } from './recorder.js';

/** When everything happens. */
export const at = '2026-01-01T00:00:00.000Z';
const millis = Date.parse(at);
const [a, b] = ['player:ann', 'player:bob'];

type Change = (made: { entries: Entry[]; books: Books }) => void;

export const asked = (
  id: string,
  operation: Asked['operation'],
  body: Asked['body'],
  more: Partial<Asked> = {},
): Asked => ({
  entry: 'asked',
  at,
  id,
  title: 'one',
  key: id,
  operation,
  body,
  ...more,
});
export const answered = (id: string, status: number, body: Answered['body']): Answered => ({
  entry: 'answered',
  at,
  id,
  status,
  body,
});
const leg = (
  from: string,
  to: string,
  amount: string,
): { from: string; to: string; asset: string; amount: string } => ({ from, to, asset: 'gold', amount });
const balance = (owner: string, posted: string): object => ({ owner, asset: 'gold', posted, available: posted });

const grantLegs = [leg('system:mint', a, '100')];
const parties = [
  { player: 'ann', gives: { amounts: [{ asset: 'gold', amount: '30' }], items: [] } },
  { player: 'bob', gives: { amounts: [], items: ['ins_1'] } },
];
const trade = { id: 'trd_1', state: 'settled', parties, reference: 'r' };
export const read = (id: string, what: Read['what'], of: string, filter: Record<string, string> = {}): Asked =>
  asked(id, 'read', {}, { key: null, read: { what, of, filter } });

function record(): Entry[] {
  const grant = { id: 'trf_1', sequence: 1, kind: 'transfer', reason: 'g', reference: 'r', legs: grantLegs };
  const sword = { id: 'ins_1', item: 'sword', owner: b, state: 'owned', version: 1 };
  return [
    asked('g', 'grant', { legs: grantLegs, reason: 'g', reference: 'r' }),
    answered('g', 201, { ...grant, balances: [balance('system:mint', '-100'), balance(a, '100')] }),
    asked('m', 'mint', { item: 'sword', owner: b, reason: 'm' }),
    answered('m', 201, sword),
    asked('t', 'trade', { parties, reference: 'r' }),
    answered('t', 200, trade),
    asked('p', 'pay', { legs: [leg(a, b, '5000')], reason: 'p', reference: 'r' }),
    answered('p', 409, { code: 'insufficient-funds', detail: 'd' }),
    asked('again', 'replay', {}, { key: 'g', again: 'g' }),
    answered('again', 201, { ...grant, balances: [balance('system:mint', '-100'), balance(a, '100')] }),
    read('balances', 'balances', 'ann'),
    answered('balances', 200, { data: [{ asset: 'gold', version: 2, posted: '70', held: '0', available: '70' }] }),
    read('entries', 'entries', 'bob'),
    answered('entries', 200, {
      data: [{ asset: 'gold', version: 1, amount: '30', posted: '30', available: '30', transfer: 'trf_2' }],
      complete: true,
    }),
    read('owned', 'instances', 'ann'),
    answered('owned', 200, { data: [{ ...sword, owner: a, version: 3 }], complete: true }),
    read('trades', 'trades', '', { player: 'ann' }),
    answered('trades', 200, { data: [trade], complete: true }),
    read('transfers', 'transfers', '', { reference: 'r' }),
    answered('transfers', 200, { data: [grant], complete: true }),
    read('movements', 'movements', 'ins_1'),
    answered('movements', 200, { data: moved.toReversed(), complete: true }),
    read('saga', 'saga', 'trd_1'),
    answered('saga', 200, { id: 'trd_1', kind: 'trade', players: ['ann', 'bob'], deal: { state: 'settled' } }),
    { ...read('theirs', 'instance', 'ins_1'), title: 'two', refusal: { kind: 'theirs', codes: ['not-found'] } },
    answered('theirs', 404, { code: 'not-found' }),
  ];
}

const moved = [
  { version: 1, kind: 'mint', from: null, to: b, cause: 'm', at: millis },
  { version: 2, kind: 'hold', from: b, to: b, cause: 'trd_1', at: millis },
  { version: 3, kind: 'move', from: b, to: a, cause: 'trd_1', at: millis },
];

function books(): Books {
  const entry = (
    transfer: string,
    version: number,
    amount: bigint,
    posted: bigint,
  ): Books['accounts'][number]['entries'][number] => ({
    transfer,
    version,
    leg: 0,
    amount,
    posted,
    available: posted,
    at: millis,
  });
  const account = (owner: string, entries: ReturnType<typeof entry>[]): Books['accounts'][number] => ({
    title: 'one',
    owner,
    asset: 'gold',
    posted: entries.at(-1)?.posted ?? 0n,
    version: entries.length,
    entries,
  });
  const transfer = { title: 'one', reverses: null, told: 1 };
  return {
    transfers: [
      { ...transfer, id: 'trf_1', sequence: 1, kind: 'transfer', reason: 'g', reference: 'r', legs: grantLegs },
      {
        ...transfer,
        id: 'trf_2',
        sequence: 2,
        kind: 'exchange',
        reason: 'trade',
        reference: 'trd_1',
        legs: [leg(a, b, '30')],
      },
    ],
    accounts: [
      account('system:mint', [entry('trf_1', 1, -100n, -100n)]),
      account(a, [entry('trf_1', 1, 100n, 100n), entry('trf_2', 2, -30n, 70n)]),
      account(b, [entry('trf_2', 1, 30n, 30n)]),
    ],
    transferOutcomes: [
      { title: 'one', key: 'transfers/g', id: 'trf_1', code: null },
      { title: 'one', key: 'transfers/p', id: null, code: 'insufficient-funds' },
      { title: 'one', key: 'exchange/trd_1', id: 'trf_2', code: null },
    ],
    trades: [
      { ...trade, title: 'one', key: 't', code: null, createdAt: millis, closedAt: millis, accepted: 1, closed: 1 },
    ],
    purchases: [],
    refunds: [],
    debts: [],
    freezes: [],
    payments: [],
    outside: [],
    disputes: [],
    provider: { intents: [], refunds: [], disputes: [], movements: [], calls: [] },
    sales: [],
    items: [{ title: 'one', item: 'sword', limit: null, issued: 0, reserved: 0 }],
    instances: [
      {
        id: 'ins_1',
        title: 'one',
        item: 'sword',
        owner: a,
        state: 'owned',
        serial: null,
        version: 3,
        movements: moved.map((movement) => ({ ...movement })),
      },
    ],
    issues: [{ title: 'one', key: 'mint/m', id: 'ins_1', code: null }],
    convoys: [1],
    disagreements: [],
  };
}

/**
 * A record and books that agree: a grant, a mint, a settled trade, a refusal, a replay and a read of each kind; then
 * changed.
 */
export function falsified(change: Change = () => undefined): { entries: Entry[]; books: Books } {
  // No part may be shared, so that a change of one changes no other.
  const made = { entries: JSON.parse(JSON.stringify(record())) as Entry[], books: structuredClone(books()) };
  change(made);
  return made;
}

/** The request of an operation in a record, to be changed. */
export function askedOf(entries: readonly Entry[], id: string): Asked {
  const found = entries.find((entry) => entry.entry === 'asked' && entry.id === id);
  if (found?.entry !== 'asked') throw new Error(`${id} was not asked.`);
  return found;
}

/** The answer of an operation in a record, to be changed. */
export function answerOf(entries: readonly Entry[], id: string): Answered {
  const found = entries.find((entry) => entry.entry === 'answered' && entry.id === id);
  if (found?.entry !== 'answered') throw new Error(`${id} has no answer.`);
  return found;
}

/** Everything that the checker finds. */
export function findingsOf({ entries, books }: { entries: Entry[]; books: Books }): string[] {
  const { lost, doubled, wrong, drift } = check(entries, books);
  return [...lost, ...doubled, ...wrong, ...(drift === 0n ? [] : [`drift ${drift}`])];
}
