/** The injection token of the payment providers, a Map by their names. */
export const PAYMENT_PROVIDERS = Symbol('payment providers');
