import type { World } from './world.js';
import { fits, newestFirst } from './account-oracles.js';
import type { ListOracle } from './list-oracles.js';
import { reconciliationOracles } from './reconciliation-oracles.js';

interface MadeDispute {
  id: string;
  purchase: string;
  state: string;
}

/** The disputes of each title, oldest first. */
const made = new WeakMap<World, MadeDispute[]>();
const madeOf = (world: World): MadeDispute[] => made.get(world) ?? [];

const purchases = [1, 2, 3].map((place) => `pur_0198c0de-7a11-7000-8000-00000000000${place}`);
const states = ['needs_response', 'under_review', 'lost'];

/** The purchase of this title; one that another title has would be the same row. */
const ofTitle = (world: World, purchase: string): string =>
  world.title === 'north' ? purchase : purchase.replace('7a11', '7a12');

/** Has a title have a dispute, as the provider alone makes one. */
async function addDispute(world: World, purchase: string, state: string): Promise<void> {
  const id = `dp_${madeOf(world).length}`;
  await world.api.session.query(
    `insert into payments.payments (id, title, provider, currency, amount, reference, deadline)
     values ($1, $2, 'stripe', 'EUR', 499, $1, now()) on conflict do nothing`,
    [purchase, world.title],
  );
  await world.api.session.query(
    `insert into payments.disputes (title, provider, reference, payment, intent, state, amount, currency, has_evidence,
       opened_at, closed_at)
     values ($1, 'stripe', $2, $3, $3, $4, 499, 'EUR', false, now(), case when $4 = 'lost' then now() end)`,
    [world.title, id, purchase, state],
  );
  made.set(world, [...madeOf(world), { id, purchase, state }]);
}

/** Gives a title an account at the provider, and disputes of every state and of two purchases. */
export async function seedDisputes(world: World): Promise<void> {
  const body = { secretKey: 'sk_test_ofLists', settlementCurrency: 'EUR', spentGoods: 'debt' };
  await world.send('PUT', '/v1/payment-accounts/stripe', body);
  for (const [place, state] of [...states, ...states].entries())
    await addDispute(world, ofTitle(world, purchases[place % 2] ?? ''), state);
}

/** The list of disputes, and those of reconciliation. */
export const disputeOracles: Readonly<Record<string, ListOracle>> = {
  ...reconciliationOracles,
  '/v1/disputes': {
    filters: { purchase: purchases.flatMap((one) => [one, one.replace('7a11', '7a12')]), state: states },
    shown: ({ id, purchase, state }) => ({ id, purchase, state }),
    rows: (world, { purchase, state }) =>
      newestFirst(madeOf(world)).filter((one) => fits(purchase, one.purchase) && fits(state, one.state)),
    add: (world, { purchase, state = 'lost' }) =>
      addDispute(world, purchase ?? ofTitle(world, purchases[0] ?? ''), state),
    // A purchase of another title is no purchase of this one.
    canAdd: (world, { purchase }) =>
      purchase === undefined || purchase === ofTitle(world, purchase.replace('7a12', '7a11')),
  },
};
