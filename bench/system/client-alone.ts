import { randomUUID } from 'node:crypto';
import type { PaymentTerms } from '../../src/payments/provider.types.js';
import { StripeAccount } from '../../src/payments/stripe/stripe-account.js';
import { packCard, packCurrency, packPrice } from '../driver/pack.js';
import { secretKeys } from './accounts.js';

/*
 * The adapter of the payment provider by itself: the three calls of each purchase, as many side by side as a worker
 * makes, and nothing around them. It prints the processor milliseconds that this process takes for a purchase.
 */

const purchases = 1_500;
const atOnce = 64;
const timeoutMs = 30_000;

const account = new StripeAccount(secretKeys['client-alone'], process.argv[2] ?? '');

async function pay(): Promise<void> {
  const id = randomUUID();
  const terms: PaymentTerms = {
    title: 'bench',
    id,
    currency: packCurrency,
    amount: BigInt(packPrice),
    method: packCard,
  };
  let reference: string | null = null;
  for (const kind of ['create', 'confirm', 'capture'] as const) {
    const body = account.bodyOf(kind, terms);
    const answer = await account.call({ kind, reference, key: `${id}:${kind}`, body }, { timeoutMs });
    if (answer.result !== 'intent') throw new Error(`${kind} came to ${answer.result}.`);
    ({ reference } = answer.intent);
  }
}

async function payFor(count: number): Promise<void> {
  let left = count;
  const place = async (): Promise<void> => {
    while (left-- > 0) await pay();
  };
  await Promise.all(Array.from({ length: atOnce }, place));
}

// Programs get faster while they run for the first time.
await payFor(purchases / 3);
const before = process.cpuUsage();
await payFor(purchases);
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1_000 / purchases);
process.exit();
