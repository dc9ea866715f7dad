import type { Books, Leg, ProviderBooks, PurchaseRow, TransferRow } from './books.js';
import { dealLegs } from './deals.rules.js';
import { at } from './falsified.js';
import { falsifiedPayments } from './falsified-payments.js';
import { accountsOf } from './falsified-purchases.js';
import type { ProviderMovementRow } from './outside-books.js';
import { wantedMovements } from './outside.rules.js';
import type { Entry } from './recorder.js';
import type { RefundRow } from './refund-books.js';

const millis = Date.parse(at);

function moved(number: number, type: string, source: string, amount: string, fee = '0'): ProviderMovementRow {
  return { title: 'one', reference: `txn_${number}`, type, source, intent: 'pi_1', amount, fee, currency: 'eur' };
}

/** Of 99 a part is given back at the dashboard, and the rest is disputed and won. A second part has failed at once. */
function addMoved(provider: ProviderBooks): void {
  const refund = { title: 'one', intent: 'pi_1', currency: 'eur', metadata: {} };
  provider.refunds.push(
    { ...refund, reference: 're_1', status: 'succeeded', amount: '40' },
    { ...refund, reference: 're_2', status: 'failed', amount: '10' },
  );
  provider.disputes.push(
    { title: 'one', reference: 'dp_1', intent: 'pi_1', status: 'won' },
    { title: 'one', reference: 'dp_2', intent: 'pi_1', status: 'warning_closed' },
  );
  provider.movements.push(
    moved(1, 'refund', 're_1', '-40'),
    moved(2, 'adjustment', 'dp_1', '-59', '1500'),
    moved(3, 'adjustment', 'dp_1', '59'),
    moved(4, 'refund', 're_2', '-10'),
    moved(5, 'refund_failure', 're_2', '10'),
  );
}

/** What the goods do then: they go with the money, and come back with it. */
function refundsOf({ id, player, product }: PurchaseRow): RefundRow[] {
  const points = (amount: string): RefundRow['takes'] => ({ amounts: [{ asset: 'points', amount }], items: [] });
  const row = (number: number, found: string, amount: string, takes: RefundRow['takes']): RefundRow => ({
    ...{ title: 'one', createdAt: millis, closedAt: millis, accepted: 1, closed: 1, state: 'succeeded', code: null },
    ...{ id: `rfd_${number}`, key: `stripe/${found}`, reference: null, purchase: id, player, product, amount, takes },
    pay: { currency: 'EUR', amount: '99', provider: 'stripe' },
    ...{
      policy: 'debt',
      restock: false,
      grounds: 'g',
      found,
      reverses: null,
      legs: [],
      missing: [],
      decidedAt: number,
    },
  });
  const back: Leg = { from: 'system:mint', to: `player:${player}`, asset: 'points', amount: '3' };
  return [
    row(1, 're_1', '40', points('2')),
    row(2, 'dp_1', '59', points('3')),
    { ...row(3, 'dp_1', '59', points('3')), key: 'stripe/txn_3', reverses: 'rfd_2', legs: [back] },
  ];
}

/** Books the goods and the money, and keeps what has moved. */
function addBooked(books: Books): void {
  const add = (key: string, row: Pick<TransferRow, 'kind' | 'reason' | 'reference' | 'legs'>): void => {
    const sequence = books.transfers.length + 1;
    const id = `trf_${sequence}`;
    books.transfers.push({ ...row, id, sequence, title: 'one', reverses: null, told: 1 });
    books.transferOutcomes.push({ title: 'one', key, id, code: null });
  };
  for (const { key, kind: reason, purchase, leg } of wantedMovements(books.provider, () => false))
    add(key, { kind: 'paid', reason, reference: purchase, legs: [leg] });
  for (const row of books.refunds)
    add(`exchange/${row.id}`, {
      kind: 'exchange',
      reason: 'exchange',
      reference: row.id,
      legs: structuredClone(dealLegs(row)),
    });
  books.accounts = accountsOf(books.transfers);
}

/**
 * A record and books that agree about money that has moved without our asking: refunds made at the dashboard, a dispute
 * that was won and an inquiry; then changed.
 */
export function falsifiedOutside(change: (made: { entries: Entry[]; books: Books }) => void = () => undefined): {
  entries: Entry[];
  books: Books;
} {
  const whole = falsifiedPayments();
  const { books } = whole;
  const kept = { title: 'one', payment: 'pur_1' };
  addMoved(books.provider);
  books.refunds = refundsOf(books.purchases[0] as PurchaseRow);
  addBooked(books);
  books.outside = ['outside-refund/re_1', 'dispute/txn_2', 'dispute-fee/txn_2', 'dispute-reinstated/txn_3'].map(
    (name) => {
      const [kind, reference] = name.split('/') as [string, string];
      return { ...kept, kind, reference, booked: true };
    },
  );
  books.disputes = [
    { ...kept, reference: 'dp_1', state: 'won' },
    { ...kept, reference: 'dp_2', state: 'inquiry_closed' },
  ];
  books.payments[0] = { ...(books.payments[0] as Books['payments'][number]), returned: '40' };
  change(whole);
  return whole;
}
