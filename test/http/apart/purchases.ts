import type { SagaNote } from '../../../contracts/sagas.js';
import { tell } from './tell.js';
import type { World } from './world.js';

/* What the list of purchases, and that of sagas, has to tell apart: purchases beside trades. `eve` buys nothing. */

/** Products of one version each, so that their price stays as it is. */
export const boughtProducts = ['potion', 'elixir'];

/** Who bought what with which reference, its state, the notes of its runs, and what the list of sagas says of it. */
const ends: [
  player: string,
  product: string,
  quantity: number,
  reference: string | undefined,
  state: string,
  notes: Partial<SagaNote>[],
  saga: string | null,
][] = [
  ['ann', 'potion', 1, 'deal-1', 'accepted', [], 'running'],
  ['bob', 'potion', 2, 'deal-1', 'completed', [], null],
  ['ann', 'elixir', 3, 'deal-2', 'completed', [{}, { state: 'ended', stuckAt: null }], 'ended'],
  ['ann', 'potion', 1, undefined, 'stuck', [{}], 'stuck'],
  ['bob', 'elixir', 1, 'deal-1', 'refused', [], null],
  ['ann', 'potion', 2, 'deal-1', 'accepted', [{ state: 'compensating', stuckAt: null }], 'compensating'],
  ['bob', 'potion', 1, 'deal-2', 'compensated', [{ state: 'ended', stuckAt: null }], 'ended'],
  ['ann', 'elixir', 1, 'deal-1', 'stuck', [{}, { state: 'parked', owner: 'olga' }], 'parked'],
  ['ann', 'potion', 1, 'deal-1', 'accepted', [], 'running'],
  ['dan', 'potion', 1, undefined, 'refused', [], null],
  ['ann', 'potion', 5, 'deal-1', 'completed', [], null],
];

/** Gives a title purchases in every state. */
export async function seedPurchases(world: World): Promise<void> {
  for (const product of boughtProducts) await world.product(product, 'published');
  for (const [player, product, quantity, reference, state, changes, saga] of ends) {
    const purchase = await world.purchase(player, product, quantity, reference);
    await tell(world, purchase, changes);
    await world.end(purchase, state);
    if (saga !== null)
      world.sagas.push({ id: purchase.id, kind: 'purchase', state: saga, dealState: state, players: [player] });
  }
}
