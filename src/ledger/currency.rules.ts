import { currencyForm, whole } from '../forms.js';

const currencyPattern = whole(currencyForm);

/** Whether the code is that of a currency of real money, an asset that Veltrix makes and no title defines. */
export function isCurrency(code: string): boolean {
  return currencyPattern.test(code);
}
