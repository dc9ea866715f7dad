import type { AccountSecrets } from '../accounts.types.js';
import type { PaymentProvider, ProviderAccount, ProviderEvent } from '../provider.types.js';
import { StripeAccount } from './stripe-account.js';
import { readEvent } from './stripe-events.rules.js';

/** Stripe, or whatever speaks as it does at the URL. */
export class StripeProvider implements PaymentProvider {
  readonly name = 'stripe';
  readonly capabilities = { idempotencyWindowHours: 24 };

  constructor(private readonly apiUrl: string) {}

  /** Makes a new client with new connections. Whoever calls keeps it for as long as the key is the same. */
  account({ secretKey }: AccountSecrets): ProviderAccount {
    return new StripeAccount(secretKey, this.apiUrl);
  }

  readEvent(
    rawBody: Buffer,
    headers: Readonly<Record<string, string | string[] | undefined>>,
    webhookSecrets: readonly string[],
  ): ProviderEvent | undefined {
    return readEvent(rawBody, headers['stripe-signature'], webhookSecrets, Date.now());
  }
}
