import { z } from 'zod';
import { currency, timestamp } from '../http/shapes.js';
import { providers, spentGoodsPolicies } from './accounts.types.js';

/** A payment provider by its name, as it is in a path. */
export const provider = z.enum(providers).meta({ id: 'Provider' });

// What is wrong with a secret is told without the secret.
const secretKey = z
  .string()
  .regex(/^(sk|rk)_(test|live)_[A-Za-z0-9_-]{1,240}$/, 'must be a secret or restricted key, sk_… or rk_…')
  .meta({
    id: 'SecretKey',
    description: 'Kept encrypted, and never shown again',
    examples: ['sk_test_OfTheProvidersDashboard'],
  });

const webhookSecret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/=_-]{1,240}$/, 'must be the secret of a webhook endpoint, whsec_…');

/** The body of an account. */
export const sentAccount = z
  .strictObject({
    secretKey,
    webhookSecrets: z
      .array(webhookSecret)
      .max(2)
      .refine((list) => new Set(list).size === list.length, 'must not name a secret twice')
      .optional()
      .meta({
        uniqueItems: true,
        description: 'Two while the secret of the endpoint is rotated; without one no event is believed',
      }),
    settlementCurrency: currency,
    spentGoods: z
      .enum(spentGoodsPolicies)
      .meta({ description: 'What becomes of goods that were spent already when their money goes back' }),
  })
  .meta({
    id: 'SentPaymentAccount',
    examples: [
      {
        secretKey: 'sk_test_OfTheProvidersDashboard',
        webhookSecrets: ['whsec_OfTheEndpoint'],
        settlementCurrency: 'EUR',
        spentGoods: 'debt',
      },
    ],
  });

/** An account as it is answered. */
export const account = z
  .strictObject({
    provider,
    mode: z.enum(['test', 'live']).meta({ description: 'By its secret key; in test mode no real money moves' }),
    secretKey: z.string().meta({ description: 'Its last characters, at most four', examples: ['…x7Qf'] }),
    webhookSecrets: z.array(z.string()).meta({ description: 'The last characters of each' }),
    settlementCurrency: currency,
    spentGoods: z.enum(spentGoodsPolicies),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'PaymentAccount' });
