import { describe, expect, test } from '@jest/globals';
import type { Books, CallRow, IntentRow, PurchaseRow, TransferRow } from './books.js';
import { answerOf, askedOf, findingsOf } from './falsified.js';
import { falsifiedPayments } from './falsified-payments.js';
import type { Entry } from './recorder.js';

interface Made {
  entries: Entry[];
  books: Books;
}
const intent = ({ provider }: Books, number: number): IntentRow => provider.intents[number - 1] as IntentRow;
const row = ({ purchases }: Books, number: number): PurchaseRow => purchases[number - 1] as PurchaseRow;
const capture = ({ provider }: Books): CallRow => provider.calls.find(({ effect }) => effect === 'captured') as CallRow;
const transfer = ({ transfers }: Books): TransferRow => transfers[0] as TransferRow;
const clearing = ({ accounts }: Books): Books['accounts'][number] =>
  accounts.find(({ owner }) => owner === 'system:clearing:stripe') as Books['accounts'][number];

test('the checker finds nothing in a record of purchases in real money that agrees with its books', () => {
  expect(findingsOf(falsifiedPayments())).toEqual([]);
});

describe('the checker sees it where', () => {
  test.each<[string, string, (made: Made) => void]>([
    [
      'goods are granted without a capture',
      'no money was captured for it',
      ({ books }) => void Object.assign(intent(books, 1), { status: 'canceled', captured: '0' }),
    ],
    [
      'money is captured twice',
      'was captured on 2 intents',
      ({ books }) => void books.provider.intents.push({ ...intent(books, 1), reference: 'pi_9' }),
    ],
    [
      'two calls have captured',
      'was captured by 2 calls',
      ({ books }) => void books.provider.calls.push({ ...capture(books) }),
    ],
    [
      'money is captured for a cancelled purchase',
      'pur_3 is cancelled, and its money is captured',
      ({ books }) => void Object.assign(intent(books, 3), { status: 'succeeded', captured: '99' }),
    ],
    ['another amount is captured', 'is for 99 EUR, and 98 EUR', ({ books }) => void (intent(books, 1).captured = '98')],
    [
      'another currency is captured',
      'is for 99 EUR, and 99 USD',
      ({ books }) => void (intent(books, 1).currency = 'usd'),
    ],
    [
      'another intent is captured than is recorded',
      'its payment says pi_8',
      ({ books }) => void ((books.payments[0] as { reference: string }).reference = 'pi_8'),
    ],
    [
      'the clearing account is off by one',
      'the clearing account of one has 100',
      ({ books }) => void (clearing(books).posted += 1n),
    ],
    [
      'an intent is left authorised',
      'pi_2 is left authorised',
      ({ books }) => void (intent(books, 2).status = 'requires_capture'),
    ],
    [
      'an intent that no row has is left authorised',
      'pi_9 is left authorised',
      ({ books }) =>
        void books.provider.intents.push({ ...intent(books, 4), reference: 'pi_9', status: 'requires_capture' }),
    ],
    [
      'an intent can be paid after its purchase was closed',
      'its intent is left as requires_payment_method',
      ({ books }) => void (intent(books, 4).status = 'requires_payment_method'),
    ],
    [
      'an intent is of no purchase',
      'which is no purchase in real money',
      ({ books }) => void (intent(books, 2).metadata = { purchase: 'pur_9' }),
    ],
    [
      'an intent is on the account of another title',
      'which is no purchase in real money of two',
      ({ books }) => void (intent(books, 2).title = 'two'),
    ],
    [
      'a call is made with a key of its own',
      'which was not written down',
      ({ books }) => void (capture(books).key = 'pur_1:capture:2'),
    ],
    [
      'a purchase in real money is booked as an exchange',
      'by a transfer of the kind exchange',
      ({ books }) => void (transfer(books).kind = 'exchange'),
    ],
    ['the money is booked nowhere', 'did not move all that it says', ({ books }) => void books.transfers.pop()],
    [
      'the money is booked twice',
      'moved 2 times legs',
      ({ books }) => void books.transfers.push({ ...transfer(books), id: 'trf_9' }),
    ],
    [
      'the money comes from the buyer’s gold',
      'booked player:cat>system:store',
      ({ books }) =>
        void (transfer(books).legs[0] = { from: 'player:cat', to: 'system:store', asset: 'gold', amount: '3' }),
    ],
    [
      'a declined purchase is booked',
      'pur_2 is declined and moved 1 times legs',
      ({ books }) => void (transfer(books).reference = 'pur_2'),
    ],
    [
      'a good card is declined',
      'was refused for payment-declined and that was not so',
      ({ entries }) => void (askedOf(entries, 'p2').body['way'] = 'card'),
    ],
    [
      'it is cancelled and nobody cancels it',
      'was refused for purchase-cancelled and that was not so',
      ({ entries }) => void (askedOf(entries, 'p3').body['way'] = 'own page'),
    ],
    [
      'it expires before its time',
      'was refused for payment-expired and that was not so',
      ({ books }) => void (row(books, 4).closedAt -= 5_000),
    ],
    [
      'it ends otherwise than its reason says',
      'was refused for payment-expired and that was not so',
      ({ books }) => void (row(books, 4).state = 'declined'),
    ],
    [
      'what is cancelled keeps its stock',
      'is counted as sold 2 times',
      ({ books }) => void ((books.sales[0] as { sold: number }).sold = 2),
    ],
    [
      'a cancelled purchase is completed and nobody has paid',
      'although nobody has paid',
      ({ books, entries }) => {
        Object.assign(row(books, 3), { state: 'completed', code: null });
        Object.assign(answerOf(entries, 'cancel').body, { state: 'accepted', reason: undefined });
      },
    ],
    [
      'a cancel is told with another end',
      'was answered with the state expired',
      ({ entries }) => void (answerOf(entries, 'cancel').body['state'] = 'expired'),
    ],
    [
      'a cancel is refused and done',
      'the cancel of pur_3 was refused, and it is cancelled',
      ({ entries }) => void (askedOf(entries, 'late').body['purchase'] = 'pur_3'),
    ],
    [
      'a cancel is refused for nothing',
      'the cancel was refused for payment-processing',
      ({ entries }) => void (answerOf(entries, 'late').body['code'] = 'payment-processing'),
    ],
    [
      'real money is taken for what is not sold for it',
      'for which gift is not sold',
      ({ books }) => void (row(books, 1).product = 'gift'),
    ],
    [
      'the price is not the product’s',
      'the price makes it',
      ({ books }) => void ((row(books, 1).pay as { amount: string }).amount = '98'),
    ],
    [
      'another method is charged than the buyer has sent',
      'was acknowledged and cat 1 potion',
      ({ books }) => void Object.assign(row(books, 1).pay, { method: 'pm_card_mastercard' }),
    ],
  ])('%s', (_, sentence, change) => {
    expect(findingsOf(falsifiedPayments(change)).join('\n')).toContain(sentence);
  });
});
