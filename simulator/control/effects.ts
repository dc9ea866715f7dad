import type { Books } from '../books/books.js';
import type { Call, Effect, Intent } from '../books/records.js';

/** What the books say of a payment. Amounts are minor units in digits. */
interface IntentEffects {
  reference: string;
  status: string;
  amount: string;
  currency: string;
  captured: string;
  refunded: string;
  disputed: string;
  metadata: Record<string, string>;
}

interface RefundEffects {
  reference: string;
  /** The payment that it is of. */
  intent: string;
  status: string;
  amount: string;
  currency: string;
  metadata: Record<string, string>;
}

interface DisputeEffects {
  reference: string;
  /** The payment that it is of. */
  intent: string;
  status: string;
  amount: string;
  currency: string;
}

/** What has moved on the balance of an account, negative where it has left. The fee is beside the amount. */
interface MovementEffects {
  reference: string;
  type: string;
  /** What it is about: a charge, a refund or a dispute. */
  source: string;
  /** The payment that this is of. */
  intent: string;
  amount: string;
  fee: string;
  currency: string;
}

interface CallEffect {
  method: string;
  path: string;
  key: string | null;
  at: string;
  effect: Effect;
}

interface Effects {
  intents: IntentEffects[];
  refunds: RefundEffects[];
  disputes: DisputeEffects[];
  movements: MovementEffects[];
  calls: CallEffect[];
}

/**
 * What the provider's own books say.
 * @param reference an id of a payment or of what belongs to it, or a value of its metadata; without it, everything
 * @param account a secret key; without it, every account
 */
export function effectsOf(books: Books, reference: string | undefined, account: string | undefined): Effects {
  const ofAccount = (record: { account: string }): boolean => account === undefined || record.account === account;
  const named = reference === undefined ? undefined : idOfIntent(books, reference);
  const isMeant = (intent: Intent): boolean =>
    reference === undefined || intent.id === named || Object.values(intent.metadata).includes(reference);
  const intents = books.all('intent').filter((intent) => ofAccount(intent) && isMeant(intent));
  const ids = new Set([...intents.map(({ id }) => id), ...(reference === undefined ? [] : [reference])]);
  const isAbout = (call: Call): boolean => reference === undefined || call.about.some((id) => ids.has(id));
  const calls = books.all('call').filter((call) => ofAccount(call) && isAbout(call));
  const moved = movedOf(books);
  const refunds = books.all('refund').filter((refund) => ofAccount(refund) && ids.has(refund.intent));
  return {
    intents: intents.map((intent) => ({
      reference: intent.id,
      status: intent.status,
      amount: String(intent.amount),
      currency: intent.currency,
      captured: String(intent.received),
      refunded: String(moved.refunded.get(intent.id) ?? 0n),
      disputed: String(moved.disputed.get(intent.id) ?? 0n),
      metadata: intent.metadata,
    })),
    refunds: refunds.map(({ id, intent, status, amount, currency, metadata }) => ({
      reference: id,
      intent,
      status,
      amount: String(amount),
      currency,
      metadata,
    })),
    disputes: books
      .all('dispute')
      .filter((dispute) => ofAccount(dispute) && ids.has(dispute.intent))
      .map(({ id, intent, status, amount, currency }) => ({
        reference: id,
        intent,
        status,
        amount: String(amount),
        currency,
      })),
    movements: movementsOf(books)
      .filter((one) => ofAccount(one.of) && ids.has(one.effects.intent))
      .map(({ effects }) => effects),
    calls: calls.map(({ method, path, key, at, effect }) => ({ method, path, key, at, effect })),
  };
}

/** What has moved on balances for payments, with the account that each is of. What was paid out is not among it. */
function movementsOf(books: Books): { of: { account: string }; effects: MovementEffects }[] {
  return books.all('transaction').flatMap((transaction) => {
    const { id: reference, type, source, amount, fee, currency } = transaction;
    const about = books.get('charge', source) ?? books.get('refund', source) ?? books.get('dispute', source);
    if (about === undefined) return [];
    const { intent } = about;
    const said = { reference, type, source, intent, amount: String(amount), fee: String(fee), currency };
    return [{ of: transaction, effects: said }];
  });
}

function idOfIntent(books: Books, reference: string): string {
  const named = books.get('charge', reference) ?? books.get('refund', reference) ?? books.get('dispute', reference);
  return named?.intent ?? reference;
}

/** Money that has left by refunds that are done and by disputes that are not won, by intent. */
function movedOf(books: Books): { refunded: Map<string, bigint>; disputed: Map<string, bigint> } {
  const sum = (records: { intent: string; amount: bigint }[]): Map<string, bigint> => {
    const sums = new Map<string, bigint>();
    for (const { intent, amount } of records) sums.set(intent, (sums.get(intent) ?? 0n) + amount);
    return sums;
  };
  return {
    refunded: sum(books.all('refund').filter(({ status }) => status === 'succeeded')),
    disputed: sum(
      books
        .all('dispute')
        .filter(({ status }) => ['needs_response', 'lost', 'appeal_under_review', 'prevented'].includes(status)),
    ),
  };
}
