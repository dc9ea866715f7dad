import { z } from 'zod';
import { faultNames, webhookKinds, webhookModes } from '../books/records.js';

const account = z
  .string()
  .regex(/^(sk|rk)_(test|live)_[A-Za-z0-9_]+$/, 'must be a secret key')
  .optional();
const milliseconds = z.int().min(0).max(86_400_000).optional();

/** `POST /_control/faults` */
export const faultBody = z.strictObject({
  on: z
    .strictObject({
      method: z.enum(['GET', 'POST', 'DELETE', 'get', 'post', 'delete']).optional(),
      path: z.string().startsWith('/').optional(),
      reference: z.string().min(1).optional(),
    })
    .prefault({}),
  fault: z.enum(faultNames),
  ms: milliseconds,
  status: z.int().min(400).max(599).optional(),
  times: z.int().min(1).optional(),
  every: z.int().min(2).optional(),
  account,
});

/** `POST /_control/webhooks` */
export const webhooksBody = z.strictObject({
  mode: z.enum(webhookModes),
  kind: z.enum(webhookKinds).optional(),
  ms: milliseconds,
  account,
});

export const actNames = [
  'buyer-confirms',
  'buyer-fails',
  'dashboard-refund',
  'dispute-open',
  'dispute-won',
  'dispute-lost',
  'dispute-inquiry',
  'dispute-prevented',
  'dispute-appeal',
  'fraud-warning',
  'expire',
  'settle',
  'payout',
] as const;
export type ActName = (typeof actNames)[number];

/** `POST /_control/acts` */
export const actBody = z.strictObject({
  act: z.enum(actNames),
  reference: z.string().min(1).optional(),
  amount: z
    .union([z.string().regex(/^[1-9]\d{0,17}$/, 'must be minor units in digits'), z.int().min(1)])
    .transform((amount) => BigInt(amount))
    .optional(),
  account,
});
export type ActBody = z.output<typeof actBody>;

/** `DELETE /_control/faults` */
export const accountBody = z.strictObject({ account });

/** `GET /_control/effects` */
export const effectsQuery = z.strictObject({
  // An empty one is none.
  reference: z
    .string()
    .optional()
    .transform((reference) => reference || undefined),
  account,
});
