import type { Books, CallRow, DealRow, IntentRow, PaymentRow, PurchaseRow } from './books.js';
import { unlikeDeal } from './checker-deals.rules.js';
import { checkPaidBack } from './checker-refunds.rules.js';
import { isDone, isOfMoney, isPurchase, moneyOf } from './deals.rules.js';
import { codeOf, type Evidence, type Operation, type Say, type Told } from './evidence.rules.js';
import { canBeDeclined, currency, deadlineSeconds, wayOf } from './money.js';

/* What only purchases in real money have: the books of a provider, in which all of it must be once. */

/** Clocks of one machine differ by less. */
const slackMs = 50;

/** What the books say of one purchase. */
interface Paid {
  intents: IntentRow[];
  /** The calls that captured something for it. */
  captures: CallRow[];
  payment: PaymentRow | undefined;
}

/** Holds every purchase in real money to the provider's own books, and those to the ledger's. */
export function checkPayments({ payments, provider }: Books, evidence: Evidence, say: Say): void {
  const { deals, accounts, refundsAtProvider } = evidence;
  const paid = new Map<string, Paid>();
  const byReference = new Map<string, string>();
  const of = (id: string): Paid => {
    const known = paid.get(id) ?? { intents: [], captures: [], payment: undefined };
    paid.set(id, known);
    return known;
  };
  for (const payment of payments) of(payment.id).payment = payment;
  for (const intent of provider.intents) {
    const id = String(intent.metadata['purchase']);
    byReference.set(intent.reference, id);
    of(id).intents.push(intent);
  }
  const keys = new Set(payments.flatMap((one) => one.keys));
  for (const call of provider.calls) {
    const id = byReference.get(call.path.split('/')[3] ?? '');
    if (call.effect === 'captured' && id !== undefined) of(id).captures.push(call);
    if (call.key !== null && /^\/v1\/(payment_intents|refunds)/.test(call.path) && !keys.has(call.key))
      say('wrong', `${call.path} was called with the key ${call.key}, which was not written down`);
  }
  for (const row of deals.values()) {
    if (isPurchase(row)) checkOne(row, of(row.id), say);
    else if (isOfMoney(row))
      checkPaidBack(row, refundsAtProvider.get(row.id) ?? [], of(row.purchase).payment?.reference, say);
  }
  for (const [id, { intents }] of paid) {
    const row = deals.get(id);
    for (const { reference, title } of intents)
      if (row === undefined || moneyOf(row) === undefined || row.title !== title)
        say('doubled', `${reference} was made for ${id}, which is no purchase in real money of ${title}`);
  }
  for (const title of new Set([...deals.values()].map((row) => row.title))) {
    const captured = provider.intents
      .filter((intent) => intent.title === title)
      .reduce((sum, intent) => sum + BigInt(intent.captured), 0n);
    // What was given back, and what disputes have taken or given back, with their fees.
    const returned = provider.movements
      .filter((one) => one.title === title && one.type !== 'charge')
      .reduce((sum, { amount, fee }) => sum - BigInt(amount) + BigInt(fee), 0n);
    const clearing = accounts.get(`${title} system:clearing:stripe ${currency}`)?.posted ?? 0n;
    if (clearing !== captured - returned)
      say(
        'wrong',
        `the clearing account of ${title} has ${clearing}, and the provider has captured ${captured} ` +
          `and given back ${returned}`,
      );
  }
}

function checkOne(row: PurchaseRow, { intents, captures, payment }: Paid, say: Say): void {
  const { id, state } = row;
  const pay = moneyOf(row);
  if (pay === undefined) return;
  const captured = intents.filter((intent) => intent.captured !== '0');
  if (captures.length > 1) say('doubled', `${id} was captured by ${captures.length} calls`);
  for (const { reference, status } of intents)
    if (status === 'requires_capture') say('wrong', `${id} is ${state}, and ${reference} is left authorised`);
  if (!isDone(row)) {
    if (captured.length > 0) say('wrong', `${id} is ${state}, and its money is captured`);
    const recorded = intents.find(({ reference }) => reference === payment?.reference);
    if (recorded !== undefined && recorded.status !== 'canceled')
      say('wrong', `${id} is ${state}, and its intent is left as ${recorded.status}`);
    return;
  }
  const [intent] = captured;
  if (intent === undefined) return say('lost', `${id} is ${state}, and no money was captured for it`);
  if (captured.length > 1) say('doubled', `${id} was captured on ${captured.length} intents`);
  if (intent.reference !== payment?.reference)
    say('wrong', `${id} was captured on ${intent.reference}, and its payment says ${payment?.reference}`);
  const [wanted, got] = [`${pay.amount} ${pay.currency}`, `${intent.captured} ${intent.currency.toUpperCase()}`];
  if (wanted !== got) say('wrong', `${id} is for ${wanted}, and ${got} were captured`);
}

/** Whether a purchase in real money can have come to such an end, by what its buyer and its title did. */
export function couldEndUnpaid(row: DealRow, order: Record<string, unknown>, code: string): boolean {
  const way = wayOf(order);
  if (moneyOf(row) === undefined || way === undefined) return false;
  if (code === 'payment-declined') return row.state === 'declined' && canBeDeclined(way);
  if (code === 'purchase-cancelled') return row.state === 'cancelled' && way.cancelled === true;
  if (code !== 'payment-expired') return false;
  return row.state === 'expired' && row.closedAt - row.createdAt >= deadlineSeconds * 1_000 - slackMs;
}

/** What was cancelled is not completed, unless its money was being taken just then; what was not is not cancelled. */
export function checkCancelled({ asked }: Operation, answer: Told, { deals }: Evidence, say: Say): void {
  const row = deals.get(String(asked.body['purchase']));
  if (row === undefined) return say('lost', `${String(asked.body['purchase'])} is not there`);
  if (answer.status < 300) {
    for (const fault of unlikeDeal(answer.body, row)) say('wrong', `${row.id} was answered with ${fault}`);
    if (isDone(row) && moneyOf(row)?.method === undefined)
      say('wrong', `${row.id} was cancelled, and completed although nobody has paid`);
  } else if (codeOf(answer) !== 'purchase-not-cancellable')
    say('wrong', `the cancel was refused for ${codeOf(answer)}`);
  else if (row.state === 'cancelled') say('wrong', `the cancel of ${row.id} was refused, and it is cancelled`);
}
