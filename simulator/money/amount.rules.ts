/** What Stripe refuses of an amount, with its code. */
export interface AmountFault {
  code: string;
  param: 'amount' | 'currency';
  message: string;
}

const known = new Set(Intl.supportedValuesOf('currency').map((code) => code.toLowerCase()));
const threeDecimals = new Set(['bhd', 'jod', 'kwd', 'omr', 'tnd']);
const wholeHundreds = new Set(['isk', 'ugx']);
const largest = 99_999_999n;

/** The least that a payment may be, in minor units; of what is not listed, one. */
const minimum: Record<string, bigint> = {
  aed: 200n,
  aud: 50n,
  brl: 50n,
  cad: 50n,
  chf: 50n,
  czk: 1500n,
  dkk: 250n,
  eur: 50n,
  gbp: 30n,
  hkd: 400n,
  huf: 17_500n,
  inr: 50n,
  jpy: 50n,
  mxn: 1000n,
  myr: 200n,
  nok: 300n,
  nzd: 50n,
  pln: 200n,
  ron: 200n,
  sek: 300n,
  sgd: 50n,
  thb: 1000n,
  usd: 50n,
};

/** @returns why nobody can be charged this, or undefined */
export function amountFault(amount: bigint, currency: string): AmountFault | undefined {
  if (!known.has(currency)) {
    return { code: 'parameter_invalid_string', param: 'currency', message: `Invalid currency: ${currency}.` };
  }
  if (amount < 1n) {
    return { code: 'parameter_invalid_integer', param: 'amount', message: 'This value must be greater than 0.' };
  }
  if (amount < (minimum[currency] ?? 1n)) {
    const least = minimum[currency] ?? 1n;
    return {
      code: 'amount_too_small',
      param: 'amount',
      message: `Amount must be at least ${least} in the smallest unit of ${currency}.`,
    };
  }
  if (amount > largest) {
    return { code: 'amount_too_large', param: 'amount', message: `Amount must be no more than ${largest}.` };
  }
  const step = threeDecimals.has(currency) ? 10n : wholeHundreds.has(currency) ? 100n : 1n;
  if (amount % step !== 0n) {
    return { code: 'invalid_amount', param: 'amount', message: `Amounts of ${currency} are multiples of ${step}.` };
  }
  return undefined;
}

/** @returns the provider's fee: 1.5 %, a half rounded up, and 25 */
export function feeOf(amount: bigint): bigint {
  return (amount * 15n + 500n) / 1000n + 25n;
}
