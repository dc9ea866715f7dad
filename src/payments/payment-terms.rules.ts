import type { StoredPayment } from './payments.types.js';
import type { ProviderIntent } from './provider.types.js';

/** Where an intent says another thing than the purchase, in words. */
export function mismatch(payment: StoredPayment, intent: ProviderIntent): string | undefined {
  const { amount, currency, title, id, mode } = payment;
  if (intent.purchase !== id || intent.title !== title) return 'The intent is not that of this purchase.';
  if (intent.mode !== mode) return `The intent is in ${intent.mode} mode, and the account in ${mode} mode.`;
  if (intent.amount !== amount || intent.currency !== currency)
    return `The intent is for ${intent.amount} ${intent.currency}, and the purchase for ${amount} ${currency}.`;
  if (intent.status === 'requires-capture' && intent.capturable !== amount)
    return `${intent.capturable} of ${amount} ${currency} can be captured.`;
  if (intent.status === 'succeeded' && intent.received !== amount)
    return `${intent.received} of ${amount} ${currency} were captured.`;
  return undefined;
}
