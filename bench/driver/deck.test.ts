import { expect, test } from '@jest/globals';
import { Deck, playerName, type Holding } from './deck.js';

const players = 50;
const holdings: Holding[] = Array.from({ length: players * 3 }, (_, n) => ({
  player: playerName(n % players),
  item: `ins_${n}`,
}));

test('a trade is between two players, about an item that the second has and that is in no other trade', () => {
  const owners = new Map(holdings.map(({ player, item }) => [item, player]));
  const deck = new Deck(players, true, 'k', holdings);
  const keys = new Set<string>();
  for (let n = 0; n < 200; n++) {
    const underWay = Array.from({ length: 20 }, () => deck.draw());
    expect(new Set(underWay.map(({ item }) => item)).size).toBe(20);
    for (const { key, a, b, item } of underWay) {
      expect(a).not.toBe(b);
      expect(owners.get(item)).toBe(b);
      owners.set(item, a);
      deck.give(a, item);
      keys.add(key);
    }
  }
  expect(keys.size).toBe(4_000);
});

test('in the hot variant a fifth of the trades is of one player, who otherwise has the share of any other', () => {
  const share = (hot: boolean): number => {
    const deck = new Deck(players, hot, 'k', holdings);
    let ofFirst = 0;
    for (let n = 0; n < 20_000; n++) {
      const { a, b, item } = deck.draw();
      if ([a, b].includes(playerName(0))) ofFirst += 1;
      deck.give(a, item);
    }
    return ofFirst / 20_000;
  };
  // The first is also drawn by chance among the four fifths.
  expect(share(true)).toBeCloseTo(0.2 + 0.8 * (2 / players), 1);
  expect(share(false)).toBeCloseTo(2 / players, 1);
});
