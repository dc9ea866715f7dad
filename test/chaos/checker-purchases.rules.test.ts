import { describe, expect, test } from '@jest/globals';
import type { Books, PurchaseRow } from './books.js';
import { answerOf, askedOf, findingsOf } from './falsified.js';
import { falsifiedPurchases } from './falsified-purchases.js';
import type { Entry } from './recorder.js';

interface Made {
  entries: Entry[];
  books: Books;
}
const listed = (entries: readonly Entry[]): Record<string, unknown>[] =>
  answerOf(entries, 'list').body['data'] as Record<string, unknown>[];
const of = ({ purchases }: Books, product: string): PurchaseRow =>
  purchases.find((row) => row.product === product) as PurchaseRow;
const transferOf = ({ transfers }: Books, id: string): Books['transfers'][number] =>
  transfers.find(({ reference }) => reference === id) as Books['transfers'][number];
const seal = (books: Books): Books['items'][number] => books.items[0] as Books['items'][number];
const instance = (books: Books): Books['instances'][number] => books.instances[0] as Books['instances'][number];
const salesOf = ({ sales }: Books, product: string): Books['sales'][number] =>
  sales.find((row) => row.product === product) as Books['sales'][number];
/** One more purchase that was accepted and completed, under a key of its own. */
const oneMore = ({ entries, books }: Made, product: string): void => {
  const row = structuredClone(of(books, product));
  books.purchases.push({ ...row, id: 'pur_9', key: 'p9' });
  entries.push({ ...askedOf(entries, row.key), id: 'p9', key: 'p9' });
};

test('the checker finds nothing in a record of purchases that agrees with its books', () => {
  expect(findingsOf(falsifiedPurchases())).toEqual([]);
});

test('a purchase that was declined at first and then accepted is nothing wrong', () => {
  const change = ({ entries }: Made): void => {
    const answer = answerOf(entries, 'stock');
    entries.splice(entries.indexOf(answerOf(entries, 'p4')), 0, { ...answer, id: 'p4', tries: 2 });
  };
  expect(findingsOf(falsifiedPurchases(change))).toEqual([
    // Nothing was sold before that could have stood in the way.
    'purchase p4: was declined for out-of-stock and that was not so',
  ]);
  const takenFirst = (made: Made): void => {
    change(made);
    const other = { ...structuredClone(of(made.books, 'scarf')), id: 'pur_9', key: 'p9' };
    made.books.purchases.push({ ...other, quantity: 1, state: 'refused', code: 'compensated-by-operator' });
  };
  expect(findingsOf(falsifiedPurchases(takenFirst)).join('\n')).not.toContain('was declined for');
});

describe('the checker sees it where', () => {
  test.each<[string, string, (made: Made) => void]>([
    ['an accepted purchase is lost', 'is not there under its key', ({ books }) => void books.purchases.shift()],
    [
      'a purchase stays open',
      'was accepted and is accepted',
      ({ books }) => void (of(books, 'badge').state = 'accepted'),
    ],
    [
      'a purchase was told with another end',
      'it ended',
      ({ books }) => void (of(books, 'castle').state = 'compensated'),
    ],
    ['a purchase is told twice as closed', '2 times as closed', ({ books }) => void (of(books, 'badge').closed = 2)],
    [
      'a replay tells another content',
      'the replay was answered',
      ({ entries }) => void (answerOf(entries, 'again').body['content'] = { amounts: [], items: [] }),
    ],
    [
      'a replay goes back to an open purchase',
      'went back to an open deal',
      ({ entries }) => void (answerOf(entries, 'again').body['state'] = 'accepted'),
    ],
    [
      'one key has two purchases',
      'was answered',
      ({ entries }) => void entries.push({ ...answerOf(entries, 'p1'), body: answerOf(entries, 'p3').body }),
    ],
    [
      'a purchase is there that nobody asked for',
      'was never asked for',
      ({ books }) => void (of(books, 'badge').key = 'x'),
    ],
    ['another product is bought', 'is kept', ({ entries }) => void (askedOf(entries, 'p1').body['product'] = 'badge')],
    ['a completed purchase books nothing', 'did not move all', ({ books }) => void books.transfers.pop()],
    [
      'a completed purchase is booked twice',
      'moved 2 times legs',
      ({ books }) => void books.transfers.push({ ...transferOf(books, 'pur_3'), id: 'trf_9' }),
    ],
    [
      'the price goes elsewhere',
      'booked player:cat>system:mint',
      ({ books }) => void ((transferOf(books, 'pur_3').legs[0] as { to: string }).to = 'system:mint'),
    ],
    [
      'a refused purchase is booked',
      'pur_2 is refused and moved 1 times legs',
      ({ books }) => void (transferOf(books, 'pur_3').reference = 'pur_2'),
    ],
    [
      'a refused purchase has minted',
      'minted for pur_2, which is refused',
      ({ books }) => {
        (instance(books).movements[0] as { cause: string }).cause = 'pur_2';
        instance(books).id = 'ins_2';
      },
    ],
    ['a completed purchase mints nothing', 'did not move all', ({ books }) => void books.instances.shift()],
    [
      'a purchase mints one too many',
      'and minted 2',
      ({ books }) => void books.instances.push({ ...structuredClone(instance(books)), id: 'ins_9', serial: 2 }),
    ],
    [
      'a minted item is for somebody else',
      'asked for seal for player:cat',
      ({ books }) => void ((instance(books).movements[0] as { to: string }).to = 'player:eve'),
    ],
    [
      'an instance is of no purchase',
      'for no purchase of',
      ({ books }) => void books.instances.push({ ...structuredClone(instance(books)), id: 'ins_9', serial: 2 }),
    ],
    [
      'the content is more than the product has',
      'has the content',
      ({ books }) => void ((of(books, 'badge').content.amounts[0] as { amount: string }).amount = '7'),
    ],
    ['the price is not the product’s', 'the price makes it', ({ books }) => void (of(books, 'badge').pay.amount = '3')],
    [
      'a version is bought that never was',
      'which there never was',
      ({ books }) => void (of(books, 'badge').version = 2),
    ],
    ['what is not on sale is bought', 'which is not sold', ({ books }) => void (of(books, 'badge').product = 'banner')],
    ['more is sold than there is', 'was sold 50 times of 25', (made) => oneMore(made, 'scarf')],
    ['a player buys more than is allowed', '4 times, where 2 are allowed', (made) => oneMore(made, 'badge')],
    ['a player buys more in a day', 'on 2026-01-01 4 times, where 2 are', (made) => oneMore(made, 'ration')],
    ['what is sold is not counted', 'is counted as sold 24', ({ books }) => void (salesOf(books, 'scarf').sold = 24)],
    [
      'what is refused keeps its stock',
      'is counted as sold 1',
      ({ books }) => void (salesOf(books, 'castle').sold = 1),
    ],
    ['sales are not counted at all', 'as sold undefined times', ({ books }) => void books.sales.pop()],
    [
      'it is out of stock while there is some',
      'was declined for out-of-stock and',
      ({ entries }) => void (askedOf(entries, 'stock').body['product'] = 'castle'),
    ],
    [
      'a limit is told that was not reached',
      'was declined for purchase-limit-reached and',
      ({ entries }) => void (askedOf(entries, 'limit').body['player'] = 'dan'),
    ],
    [
      'a limit of a day is told that was not reached',
      'was declined for purchase-limit-reached and',
      ({ books }) => void (of(books, 'ration').createdAt -= 172_800_000),
    ],
    [
      'it is declined for nothing',
      'was declined for not-on-sale and',
      ({ entries }) => void (answerOf(entries, 'stock').body['code'] = 'not-on-sale'),
    ],
    [
      'what was declined is there',
      'was declined and pur_3 is there',
      ({ books }) => void (of(books, 'badge').key = 'limit'),
    ],
    [
      'another price is told than there is',
      'the price was told as 4',
      ({ entries }) => void (answerOf(entries, 'price').body['prices'] = [{ asset: 'gold', amount: '4' }]),
    ],
    [
      'another price is good enough',
      'was not refused',
      ({ entries }) => void Object.assign(answerOf(entries, 'price'), answerOf(entries, 'p1'), { id: 'price' }),
    ],
    [
      'an edition is told as sold out that is not',
      'was refused for item-sold-out and',
      ({ books }) => void (of(books, 'castle').code = 'item-sold-out'),
    ],
    ['a reservation stays', '1 reserved', ({ books }) => void (seal(books).reserved = 1)],
    ['more is issued than the limit', 'its limit is 20', ({ books }) => void (seal(books).issued = 21)],
    ['more is issued than there is', 'is issued 2 times', ({ books }) => void (seal(books).issued = 2)],
    ['a serial is left out', 'has no serial 1 of 1', ({ books }) => void (instance(books).serial = 2)],
    [
      'a serial is given twice',
      'has a serial twice',
      ({ books }) => void books.instances.push({ ...structuredClone(instance(books)), id: 'ins_9' }),
    ],
    ['an unlimited item has serials', 'has no limit, and a serial', ({ books }) => void (seal(books).limit = null)],
    ['an item has another limit', 'has the limit 21', ({ books }) => void (seal(books).limit = 21)],
    [
      'a serial is read as another',
      'the serial 2',
      ({ entries }) => void (answerOf(entries, 'seal').body['serial'] = 2),
    ],
    [
      'a purchase is read with another price',
      'with the terms',
      ({ entries }) => void (answerOf(entries, 'one').body['pay'] = { asset: 'gold', amount: '6' }),
    ],
    [
      'a purchase is read with other instances',
      'and it is version 1 with',
      ({ entries }) => void (answerOf(entries, 'one').body['content'] = { amounts: [], items: [] }),
    ],
    [
      'a purchase is read as open again',
      'it was told as completed before',
      ({ entries }) => void (answerOf(entries, 'one').body['state'] = 'stuck'),
    ],
    [
      'another title reads it',
      'belongs to another title',
      ({ entries }) => void (answerOf(entries, 'theirs').status = 200),
    ],
    ['a list loses a purchase', 'does not show pur_1', ({ entries }) => void listed(entries).pop()],
    [
      'a list shows what belongs to another title',
      'which belongs to two',
      ({ books }) => void (of(books, 'relic').title = 'two'),
    ],
    [
      'a list shows what was not asked for',
      'the list of purchases by',
      ({ entries }) =>
        void Object.assign(askedOf(entries, 'list'), {
          read: { what: 'purchases', of: '', filter: { product: 'relic' } },
        }),
    ],
    [
      'a list shows other states than were asked for',
      'the list of purchases by',
      ({ entries }) =>
        void Object.assign(askedOf(entries, 'list'), {
          read: { what: 'purchases', of: '', filter: { state: 'refused' } },
        }),
    ],
    [
      'a purchase’s saga is shown as another kind',
      'as a trade',
      ({ entries }) => void (answerOf(entries, 'saga').body['kind'] = 'trade'),
    ],
    [
      'a withdrawn product is shown as on sale',
      'are shown as',
      ({ entries }) => void (answerOf(entries, 'product').body['state'] = 'withdrawn'),
    ],
  ])('%s', (_, sentence, change) => {
    expect(findingsOf(falsifiedPurchases(change)).join('\n')).toContain(sentence);
  });
});
