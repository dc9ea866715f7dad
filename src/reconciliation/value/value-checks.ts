import type { Check } from '../checks.types.js';
import { dealTables } from './deal-tables.rules.js';
import { dealsCheck } from './deals.check.js';
import { bridgeCheck } from './bridge.check.js';
import { countersCheck } from './counters.check.js';
import { holdsCheck } from './holds.check.js';
import { instancesCheck } from './instances.check.js';
import { accountsCheck } from './accounts.check.js';
import { transfersCheck } from './transfers.check.js';

/** The checks of what deals have moved, and of the books that say it. */
export const valueChecks: readonly Check[] = [
  ...dealTables.map(dealsCheck),
  transfersCheck,
  accountsCheck,
  instancesCheck,
  holdsCheck,
  countersCheck,
  bridgeCheck,
];
