import type { BreakType } from '../../src/reconciliation/break-types.rules.js';
import type { Damage } from './histories.js';
import { moneyPlants } from './planter-money.js';
import type { Site } from './planter.js';
import { providerPlants } from './planter-provider.js';
import { valuePlants } from './planter-value.js';

/* What is under way and within its time. It is found as pending, with the moment from which it is a break: type 34. */

/** Something that is wrong since some minutes, and may be so for some more. */
export interface PendingPlant {
  name: string;
  /** What it becomes. */
  becomes: BreakType;
  /** For how many minutes it is so, and may be. */
  since: number;
  grace: number;
  sites: string;
  damage(site: Site): Damage;
  /** What is found of it, as `type subject account asset amount`. */
  found(site: Site): string;
}

const [minutes, ours] = [5, 15];
const ago = `now() - interval '${minutes} minutes'`;
const day = 24 * 60;

/** A plant that is as another one, but happened a moment ago. */
function justNow(name: string, more: (site: Site) => Damage, grace = ours): PendingPlant {
  const plant = [...valuePlants, ...moneyPlants, ...providerPlants].find((one) => one.name === name);
  if (plant === undefined) throw new Error(`There is no plant ${name}.`);
  const { type, sites, damage, found } = plant;
  return {
    ...{ name, becomes: type, since: minutes, grace, sites },
    damage: (site) => [...damage(site), ...more(site)],
    found: (site) => found(site),
  };
}

/** The provider has said something a moment ago. */
const toldJustNow = (id: string | undefined): Damage => [
  [`update reconciliation.provider_objects set changed_at = ${ago} where id = $1`, id],
];

/** All of them: of each time that something may take. */
export const pendingPlants: readonly PendingPlant[] = [
  justNow('captured, and the purchase goes on', ({ intent }) => toldJustNow(intent)),
  justNow('captured, and the purchase was declined', ({ uuid }) => [
    [`update purchases.purchases set closed_at = ${ago} where id = $1`, uuid],
    [`update purchases.sales set sold = sold - 1 where product = 'chest'`],
  ]),
  justNow('an authorisation is open, and the purchase was declined', ({ intent }) => toldJustNow(intent)),
  justNow('a refund from the dashboard is not booked', ({ reference }) => toldJustNow(reference)),
  justNow('a refund in the ledger has failed', ({ reference }) => toldJustNow(reference)),
  justNow('a refused trade has kept its hold', ({ uuid }) => [
    [`update trades.trades set closed_at = ${ago} where id = $1`, uuid],
  ]),
  justNow('a purchase could go on, and does not', ({ uuid }) => [
    [`update purchases.open set waits_until = ${ago} where id = $1`, uuid],
  ]),
  justNow('nobody has looked at what was told', ({ intent }) => [
    [`update payments.outside_looks set due_at = ${ago} where about = $1`, intent],
  ]),
  justNow('a fee is not booked', ({ n }) => toldJustNow(`txn_c${n}`), day),
  justNow(
    'nobody knows the end of a call whose key is known no more',
    ({ id }) => [[`update payments.operations set first_sent_at = ${ago} where payment = $1 and kind = 'capture'`, id]],
    day,
  ),
];
