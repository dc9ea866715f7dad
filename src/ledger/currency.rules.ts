import { currencyForm, whole } from '../forms.js';

const currencyPattern = whole(currencyForm);

const scales = new Map([
  ...'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0] as const),
  ...'BHD JOD KWD OMR TND'.split(' ').map((code) => [code, 3] as const),
]);

/** Whether the code is that of a currency of real money, an asset that Veltrix makes and no title defines. */
export function isCurrency(code: string): boolean {
  return currencyPattern.test(code);
}

/** How many decimals the minor unit of a currency is away from its major one, as providers of payments count it. */
export function currencyScale(code: string): number {
  return scales.get(code) ?? 2;
}
