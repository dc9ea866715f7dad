import { exchangeOf } from '../../src/trades/trades.rules.js';
import type { Exchange } from '../../contracts/nouns.js';
import { gives, type SagaWorld } from './saga-world.js';

/** Exchanges that go different ways: those of legs and items, of one of them, and those that a participant refuses. */
export const tradedKinds = ['both', 'no funds', 'items', 'legs', 'not owned'] as const;
export type TradedKind = (typeof tradedKinds)[number];

/** Accepts a trade of gold for a sword between players of its own, without starting it. */
export async function acceptOfKind(world: SagaWorld, kind: TradedKind): Promise<Exchange> {
  const { buyer, seller, sword } = await world.pair();
  const gold = kind === 'no funds' ? '101' : '60';
  const items = kind === 'legs' ? [] : [kind === 'not owned' ? await world.mint('somebody-else') : sword];
  return exchangeOf(await world.accept(gives(buyer, kind === 'items' ? {} : { gold }), gives(seller, {}, items)));
}

/** Accepts one trade for each kind, in order. */
export async function acceptOfKinds(world: SagaWorld, kinds: readonly TradedKind[]): Promise<Exchange[]> {
  const exchanges: Exchange[] = [];
  for (const kind of kinds) exchanges.push(await acceptOfKind(world, kind));
  return exchanges;
}
