import { describe, expect, test } from '@jest/globals';
import type { Books, InstanceRow, TransferRow } from './books.js';
import { answerOf, askedOf, findingsOf } from './falsified.js';
import { falsifiedRefunds } from './falsified-refunds.js';
import type { Entry } from './recorder.js';
import type { DebtRow, FreezeRow, ProviderRefundRow, RefundRow } from './refund-books.js';

interface Made {
  entries: Entry[];
  books: Books;
}
const row = ({ refunds }: Books, number: number): RefundRow => refunds[number - 1] as RefundRow;
const atProvider = ({ provider }: Books, number: number): ProviderRefundRow =>
  provider.refunds.find(({ metadata }) => metadata['refund'] === `rfd_${number}`) as ProviderRefundRow;
const transferOf = ({ transfers }: Books, deal: string): TransferRow =>
  transfers.find(({ reference }) => reference === deal) as TransferRow;
const instance = ({ instances }: Books, id: string): InstanceRow =>
  instances.find((one) => one.id === id) as InstanceRow;
const debt = ({ debts }: Books): DebtRow => debts[0] as DebtRow;
const freeze = ({ freezes }: Books): FreezeRow => freezes[0] as FreezeRow;

test('the checker finds nothing in a record of refunds that agrees with its books', () => {
  expect(findingsOf(falsifiedRefunds())).toEqual([]);
});

describe('the checker sees it where', () => {
  test.each<[string, string, (made: Made) => void]>([
    [
      'goods are taken and no money was given back',
      'no money was given back for it',
      ({ books }) => void (atProvider(books, 1).status = 'failed'),
    ],
    [
      'money is given back twice',
      'rfd_1 was given back 2 times',
      ({ books }) => void books.provider.refunds.push({ ...atProvider(books, 1), reference: 're_9' }),
    ],
    [
      'another amount is given back',
      'is for 125 EUR, and 124 EUR were given back',
      ({ books }) => void (atProvider(books, 1).amount = '124'),
    ],
    [
      'money is given back of another payment',
      'was given back of pi_pur_4',
      ({ books }) => void (atProvider(books, 1).intent = 'pi_pur_4'),
    ],
    [
      'another refund of the provider is recorded',
      'was given back by re_1, and it says re_8',
      ({ books }) => void (row(books, 1).reference = 're_8'),
    ],
    [
      'money is given back for a refund that has failed',
      'rfd_4 is failed, and its money was given back',
      ({ books }) => void (atProvider(books, 4).status = 'succeeded'),
    ],
    [
      'a refund is left pending at the provider',
      'is left as pending',
      ({ books }) => void (atProvider(books, 4).status = 'pending'),
    ],
    [
      'a refund has failed that the provider never refused',
      'was refused for refund-failed and that was not so',
      ({ books }) => void (atProvider(books, 4).status = 'canceled'),
    ],
    [
      'money is given back that no refund is for',
      're_9 was made for rfd_9',
      ({ books }) =>
        void books.provider.refunds.push({ ...atProvider(books, 4), reference: 're_9', metadata: { refund: 'rfd_9' } }),
    ],
    [
      'a call for a refund was not written down',
      'which was not written down',
      ({ books }) =>
        void books.provider.calls.push({ title: 'one', path: '/v1/refunds', key: 'rfd_1:refund:2', effect: 'none' }),
    ],
    [
      'the clearing account does not know of what was given back',
      'the clearing account of one has 348',
      ({ books }) =>
        void books.accounts
          .filter(({ owner }) => owner === 'system:clearing:stripe')
          .forEach((one) => (one.posted += 249n)),
    ],
    [
      'more is refunded than was paid',
      'pur_1 was paid with 249, and 250 were given back',
      ({ books }) => void (row(books, 2).amount = '125'),
    ],
    [
      'less of the content is taken than its share',
      'of 249 of pur_1 is refunded, and 0 is taken, not 1',
      ({ books }) => void (row(books, 1).takes.items = []),
    ],
    [
      'an instance is taken twice',
      'an instance of pur_1 was taken twice',
      ({ books }) => void (row(books, 2).takes = row(books, 1).takes),
    ],
    [
      'an instance is taken that was not bought',
      'which never had it',
      ({ books }) => void (row(books, 2).takes.items[0] = { instance: 'ins_21', owed: '124' }),
    ],
    [
      'another price is owed for an instance',
      'rfd_1 owes 99 for ins_10, and its price is 125',
      ({ books }) => void (row(books, 1).takes.items[0] = { instance: 'ins_10', owed: '99' }),
    ],
    [
      'the price is booked of what was moved',
      'rfd_2 is succeeded and moved 1 times legs and 1 items',
      ({ books }) => void (row(books, 2).missing = ['ins_11']),
    ],
    [
      'what is missing was there all the time',
      'rfd_1 has ins_10 as missing, and player:cat had it',
      ({ books }) => void (instance(books, 'ins_10').movements.length = 1),
    ],
    [
      'what is there is not moved',
      'rfd_2 is succeeded and did not move all that it says',
      ({ books }) => void (instance(books, 'ins_11').movements.length = 2),
    ],
    [
      'the fees bear nothing of what was spent',
      'rfd_5 of one booked',
      ({ books }) =>
        void (transferOf(books, 'rfd_5').legs = [
          { from: 'system:store', to: 'player:cat', asset: 'gold', amount: '3' },
          { from: 'player:cat', to: 'system:mint', asset: 'points', amount: '5' },
        ]),
    ],
    [
      'a failed refund has booked something',
      'rfd_4 is failed and moved 1 times legs',
      ({ books }) =>
        void books.transfers.push({ ...transferOf(books, 'rfd_1'), id: 'trf_99', sequence: 99, reference: 'rfd_4' }),
    ],
    [
      'somebody owes by a refund that absorbs',
      'which may make nobody owe anything',
      ({ books }) => void (row(books, 6).policy = 'absorb'),
    ],
    ['a debt is not kept', 'owes 125 by', ({ books }) => void books.debts.shift()],
    ['another debt is kept', 'and 124 is kept', ({ books }) => void (debt(books).amount = '124')],
    [
      'a debt is kept of somebody who was not short',
      'and nobody was short',
      ({ books }) => void books.debts.push({ ...debt(books), asset: 'gold' }),
    ],
    ['what a refund was to freeze is open', 'was frozen and is open', ({ books }) => void books.freezes.pop()],
    [
      'an account is frozen by nobody',
      'one player:dog gold is frozen, and no refund has frozen it',
      ({ books }) => void books.freezes.push({ ...freeze(books), owner: 'player:dog', asset: 'gold' }),
    ],
    ['an account is frozen twice', 'was frozen 2 times', ({ books }) => void (freeze(books).changes = 2)],
    [
      'stock is not given back',
      'one potion is counted as sold 3 times',
      ({ books }) => void ((books.sales[1] as { sold: number }).sold = 3),
    ],
    [
      'stock is given back that nobody wants back',
      'one potion is counted as sold 2 times, and its purchases make 3',
      ({ books }) => void (row(books, 6).restock = false),
    ],
    [
      'a purchase is refunded that is not completed',
      'which is not completed',
      ({ books }) => void ((books.purchases[0] as { state: string }).state = 'refused'),
    ],
    [
      'a refund is of another player than its purchase',
      'rfd_1 is of one dog',
      ({ books }) => void (row(books, 1).player = 'dog'),
    ],
    [
      'a refund is there that nobody asked for',
      'refund/f9 was never asked for',
      ({ books }) => void books.refunds.push({ ...row(books, 4), id: 'rfd_9', key: 'f9' }),
    ],
    [
      'an acknowledged refund is gone',
      'rfd_4 was acknowledged and is not there under its key',
      ({ books }) => void books.refunds.splice(3, 1),
    ],
    [
      'a refund is kept for another amount than was asked for',
      'it has the amount 125',
      ({ entries }) => void (askedOf(entries, 'f1').body['amount'] = '126'),
    ],
    [
      'a refund is kept by another policy than was asked for',
      'it has the policy debt',
      ({ entries }) => void (askedOf(entries, 'f1').body['spentGoods'] = 'absorb'),
    ],
    [
      'a refund is told without the refund of the provider',
      'the reference undefined',
      ({ entries }) => void (answerOf(entries, 'f1').body = { ...answerOf(entries, 'f1').body, reference: undefined }),
    ],
    [
      'a refund is told with another state',
      'the state failed',
      ({ entries }) => void (answerOf(entries, 'f2').body['state'] = 'failed'),
    ],
    [
      'a refund is declined though enough is left',
      'was declined for refund-too-large and that was not so',
      ({ entries }) => void (askedOf(entries, 'more').body['amount'] = '99'),
    ],
    [
      'a refund is declined though nothing was refunded',
      'was declined for already-refunded and that was not so',
      ({ entries }) => void (askedOf(entries, 'over').body['purchase'] = 'pur_4'),
    ],
    [
      'a refund is declined for another one, and none was under way',
      'was declined for refund-under-way and that was not so',
      ({ entries }) => void (answerOf(entries, 'more').body['code'] = 'refund-under-way'),
    ],
    [
      'a declined refund is there',
      'was declined and rfd_4 is there under its key',
      ({ entries }) => void (askedOf(entries, 'over').key = 'f4'),
    ],
    [
      'a refunded purchase is shown as completed',
      'with 0 refunded, which was from 249 to 249',
      ({ entries }) => {
        const { body } = answerOf(entries, 'bought');
        Object.assign(body, { state: 'completed', refunded: undefined });
      },
    ],
    [
      'a refunded purchase is shown as refunded in part',
      'as partially_refunded with 249 of 249 refunded',
      ({ entries }) => void (answerOf(entries, 'bought').body['state'] = 'partially_refunded'),
    ],
    [
      'a list of refunds leaves one out',
      'does not show rfd_1, which was acknowledged before',
      ({ entries }) => void (answerOf(entries, 'refunds').body['data'] as unknown[]).pop(),
    ],
  ])('%s', (_, sentence, change) => {
    expect(findingsOf(falsifiedRefunds(change)).join('\n')).toContain(sentence);
  });
});
