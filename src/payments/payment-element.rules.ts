import type { ExchangeRef, Payment } from '../../contracts/nouns.js';
import { providers } from './accounts.types.js';
import type { PaymentElement } from './payments.types.js';

/**
 * A payment as the steps of a saga name it, with its amount as a bigint.
 * @throws Error for a provider that there is not
 */
export function elementOf({ id, title }: ExchangeRef, { provider, currency, amount, method }: Payment): PaymentElement {
  const known = providers.find((one) => one === provider);
  if (known === undefined) throw new Error(`There is no provider ${provider}.`);
  return { id, title, provider: known, currency, amount: BigInt(amount), method: method ?? null };
}
