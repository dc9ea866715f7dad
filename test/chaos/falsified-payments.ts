import type { Books, CallRow, IntentRow, PaymentRow, PurchaseRow, TransferRow } from './books.js';
import { dealLegs, isDone } from './deals.rules.js';
import { answered, asked, at } from './falsified.js';
import { accountsOf } from './falsified-purchases.js';
import { deadlineSeconds, ways, type Way, type WayName } from './money.js';
import { priceOf, productOf, type Product } from './products.js';
import type { Entry } from './recorder.js';

const millis = Date.parse(at);
const potion = productOf('potion') as Product;

/** A purchase of a potion by cat, with all that is known of it. */
interface Made {
  row: PurchaseRow;
  way: WayName;
  payment: PaymentRow;
  intent: IntentRow;
  calls: CallRow[];
}

function made(number: number, way: WayName, state: string, code: string | null): Made {
  const id = `pur_${number}`;
  const { method }: Way = ways[way];
  const done = state === 'completed';
  const reference = `pi_${number}`;
  const price = priceOf(potion, 1, true);
  const call = (kind: string, effect: string): CallRow => ({
    title: 'one',
    path: kind === 'create' ? '/v1/payment_intents' : `/v1/payment_intents/${reference}/${kind}`,
    key: `${id}:${kind}:1`,
    effect,
  });
  const last = done ? call('capture', 'captured') : call('cancel', 'cancelled');
  const calls = [call('create', 'created'), ...(method === undefined ? [] : [call('confirm', 'authorized')]), last];
  return {
    way,
    row: {
      id,
      title: 'one',
      key: `p${number}`,
      state,
      code,
      reference: 'r',
      createdAt: millis,
      closedAt: millis + deadlineSeconds * 1_000,
      accepted: 1,
      closed: 1,
      player: 'cat',
      product: potion.code,
      version: 1,
      quantity: 1,
      pay: { ...price, ...(method !== undefined && { method }) },
      content: { amounts: potion.amounts, items: [] },
    },
    payment: {
      id,
      state: done ? 'captured' : 'cancelled',
      reference,
      returned: '0',
      keys: calls.map(({ key }) => String(key)),
    },
    intent: {
      title: 'one',
      reference,
      status: done ? 'succeeded' : 'canceled',
      amount: price.amount,
      currency: 'eur',
      captured: done ? price.amount : '0',
      metadata: { purchase: id, title: 'one' },
    },
    calls,
  };
}

const all = [
  made(1, 'card', 'completed', null),
  made(2, 'declined card', 'declined', 'payment-declined'),
  made(3, 'own page of a cancelled purchase', 'cancelled', 'purchase-cancelled'),
  made(4, 'own page that nobody sees', 'expired', 'payment-expired'),
];

function bodyOf({ row }: Made): Record<string, unknown> {
  const { id, state, code, version, content, player, product, quantity, pay, reference } = row;
  const reason = code === null ? {} : { reason: { code, detail: 'd' } };
  return { id, state, ...reason, version, content, player, product, quantity, pay, reference, createdAt: at };
}

function record(): Entry[] {
  const cancelled = all[2] as Made;
  return [
    ...all.flatMap((one) => {
      const { player, product, quantity, pay, reference } = one.row;
      return [
        asked(one.row.key, 'purchase', { player, product, quantity, pay, reference, way: one.way }),
        { ...answered(one.row.key, 202, bodyOf(one)), tries: 1 },
      ];
    }),
    asked('cancel', 'cancel', { purchase: cancelled.row.id }),
    answered('cancel', 200, bodyOf(cancelled)),
    asked('late', 'cancel', { purchase: 'pur_1' }),
    answered('late', 409, { code: 'purchase-not-cancellable', detail: 'd' }),
  ];
}

function books(): Books {
  const rows = all.map(({ row }) => row);
  const transfers = rows.filter(isDone).map((row, index): TransferRow => ({
    id: `trf_${index + 1}`,
    title: 'one',
    sequence: index + 1,
    kind: 'paid',
    reason: 'purchase',
    reference: row.id,
    reverses: null,
    legs: dealLegs(row),
    told: 1,
  }));
  return {
    transfers,
    accounts: accountsOf(transfers),
    transferOutcomes: transfers.map(({ id, reference }) => ({
      title: 'one',
      key: `exchange/${reference}`,
      id,
      code: null,
    })),
    trades: [],
    purchases: rows,
    refunds: [],
    debts: [],
    freezes: [],
    payments: all.map(({ payment }) => payment),
    outside: [],
    disputes: [],
    provider: {
      intents: all.map(({ intent }) => intent),
      refunds: [],
      disputes: [],
      movements: [],
      calls: all.flatMap(({ calls }) => calls),
    },
    sales: [{ title: 'one', product: potion.code, sold: 1 }],
    items: [],
    instances: [],
    issues: [],
    convoys: [1],
    disagreements: [],
  };
}

/**
 * A record and books that agree about purchases in real money: completed, declined, cancelled and expired, and a cancel
 * that came too late; then changed.
 */
export function falsifiedPayments(change: (made: { entries: Entry[]; books: Books }) => void = () => undefined): {
  entries: Entry[];
  books: Books;
} {
  // No part may be shared, so that a change of one changes no other.
  const whole = { entries: JSON.parse(JSON.stringify(record())) as Entry[], books: structuredClone(books()) };
  change(whole);
  return whole;
}
