import type { Cause } from '../contracts/nouns.js';

/**
 * Every error and every refusal of Veltrix by its stable code, with its title. docs/errors.md describes each
 * one, and src/http/problem-status.ts gives each its HTTP status; tests hold the three lists equal.
 */
export const errorTitles = {
  // Errors of the request itself, whatever it asks for.
  'malformed-request': 'The request is not valid HTTP',
  'malformed-json': 'The body is not one valid JSON document',
  'validation-failed': 'The request does not have the required shape',
  'unsupported-media-type': 'The body must be application/json in UTF-8',
  'body-too-large': 'The body is too large',
  'uri-too-long': 'The address is too long',
  'headers-too-large': 'The header fields are too large',
  'request-timeout': 'The request did not arrive in time',
  'expectation-failed': 'The expectation cannot be met',
  'not-found': 'There is no such thing here',
  'method-not-allowed': 'This method is not allowed here',
  unauthenticated: 'A valid API key is required',
  'too-many-wrong-keys': 'Too many wrong keys of one address',
  forbidden: 'The API key lacks the scope',
  'idempotency-key-missing': 'The Idempotency-Key header is required',
  'idempotency-key-invalid': 'The Idempotency-Key header is not valid',
  'idempotency-key-reused': 'The Idempotency-Key was used with another request',
  'prefer-invalid': 'The Prefer header is not valid',
  'cursor-invalid': 'The cursor is not valid here',
  'if-match-invalid': 'The If-Match header is not one strong entity tag',
  'condition-not-evaluated': 'A condition of the request is not evaluated here',
  'precondition-failed': 'The resource has changed since it was read',
  overloaded: 'Too many requests are waiting',
  'row-held': 'Another transaction holds a row that is needed',
  unavailable: 'The service cannot answer now',
  internal: 'The service has failed',
  // Titles.
  'title-exists': 'The title exists already',
  // The ledger.
  'unknown-asset': 'The asset is not defined',
  'asset-kind-fixed': 'The kind and scale of an asset cannot change',
  'asset-not-tradeable': 'The asset cannot be traded',
  'insufficient-funds': 'The account does not hold enough',
  'balance-limit-exceeded': 'The account would hold more than the asset allows',
  'balance-overflow': 'The balance would not fit 18 digits',
  'account-frozen': 'The account is frozen',
  'account-closed': 'The account is closed',
  'account-not-empty': 'The account is not empty',
  'already-reversed': 'The transfer has been reversed already',
  'reversal-too-large': 'More was to be reversed than is left',
  'not-reversible': 'The transfer cannot be reversed by this route',
  // The inventory.
  'unknown-item': 'The item is not defined',
  'item-not-found': 'The item instance does not exist',
  'item-not-owned': 'The item instance belongs to another owner',
  'item-held': 'The item instance is held by another exchange',
  'item-burned': 'The item instance was burned',
  'item-not-tradeable': 'The item cannot be traded',
  'item-retired': 'No more instances of the item are minted',
  'item-sold-out': 'As many instances of the item as there may ever be are taken',
  'item-limit-fixed': 'The limit of the item cannot be changed like this',
  'exchange-not-held': 'The exchange has never held its item instances',
  // The catalog.
  'product-not-published': 'The product was never published',
  // The store.
  'unknown-product': 'The product is not published',
  'price-changed': 'The product has another price now',
  'not-on-sale': 'The product is not on sale now',
  'out-of-stock': 'Less of the product is left',
  'purchase-limit-reached': 'The player may not buy so much of the product',
  'amount-not-payable': 'So much cannot be paid in the currency',
  'too-many-purchases': 'Too many purchases in real money',
  'purchase-not-cancellable': 'The purchase cannot be cancelled any more',
  // Refunds.
  'purchase-not-refundable': 'The purchase cannot be refunded',
  'purchase-not-paid': 'The purchase was not paid yet and is cancelled',
  'purchase-disputed': 'The payment of the purchase is disputed',
  'already-refunded': 'Nothing of the purchase is left to refund',
  'refund-too-large': 'More was to be refunded than is left',
  'refund-under-way': 'Another refund of the purchase is under way',
  // Payments.
  'secrets-key-missing': 'The service has no key to keep secrets by',
  'payment-account-missing': 'The title has no account at the payment provider',
  'payment-processing': 'It is not known yet whether the payment will be made',
  // Reconciliation.
  'reconciliation-not-finished': 'The reconciliation has not finished yet',
  // The ends of payments.
  'payment-declined': 'The payment was declined',
  'payment-expired': 'The buyer has not paid in time',
  'purchase-cancelled': 'The purchase was cancelled',
  'payment-cancelled': 'The payment was cancelled at the provider',
  'capture-refused': 'The provider refuses to capture the payment',
  // Why a payment waits for a person.
  'payment-mismatch': 'The provider tells another payment than the purchase',
  'payment-status-unknown': 'The provider tells a status that is not known',
  'payment-missing': 'The provider does not know the payment',
  'payment-key-misused': 'The provider knows the key by another call',
  'payment-contradiction': 'The provider contradicts what it has told before',
  'refund-refused': 'The provider refuses to give the money back',
  'refund-failed': 'The refund has failed at the provider',
  // The other end of a refund that gave nothing back, and why one waits for a person.
  'refund-canceled': 'The refund was canceled at the provider',
  'refund-mismatch': 'The provider tells another refund than was asked for',
  'refund-reversed': 'The refund has come back to the provider',
  'webhook-signature-invalid': 'The event is not signed by the provider, or not just now',
  // The end of a saga that an operator turned back.
  'compensated-by-operator': 'An operator turned the exchange back',
  // What an operator's act on a saga can be refused for.
  'saga-not-stuck': 'The saga waits for no step that fails',
  'saga-busy': 'Another act on the saga is under way',
  'saga-not-alone': 'No run settles the deal by itself',
  'saga-not-parked': 'No operator has parked the saga',
  'saga-not-resolvable': 'The pivot of the saga has not decided',
  'step-failed-again': 'The step has failed again',
  'too-late': 'The deal is past the point of turning back',
} as const;

/** One of the stable codes. */
export type ErrorCode = keyof typeof errorTitles;

/** Why a request or an element was refused: a Cause whose code is one of the stable codes. */
export interface Refusal extends Cause {
  code: ErrorCode;
}

/** One mistake in a request. `pointer` is a JSON pointer into the body, or the name of a header or parameter. */
export interface FieldError {
  pointer: string;
  code: string;
  detail: string;
}

/** Members that the problem documents of some errors have beside those that all have. */
export interface ProblemMembers {
  /** What the order costs now, in each asset and each currency in which it can be paid. */
  prices?: readonly ({ asset: string; amount: string } | { currency: string; amount: string })[];
  /** What is left to refund of the purchase, in the asset or the currency that was paid. */
  left?: { asset: string; amount: string } | { currency: string; amount: string };
  /** When to try again, for the Retry-After header; missing where the code says it. */
  retryAfterSeconds?: number;
}

/** The error that code of Veltrix throws on purpose; src/http turns it into a problem document. */
export class VeltrixError extends Error {
  /**
   * @param code one of the stable codes
   * @param detail a sentence for the caller, without secrets
   * @param errors the mistakes in the request, where they have a place
   * @param members further members of the problem document
   */
  constructor(
    readonly code: ErrorCode,
    detail: string,
    readonly errors: readonly FieldError[] = [],
    readonly members: ProblemMembers = {},
  ) {
    super(detail);
    this.name = 'VeltrixError';
  }
}

/** What is said where a key comes with another request. A route has its keys for itself, so its path may differ too. */
export const keyReusedDetail = 'The key belongs to another request of this route, with another body or another path.';

/** What is said where a resource is not at the version that is expected. */
export function notAsExpected(what: string, expected: bigint | number): VeltrixError {
  const detail = BigInt(expected) === 0n ? `${what} is there already.` : `${what} is not at version ${expected}.`;
  return new VeltrixError('precondition-failed', detail);
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
