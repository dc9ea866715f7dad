import type { Check } from '../checks.types.js';
import { balanceCheck } from './balance.check.js';
import { clearingCheck } from './clearing.check.js';
import { paymentsCheck } from './payments.check.js';
import { payoutsCheck } from './payouts.check.js';
import { providerCheck } from './provider.check.js';
import type { ProviderImport } from './provider-import.js';
import { operationsCheck, toldCheck } from './told.check.js';

/** The checks of money, in the order in which they are made: the import of what providers say is the first. */
export function moneyChecks(importer: Pick<ProviderImport, 'import'>): readonly Check[] {
  return [
    {
      name: 'provider-import',
      writes: true,
      kinds: ['incremental', 'full', 'history'],
      look: (look, after) => importer.import(look, after),
      again: () => Promise.resolve([]),
    },
    paymentsCheck,
    providerCheck,
    clearingCheck,
    payoutsCheck,
    balanceCheck,
    toldCheck,
    operationsCheck,
  ];
}
