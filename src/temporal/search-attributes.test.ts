import { describe, expect, test } from '@jest/globals';
import type { Exchange } from '../../contracts/nouns.js';
import { attributesOf } from './search-attributes.js';

const exchange = (id: string, title = 'arena', players: [string, string] = ['ann', 'bob']): Exchange => ({
  id,
  title,
  kind: 'trade',
  legs: [
    { from: `player:${players[0]}`, to: `player:${players[1]}`, asset: 'gold', amount: '1' },
    { from: `player:${players[0]}`, to: 'system:fees', asset: 'gold', amount: '1' },
  ],
  moves: [{ instance: 'ins_1', from: `player:${players[1]}`, to: `player:${players[0]}` }],
});

const shown = (exchanges: readonly Exchange[]): Record<string, unknown> =>
  Object.fromEntries(attributesOf(exchanges).map(({ key, value }) => [`${key.name} ${key.type}`, value]));

const convoy = { 'SagaKind KEYWORD': 'convoy', 'SagaState KEYWORD': 'running' };
const ofArena = { ...convoy, 'Title KEYWORD': 'arena' };

describe('a run is found from its start by', () => {
  test('its kind, its state, its deal, its title and its players where it settles one exchange', () => {
    const attributes = {
      'SagaKind KEYWORD': 'trade',
      'SagaState KEYWORD': 'running',
      'BusinessId KEYWORD': 'trd_1',
      'Title KEYWORD': 'other',
      'Player KEYWORD_LIST': ['eve', 'bob'],
    };
    expect(shown([exchange('trd_1', 'other', ['eve', 'bob'])])).toEqual(attributes);
  });

  test.each<[string, string[], Record<string, string>]>([
    ['two of one title', ['arena', 'arena'], ofArena],
    ['three of one title', ['arena', 'arena', 'arena'], ofArena],
    ['the first of another title', ['other', 'arena', 'arena'], convoy],
    ['one in the middle of another title', ['arena', 'other', 'arena'], convoy],
    ['the last of another title', ['arena', 'arena', 'other'], convoy],
    ['each of its own title', ['arena', 'other', 'third'], convoy],
  ])('its kind, its state, and its title where all have it, where it settles %s', (_, titles, expected) => {
    expect(shown(titles.map((title, place) => exchange(`trd_${place}`, title)))).toEqual(expected);
  });
});
