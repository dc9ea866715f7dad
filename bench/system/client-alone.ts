import { randomUUID } from 'node:crypto';
import type { PaymentTerms } from '../../src/payments/provider.types.js';
import { StripeAccount } from '../../src/payments/stripe/stripe-account.js';
import { packCard, packCurrency, packPrice } from '../driver/pack.js';
import { secretKeys } from './accounts.js';

/*
 * The adapter of the payment provider by itself: the three calls of each purchase, and nothing around them. It prints
 * the processor milliseconds that this process takes for a purchase, as many side by side as a worker makes; or, with
 * `one-by-one`, the median of the milliseconds that one purchase takes.
 */

const purchases = 1_500;
const purchasesOneByOne = 25;
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

/** The median of the times of purchases that follow each other. */
async function timeOneByOne(): Promise<number> {
  const times: number[] = [];
  for (let left = purchasesOneByOne; left > 0; left--) {
    const began = performance.now();
    await pay();
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

/** The processor milliseconds of a purchase. */
async function costSideBySide(): Promise<number> {
  // Programs get faster while they run for the first time.
  await payFor(purchases / 3);
  const before = process.cpuUsage();
  await payFor(purchases);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / purchases;
}

console.log(await (process.argv[3] === 'one-by-one' ? timeOneByOne() : costSideBySide()));
process.exit();
