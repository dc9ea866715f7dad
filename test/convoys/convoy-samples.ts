import { exchangeOf } from '../../src/trades/trades.rules.js';
import { newId } from '../../src/ids.js';
import type { Party } from '../../src/trades/trades.types.js';
import type { Exchange } from '../../contracts/nouns.js';
import { gives, title, type SagaWorld } from '../saga/saga-world.js';

let made = 0;

/** Accepts as many trades of a sword for gold, each between players of its own, of which each buyer has 100. */
export async function acceptTrades(world: SagaWorld, count: number, gold = '60'): Promise<Exchange[]> {
  const group = ++made;
  const places = Array.from({ length: count }, (_, place) => ({
    buyer: `buyer-${group}-${place}`,
    seller: `seller-${group}-${place}`,
    sword: newId('ins'),
  }));
  await world.ledger.transfer(
    places.map(({ buyer }) => ({
      title,
      key: `grant/${buyer}`,
      kind: 'transfer',
      legs: [{ from: 'system:mint', to: `player:${buyer}`, asset: 'gold', amount: 100n }],
      reason: 'grant',
    })),
  );
  await world.inventory.mint(
    places.map(({ seller: owner, sword: id }) => ({
      title,
      key: `mint/${id}`,
      fingerprint: '',
      id,
      item: 'sword',
      owner: `player:${owner}`,
      reason: 'test',
    })),
  );
  const parties = places.map(({ buyer, seller: owner, sword }): [Party, Party] => [
    gives(buyer, { gold }),
    gives(owner, {}, [sword]),
  ]);
  return (await world.acceptAll(parties)).map(exchangeOf);
}
