import { describe, expect, test } from '@jest/globals';
import type { Books, TransferRow } from './books.js';
import { findingsOf } from './falsified.js';
import { falsifiedOutside } from './falsified-outside.js';
import type { RefundRow } from './refund-books.js';

const transferOf = ({ transfers, transferOutcomes }: Books, key: string): TransferRow =>
  transfers.find(({ id }) => id === transferOutcomes.find((one) => one.key === key)?.id) as TransferRow;
const row = ({ refunds }: Books, number: number): RefundRow => refunds[number - 1] as RefundRow;
const movement = ({ provider }: Books, number: number): Books['provider']['movements'][number] =>
  provider.movements[number - 1] as Books['provider']['movements'][number];

test('the checker finds nothing where all that has moved at the provider is booked, and its goods follow', () => {
  expect(findingsOf(falsifiedOutside())).toEqual([]);
});

test('the checker finds nothing where the goods do not follow', () => {
  const made = falsifiedOutside(({ books }) => {
    const goods = new Set(books.refunds.map(({ id }) => id));
    const gone = new Set(books.transfers.filter((one) => goods.has(String(one.reference))).map(({ id }) => id));
    books.refunds = [];
    books.transfers = books.transfers.filter(({ id }) => !gone.has(id));
    books.transferOutcomes = books.transferOutcomes.filter(({ id }) => !gone.has(String(id)));
    for (const account of books.accounts) {
      account.entries = account.entries.filter(({ transfer }) => !gone.has(transfer));
      account.posted = account.entries.reduce((sum, { amount }) => sum + amount, 0n);
      account.version = account.entries.length;
    }
  });
  expect(findingsOf(made)).toEqual([]);
});

describe('the checker sees it where', () => {
  test.each<[string, string, (books: Books) => void]>([
    [
      'a movement is not booked',
      'outside-refund/re_1 of pur_1 has moved at the provider, and it is not booked',
      (books) =>
        void (books.transferOutcomes = books.transferOutcomes.filter(({ key }) => key !== 'outside-refund/re_1')),
    ],
    [
      'a movement is booked twice',
      'trf_99 books dispute of pur_1, which the provider has not moved, or once',
      (books) => void books.transfers.push({ ...transferOf(books, 'dispute/txn_2'), id: 'trf_99', sequence: 99 }),
    ],
    [
      'a movement is booked with another amount',
      'system:clearing:stripe>system:mint:EUR:41, and the provider has moved',
      (books) => void ((transferOf(books, 'outside-refund/re_1').legs[0] as { amount: string }).amount = '41'),
    ],
    [
      'a movement is booked for another purchase',
      'books dispute of pur_2',
      (books) => void (transferOf(books, 'dispute/txn_2').reference = 'pur_2'),
    ],
    [
      'money that came back is booked as if it had left',
      'books dispute-reinstated of pur_1 of one by system:clearing:stripe>system:mint:EUR:59',
      (books) => {
        const wrong = transferOf(books, 'dispute-reinstated/txn_3');
        wrong.legs = transferOf(books, 'dispute/txn_2').legs;
      },
    ],
    [
      'something is booked that has not moved',
      'books dispute-fee of pur_1, which the provider has not moved',
      (books) => void (movement(books, 2).fee = '0'),
    ],
    [
      'the failure of a refund is not booked that was booked',
      'outside-refund-failed/re_2 of pur_1 has moved at the provider, and it is not booked',
      (books) => {
        const done = transferOf(books, 'outside-refund/re_1');
        books.transfers.push({ ...done, id: 'trf_99', sequence: 99 });
        books.transferOutcomes.push({ title: 'one', key: 'outside-refund/re_2', id: 'trf_99', code: null });
      },
    ],
    [
      'the clearing account does not know of a dispute',
      'and the provider has captured 99 and given back 1540',
      (books) => void books.accounts.forEach((one) => one.owner === 'system:clearing:stripe' && (one.posted += 1n)),
    ],
    [
      'a movement is not kept',
      'one dispute/txn_2 has moved at the provider, and it is not kept',
      (books) => {
        books.outside = books.outside.filter(({ kind }) => kind !== 'dispute');
      },
    ],
    [
      'a movement is kept that the provider has not made',
      'one dispute/txn_9 is kept, and the provider has not moved it',
      (books) =>
        void books.outside.push({ title: 'one', kind: 'dispute', reference: 'txn_9', payment: 'pur_1', booked: true }),
    ],
    [
      'a movement is kept for another purchase',
      'is kept for pur_2, and it is of pur_1',
      (books) => void ((books.outside[0] as { payment: string }).payment = 'pur_2'),
    ],
    [
      'a movement still waits to be booked',
      'one outside-refund/re_1 is kept, and waits to be booked',
      (books) => void ((books.outside[0] as { booked: boolean }).booked = false),
    ],
    [
      'a dispute is kept in another state',
      'dp_1 of pur_1 is won, and is kept needs_response of pur_1',
      (books) => void ((books.disputes[0] as { state: string }).state = 'needs_response'),
    ],
    [
      'a dispute is not kept',
      'dp_2 of one is inquiry_closed, and it is not kept',
      (books) => void books.disputes.pop(),
    ],
    [
      'a dispute is kept that is not there',
      'one dp_9 is kept, and the provider has no such dispute',
      (books) => void books.disputes.push({ title: 'one', reference: 'dp_9', payment: 'pur_1', state: 'lost' }),
    ],
    [
      'a payment says that less has gone back',
      'pur_1 says that 0 have gone back, and at the provider 40 have',
      (books) => void ((books.payments[0] as { returned: string }).returned = '0'),
    ],
    [
      'a refund was asked for by nobody, and was not found either',
      'a refund of one refund/stripe/re_1 was never asked for',
      (books) => void (row(books, 1).found = null),
    ],
    [
      'goods come back that are not as they went',
      'rfd_3 of one booked',
      (books) => void ((row(books, 3).legs[0] as { amount: string }).amount = '2'),
    ],
    [
      'goods go twice',
      'with rfd_2, more of pur_1 is taken than it had',
      (books) => {
        row(books, 3).reverses = null;
        row(books, 2).takes.amounts = [{ asset: 'points', amount: '4' }];
      },
    ],
  ])('%s', (_, sentence, change) => {
    expect(findingsOf(falsifiedOutside(({ books }) => change(books))).join('\n')).toContain(sentence);
  });
});
