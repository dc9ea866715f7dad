/** The injection token of the payment providers, a Map by their names. */
export const PAYMENT_PROVIDERS = Symbol('payment providers');

/** The injection token of the `PaymentListener`. */
export const PAYMENT_LISTENER = Symbol('who listens to payments');

/** Whoever wants to hear that a provider has told something of payments or refunds. */
export interface PaymentListener {
  /**
   * Hears of changes. It may hear of the same several times.
   * @param ids the ids of the purchases whose payments may have changed, or of refunds
   * @returns the ids of those that have to be told again, because somebody holds their rows
   */
  changed(ids: readonly string[]): Promise<readonly string[]>;
}
