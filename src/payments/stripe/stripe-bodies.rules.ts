import type { CallBody, OperationKind, PaymentTerms, RefundTerms } from '../provider.types.js';

const intents = '/v1/payment_intents';
export const refunds = '/v1/refunds';

/** The path of an intent, or of what is done to it. */
export function pathOf(kind: OperationKind | 'fetch', reference: string | null): string {
  if (kind === 'create') return intents;
  const path = `${intents}/${encodeURIComponent(reference ?? '')}`;
  return kind === 'fetch' ? `${path}?expand[0]=latest_charge.balance_transaction` : `${path}/${kind}`;
}

/** The path of one page of the intents that were made within a time. Stripe counts it in whole seconds. */
export function pathOfPage({ from, to }: { from: Date; to: Date }, after: string | undefined): string {
  const query = new URLSearchParams({
    'created[gte]': String(Math.floor(from.getTime() / 1000)),
    'created[lte]': String(Math.ceil(to.getTime() / 1000)),
    limit: '100',
    ...(after !== undefined && { starting_after: after }),
  });
  return `${intents}?${query.toString()}`;
}

/**
 * The parameters of a call. An intent is made without being confirmed, so that nobody can pay it before its id is kept.
 * A confirmation asks for the charge, which says until when it can be captured.
 */
export function bodyOf(kind: OperationKind, terms: PaymentTerms): CallBody {
  switch (kind) {
    case 'create':
      return createBody(terms);
    case 'confirm':
      return { ...(terms.method !== null && { payment_method: terms.method }), 'expand[0]': 'latest_charge' };
    case 'capture':
      return { amount_to_capture: terms.amount.toString() };
    case 'cancel':
      return {};
  }
}

/** The path of one page of all in a list that belongs to an intent. */
export function pathOfAll(path: string, intent: string, after: string | undefined): string {
  const query = new URLSearchParams({
    payment_intent: intent,
    limit: '100',
    ...(after !== undefined && { starting_after: after }),
  });
  return `${path}?${query.toString()}`;
}

/** The parameters of a refund. */
export function refundBodyOf({ title, purchase, reference, amount, refund }: RefundTerms): CallBody {
  return {
    payment_intent: reference,
    amount: amount.toString(),
    'metadata[title]': title,
    'metadata[purchase]': purchase,
    ...(refund !== null && { 'metadata[refund]': refund }),
  };
}

function createBody({ title, id, currency, amount, method }: PaymentTerms): CallBody {
  return {
    amount: amount.toString(),
    currency: currency.toLowerCase(),
    capture_method: 'manual',
    // A buyer's page can send the buyer elsewhere and back, so it offers whatever the account takes. Our confirmation
    // cannot, and without `never` Stripe would ask it for a page to come back to. Beside it Stripe refuses
    // `confirmation_method`, which is `automatic` then: page and server may confirm.
    'automatic_payment_methods[enabled]': 'true',
    ...(method !== null && { 'automatic_payment_methods[allow_redirects]': 'never', payment_method: method }),
    'metadata[title]': title,
    'metadata[purchase]': id,
  };
}
