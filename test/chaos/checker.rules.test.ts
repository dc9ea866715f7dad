import { describe, expect, test } from '@jest/globals';
import type { Books } from './books.js';
import { check } from './checker.rules.js';
import { answerOf, askedOf, falsified, findingsOf } from './falsified.js';
import type { Entry } from './recorder.js';
import { mustBeSeen, unseen } from './report.js';

interface Made {
  entries: Entry[];
  books: Books;
}
const grant = { from: 'player:ann', to: 'player:bob', asset: 'gold' };
const rows = (entries: readonly Entry[], id: string): Record<string, unknown>[] =>
  answerOf(entries, id).body['data'] as Record<string, unknown>[];
const row = (entries: readonly Entry[], id: string): Record<string, unknown> => rows(entries, id)[0] ?? {};
const at = <T>(list: readonly T[], index = 0): T => list.at(index) as T;
const drop = (entries: Entry[], id: string): void =>
  void entries.splice(0, entries.length, ...entries.filter((entry) => entry.entry === 'asked' || entry.id !== id));
test('the checker finds nothing in a record that agrees with its books', () => {
  expect(findingsOf(falsified())).toEqual([]);
});

describe('the checker sees it where', () => {
  test.each<[string, string, (made: Made) => void]>([
    ['an operation is never answered', 'was never answered', ({ entries }) => drop(entries, 'g')],
    [
      'one key has two answers',
      'was answered',
      ({ entries }) => void entries.push({ ...answerOf(entries, 'g'), body: { id: 'trf_9' } }),
    ],
    [
      'a replay is answered otherwise',
      'the replay was answered',
      ({ entries }) => void (answerOf(entries, 'again').body['id'] = 'trf_9'),
    ],
    [
      'the books disagree with themselves',
      'a player owes',
      ({ books }) => void books.disagreements.push('a player owes: x'),
    ],
    [
      'an acknowledged transfer is not booked',
      'is not booked under its key',
      ({ books }) => void books.transfers.shift(),
    ],
    [
      'a transfer is kept under the key of another title',
      'is not booked under its key',
      ({ books }) => void (at(books.transferOutcomes).title = 'two'),
    ],
    ['a transfer has other legs', 'is booked', ({ books }) => void (at(at(books.transfers).legs).amount = '99')],
    ['a transfer has another reason', 'another reason', ({ books }) => void (at(books.transfers).reason = 'x')],
    [
      'the sequence is answered wrongly',
      'was answered with the sequence',
      ({ entries }) => void (answerOf(entries, 'g').body['sequence'] = 7),
    ],
    [
      'a balance is answered 7 too high',
      'the balances were answered',
      ({ entries }) =>
        void Object.assign(at(answerOf(entries, 'g').body['balances'] as object[], 1), { posted: '107' }),
    ],
    [
      'an account is not what its entries make',
      'its entries make',
      ({ books }) => void (at(books.accounts, 1).posted = 71n),
    ],
    ['an entry is skipped', 'has version', ({ books }) => void at(books.accounts, 1).entries.shift()],
    [
      'a running balance jumps',
      'the running balance',
      ({ books }) => void (at(at(books.accounts, 2).entries).posted = 31n),
    ],
    ['available is not posted', 'available is', ({ books }) => void (at(at(books.accounts, 2).entries).available = 1n)],
    [
      'a balance is more than was acknowledged',
      'more than was acknowledged',
      ({ books }) =>
        void books.accounts.push({
          title: 'one',
          owner: 'player:eve',
          asset: 'gold',
          posted: 5n,
          version: 1,
          entries: [{ transfer: 'trf_1', version: 1, leg: 0, amount: 5n, posted: 5n, available: 5n, at: 0 }],
        }),
    ],
    ['a transfer is told twice', 'is told 2 times', ({ books }) => void (at(books.transfers).told = 2)],
    ['a refusal is not kept', 'is kept', ({ books }) => void (at(books.transferOutcomes, 1).code = 'unknown-asset')],
    [
      'a refusal is answered though nothing was wrong',
      'that was not so',
      ({ entries }) =>
        void ((askedOf(entries, 'p').body['legs'] as { amount: string }[])[0] = { ...grant, amount: '1' }),
    ],
    [
      'what is to be refused is not',
      'was not refused',
      ({ entries }) => void Object.assign(at(entries), { refusal: { kind: 'a kind', codes: ['x'] } }),
    ],
    [
      'it is refused for something else',
      'was refused for',
      ({ entries }) => void Object.assign(at(entries, 6), { refusal: { kind: 'a kind', codes: ['x'] } }),
    ],
    ['a minted item is not there', 'is not kept under its key', ({ books }) => void books.instances.shift()],
    [
      'a mint is for somebody else',
      'was minted as',
      ({ books }) => void (at(at(books.instances).movements).to = 'player:eve'),
    ],
    [
      'a mint is answered wrongly',
      'the mint was answered',
      ({ entries }) => void (answerOf(entries, 'm').body['owner'] = 'player:eve'),
    ],
    [
      'an item goes to a third player',
      'asked for',
      ({ books }) => void (at(at(books.instances).movements, 2).to = 'player:eve'),
    ],
    [
      'an item is taken from a third player',
      'it was taken from',
      ({ books }) => void (at(at(books.instances).movements, 2).from = 'player:eve'),
    ],
    [
      'the owner is not who got it',
      'its movements make it',
      ({ books }) => void (at(books.instances).owner = 'player:eve'),
    ],
    ['a movement is lost', 'movements', ({ books }) => void at(books.instances).movements.pop()],
    [
      'an item moves without a hold',
      'while it was held',
      ({ books }) => void at(books.instances).movements.splice(1, 1),
    ],
    [
      'an item moves for no trade',
      'no deal of',
      ({ books }) => void (at(at(books.instances).movements, 2).cause = 'trd_9'),
    ],
    ['a trade has other parties', 'is kept', ({ books }) => void (at(at(books.trades).parties).player = 'eve')],
    ['a trade was told with another end', 'it ended', ({ books }) => void (at(books.trades).state = 'refused')],
    ['a settled trade booked nothing', 'did not move all', ({ books }) => void books.transfers.pop()],
    [
      'a trade booked twice',
      'moved 2 times legs',
      ({ books }) => void books.transfers.push({ ...at(books.transfers, 1), id: 'trf_3' }),
    ],
    ['a trade booked other legs', 'booked', ({ books }) => void (at(at(books.transfers, 1).legs).to = 'player:eve')],
    ['a trade is told twice as closed', '2 times as closed', ({ books }) => void (at(books.trades).closed = 2)],
    [
      'something is there that nobody asked for',
      'was never asked for',
      ({ books }) => void books.trades.push({ ...at(books.trades), id: 'trd_2', key: 'x' }),
    ],
    [
      'one key has two things',
      'is there twice',
      ({ books }) => void books.trades.push({ ...at(books.trades), id: 'trd_2' }),
    ],
    [
      'one transfer stands under two keys',
      'is kept under 2 keys',
      ({ books }) => void books.transferOutcomes.push({ ...at(books.transferOutcomes), key: 'transfers/p' }),
    ],
    ['an item was minted under no key', 'was minted under no key', ({ books }) => void books.issues.shift()],
    [
      'another title reads it',
      'belongs to another title',
      ({ entries }) => void (answerOf(entries, 'theirs').status = 200),
    ],
    [
      'an acknowledged thing is not found',
      'was not shown',
      ({ entries }) => void Object.assign(answerOf(entries, 'saga'), { status: 404, body: { code: 'not-found' } }),
    ],
    [
      'a list shows a row twice',
      'shows a row twice',
      ({ entries }) => void rows(entries, 'trades').push(row(entries, 'trades')),
    ],
    [
      'a list shows what belongs to another title',
      'which belongs to',
      ({ books }) => void (at(books.trades).title = 'two'),
    ],
    ['a list leaves a row out', 'acknowledged before', ({ entries }) => void rows(entries, 'transfers').pop()],
    [
      'a list shows what its filter leaves out',
      'the list of transfers by',
      ({ entries }) =>
        void Object.assign(askedOf(entries, 'transfers'), {
          read: { what: 'transfers', of: '', filter: { reference: 'x' } },
        }),
    ],
    [
      'a read shows a closed trade as open',
      'it was told as',
      ({ entries }) => void Object.assign(row(entries, 'trades'), { state: 'accepted' }),
    ],
    ['a read shows another owner', 'the owner', ({ entries }) => void (row(entries, 'owned')['owner'] = 'player:eve')],
    [
      'a read shows an old version',
      'at version 1',
      ({ entries }) => void Object.assign(row(entries, 'owned'), { owner: 'player:bob', version: 1 }),
    ],
    [
      'a balance is read as it never was',
      'is shown with',
      ({ entries }) => void (row(entries, 'balances')['posted'] = '77'),
    ],
    [
      'an old balance is read',
      'acknowledged before',
      ({ entries }) => void Object.assign(row(entries, 'balances'), { version: 1, posted: '100', available: '100' }),
    ],
    ['an entry is read as it is not', 'is shown as', ({ entries }) => void (row(entries, 'entries')['amount'] = '31')],
    ['a list loses an entry', 'is not shown', ({ entries }) => void rows(entries, 'entries').pop()],
    ['a list loses a movement', 'is not shown', ({ entries }) => void rows(entries, 'movements').splice(1, 1)],
    [
      'a movement is read as it is not',
      'is shown as',
      ({ entries }) => void (row(entries, 'movements')['to'] = 'player:eve'),
    ],
    [
      'a saga shows other players',
      'with the players',
      ({ entries }) => void (answerOf(entries, 'saga').body['players'] = ['eve']),
    ],
    [
      'a saga shows its deal as open again',
      'with a deal that is',
      ({ entries }) => void (answerOf(entries, 'saga').body['deal'] = { state: 'accepted' }),
    ],
  ])('%s', (_, sentence, change) => {
    expect(findingsOf(falsified(change)).join('\n')).toContain(sentence);
  });

  test('a kind never came up, and too little was refused', () => {
    const findings = check([], falsified().books);
    expect(unseen(findings)).toHaveLength(mustBeSeen.length + 5);
    const seen = new Map(mustBeSeen.map((name) => [name, 1]));
    const purchases = { ...findings.purchases, asked: 80 };
    const refunds = { ...findings.refunds, succeeded: 10, ofMoney: 6 };
    const enough = { ...findings, seen, asked: 1_000, refused: 250, purchases, inMoney: 15, refunds };
    expect(unseen(enough)).toEqual([]);
    expect(unseen({ ...enough, refused: 249 })).toEqual([
      expect.stringContaining('24.9 % of the requests were refused'),
    ]);
    expect(unseen({ ...enough, purchases: { ...purchases, asked: 79 } })).toEqual([
      expect.stringContaining('7.9 % of the requests were purchases'),
    ]);
    expect(unseen({ ...enough, inMoney: 14 })).toEqual([
      expect.stringContaining('1.4 % of the requests were purchases in real money'),
    ]);
  });
});
