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

interface CallEffect {
  method: string;
  path: string;
  key: string | null;
  at: string;
  effect: Effect;
}

/**
 * What the provider's own books say.
 * @param reference an id of a payment or of what belongs to it, or a value of its metadata; without it, everything
 * @param account a secret key; without it, every account
 */
export function effectsOf(
  books: Books,
  reference: string | undefined,
  account: string | undefined,
): { intents: IntentEffects[]; refunds: RefundEffects[]; calls: CallEffect[] } {
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
    calls: calls.map(({ method, path, key, at, effect }) => ({ method, path, key, at, effect })),
  };
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
