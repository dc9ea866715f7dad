/*
 * What of real money can be paid. Amounts are minor units, as the payment provider counts them; they are refused and
 * never rounded. Checked against https://docs.stripe.com/currencies on 2026-11-29.
 */

/** Some real money: a currency of ISO 4217, and minor units as a decimal string. */
interface Money {
  currency: string;
  amount: string;
}

const exponents: Readonly<Record<string, number>> = Object.fromEntries([
  ...'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' ').map((currency) => [currency, 0]),
  ...'BHD JOD KWD OMR TND'.split(' ').map((currency) => [currency, 3]),
]);

/** Written with two digits, and charged without them. */
const wholeUnitsOnly: readonly string[] = ['ISK', 'UGX'];

/** The least that is charged, where the provider says one for the currency. */
const minimums: Readonly<Record<string, bigint>> = {
  AED: 200n,
  AUD: 50n,
  BRL: 50n,
  CAD: 50n,
  CHF: 50n,
  CZK: 1_500n,
  DKK: 250n,
  EUR: 50n,
  GBP: 30n,
  HKD: 400n,
  HUF: 17_500n,
  INR: 50n,
  JPY: 50n,
  MXN: 1_000n,
  MYR: 200n,
  NOK: 300n,
  NZD: 50n,
  PLN: 200n,
  RON: 200n,
  SEK: 300n,
  SGD: 50n,
  THB: 1_000n,
  USD: 50n,
};

/** The most that is charged in any currency, which is eight digits. */
const maximum = 99_999_999n;

/** How many digits of an amount are behind the point. */
export function exponentOf(currency: string): number {
  return exponents[currency] ?? 2;
}

/** What every amount of a currency is a whole multiple of. */
export function stepOf(currency: string): bigint {
  if (wholeUnitsOnly.includes(currency)) return 100n;
  return exponentOf(currency) === 3 ? 10n : 1n;
}

/** Why so much cannot be paid, in a sentence; undefined where it can. */
export function unpayable({ currency, amount }: Money): string | undefined {
  const minor = BigInt(amount);
  const step = stepOf(currency);
  const minimum = minimums[currency] ?? 1n;
  if (minor < minimum) return `The least that can be paid in ${currency} is ${inWords(minimum, currency)}.`;
  if (minor > maximum) return `The most that can be paid in ${currency} is ${inWords(maximum, currency)}.`;
  if (minor % step !== 0n) return `What is paid in ${currency} is a whole multiple of ${inWords(step, currency)}.`;
  return undefined;
}

/** Why a price can be paid for no quantity up to this one, in a sentence; undefined where it can for one of them. */
export function neverPayable({ currency, amount }: Money, maxQuantity: number): string | undefined {
  let first: string | undefined;
  for (let quantity = 1; quantity <= maxQuantity; quantity++) {
    const fault = unpayable({ currency, amount: String(BigInt(amount) * BigInt(quantity)) });
    if (fault === undefined) return undefined;
    first ??= fault;
  }
  return first;
}

/** An amount with its point: `0.50`. */
function inWords(minor: bigint, currency: string): string {
  const exponent = exponentOf(currency);
  if (exponent === 0) return String(minor);
  const digits = String(minor).padStart(exponent + 1, '0');
  return `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}
