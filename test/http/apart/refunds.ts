import type { DealsService } from '../../../src/exchanges/deals.service.js';
import { PURCHASES_SERVICE } from '../../../src/purchases/purchases.tokens.js';
import type { PurchaseTerms } from '../../../src/purchases/purchases.types.js';
import { purchaseOf } from '../../purchases/store.js';
import type { Json } from '../document.js';
import type { Script } from '../two-titles.js';
import { fits, newestFirst } from './account-oracles.js';
import type { ListOracle } from './list-oracles.js';
import { tell } from './tell.js';
import type { MadePurchase, MadeRefund, World } from './world.js';

/* What the lists of refunds have to tell apart, and what titles do with refunds. */

/** Which of the refunded purchases each is of, how it is, and what the list of sagas says of it. */
const ends: [purchase: 0 | 1, state: string, saga: string | null][] = [
  [0, 'succeeded', null],
  [1, 'failed', null],
  [0, 'accepted', 'running'],
  [0, 'canceled', null],
  [1, 'accepted', 'running'],
  [1, 'stuck', 'stuck'],
  [0, 'refused', null],
  [0, 'failed', null],
  [1, 'succeeded', null],
  [0, 'compensated', null],
];

/** What refunds may follow at the provider; some follow nothing. */
const references = ['dp_1', 're_1'];

/** Gives a title refunds in every state, of one purchase of ann's and one of bob's, with a lot left to refund. */
export async function seedRefunds(world: World): Promise<void> {
  for (const player of ['ann', 'bob']) {
    await boughtAt(world, player, world.amount(100_000));
  }
  for (const [place, [of, state, saga]] of ends.entries()) {
    // One that follows and takes nothing is closed at once, so none of these has a saga.
    const found = saga === null ? references[place % 3] : undefined;
    const refund = await refundOf(world, refundedOf(world)[of], found);
    if (state === 'stuck') await tell(world, refund, [{}]);
    await world.end(refund, state);
    if (saga !== null)
      world.sagas.push({ id: refund.id, kind: 'refund', state: saga, dealState: state, players: refund.players });
  }
}

/** Has a player buy something at a price that a lot can be refunded of, and completes it. */
async function boughtAt(world: World, player: string, price: string): Promise<void> {
  const pay = { asset: 'gem', amount: price };
  const asked = purchaseOf(player, 'potion', { title: world.title, key: world.nextKey(), reference: 'never', pay });
  const purchases = world.api.app.get<DealsService<PurchaseTerms>>(PURCHASES_SERVICE, { strict: false });
  const [outcome] = await purchases.accept([asked]);
  if (outcome?.outcome !== 'accepted') throw new Error(`The purchase was ${outcome?.outcome}.`);
  const made = { kind: 'purchase' as const, players: [player], state: 'accepted', reference: 'never', refunding: true };
  const purchase: MadePurchase = { ...made, id: asked.id, product: 'potion', quantity: 1, pay };
  world.purchases.push(purchase);
  await world.end(purchase, 'completed');
}

const refundedOf = ({ purchases }: World): MadePurchase[] => purchases.filter(({ refunding }) => refunding === true);

/** @param found what the refund is said to have been found by */
async function refundOf(world: World, purchase: MadePurchase | undefined, found?: string): Promise<MadeRefund> {
  if (purchase === undefined) throw new Error('There is a purchase to refund.');
  const { id } = await world.must<{ id: string }>('POST', `/v1/purchases/${purchase.id}/refunds`, {
    amount: world.amount(1),
    reason: `reason of ${world.title}`,
  });
  if (found !== undefined)
    await world.api.session.query('update refunds.refunds set found = $2 where id = $1', [id.slice(4), found]);
  const refund: MadeRefund = {
    id,
    found,
    kind: 'refund',
    players: purchase.players,
    state: 'accepted',
    reference: undefined,
    purchase: purchase.id,
  };
  world.refunds.push(refund);
  return refund;
}

/** Makes an open refund of a player's. */
export function addRefund(world: World, player: string): Promise<MadeRefund> {
  return refundOf(
    world,
    refundedOf(world).find(({ players }) => players.includes(player)),
  );
}

const shown = ({ id, state, purchase, player, amount, grounds }: Json): Json => ({
  id,
  state,
  purchase,
  player,
  amount,
  grounds,
});

const rowOf = (world: World, { id, state, purchase, players }: MadeRefund): Json => ({
  id,
  state: state === 'accepted' ? 'planned' : state,
  purchase,
  player: players[0],
  amount: world.amount(1),
  grounds: `reason of ${world.title}`,
});

/** The lists of refunds. */
export const refundOracles: Readonly<Record<string, ListOracle>> = {
  '/v1/refunds': {
    filters: {
      purchase: (world) => refundedOf(world).map(({ id }) => id),
      player: ['ann', 'eve'],
      found: ['dp_1'],
      state: ['accepted', 'succeeded', 'failed', 'canceled', 'stuck'],
    },
    shown,
    rows: (world, { purchase, player, state, found }) =>
      newestFirst(world.refunds)
        .filter((one) => fits(purchase, one.purchase) && fits(player, one.players[0]))
        .filter((one) => fits(state, one.state) && fits(found, one.found))
        .map((one) => rowOf(world, one)),
    canAdd: (world, { purchase, player, found, state = 'accepted' }) =>
      (found === undefined || !['accepted', 'stuck'].includes(state)) &&
      refundedOf(world).some((one) => fits(purchase, one.id) && fits(player, one.players[0])),
    async add(world, { purchase, player, found, state = 'accepted' }) {
      const of = refundedOf(world).find((one) => fits(purchase, one.id) && fits(player, one.players[0]));
      await world.end(await refundOf(world, of, found), state);
    },
  },
  '/v1/purchases/{id}/refunds': {
    path: { id: (world) => refundedOf(world).map(({ id }) => id) },
    shown,
    rows: (world, { id }) =>
      newestFirst(world.refunds)
        .filter(({ purchase }) => purchase === id)
        .map((one) => rowOf(world, one)),
    add: (world, { id }) =>
      refundOf(
        world,
        refundedOf(world).find((one) => one.id === id),
      ),
  },
};

/**
 * What titles refund of a purchase that is completed: a part, more than is left, and the same again.
 * @returns the refunds of both
 */
export async function playRefunds(
  script: Script,
  purchase: { own: Record<string, string>; other: Record<string, string> },
): Promise<{ own: Record<string, string>; other: Record<string, string> }> {
  const path = (whose: 'own' | 'other'): string => `/v1/purchases/${purchase[whose]['id']}/refunds`;
  await script.complete({ own: purchase.own['id'] ?? '', other: purchase.other['id'] ?? '' });
  const part = ({ title, amount }: { title: string; amount: (of: number) => string }): object => ({
    amount: amount(1),
    reason: `asked for at ${title}`,
  });
  const refund = await script.both('POST', path, part, 'refund-0');
  await script.both('POST', path, (style) => ({ ...part(style), amount: style.amount(3) }), 'refund-1');
  await script.both('POST', path, (style) => ({ ...part(style), restock: true }), 'refund-2');
  for (let round = 0; round < 2; round++) await script.both('POST', path, part, 'refund-0');
  return refund;
}

/** What is read of refunds. */
export const refundReads = (purchase: string, refund: string): { single: string[]; lists: string[] } => ({
  single: [`/v1/refunds/${refund}`, `/v1/purchases/${purchase}`, `/v1/sagas/${refund}`],
  lists: [
    '/v1/refunds',
    '/v1/refunds?player=alice',
    `/v1/refunds?purchase=${purchase}`,
    '/v1/refunds?player=alice&state=accepted',
    `/v1/purchases/${purchase}/refunds`,
  ],
});
