import { expect, test } from '@jest/globals';
import { idOf, newId, uuidOf } from './ids.js';

test('ids are UUIDs of version 7 that carry the time of their making, and none comes twice', () => {
  const before = Date.now();
  const ids = Array.from({ length: 5_000 }, () => newId('trd'));
  const after = Date.now();
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) {
    const uuid = uuidOf('trd', id);
    expect(uuid).toBeDefined();
    const madeAt = parseInt((uuid ?? '').replaceAll('-', '').slice(0, 12), 16);
    expect(madeAt).toBeGreaterThanOrEqual(before);
    expect(madeAt).toBeLessThanOrEqual(after);
  }
});

test('what is random in an id is random in all of its places', () => {
  const ids = Array.from({ length: 2_000 }, () => (uuidOf('trd', newId('trd')) ?? '').replaceAll('-', ''));
  // The library keeps one bit of place 13 for a counter, and place 16 is the variant.
  for (const place of [14, 15, ...Array.from({ length: 15 }, (_, at) => 17 + at)]) {
    expect(new Set(ids.map((id) => id[place])).size).toBe(16);
  }
});

test('an id of another prefix or form has no UUID here', () => {
  expect(uuidOf('trf', newId('trd'))).toBeUndefined();
  expect(uuidOf('trd', 'trd_not-one')).toBeUndefined();
  expect(uuidOf('trd', idOf('trd', '0198a1b2-c3d4-7e5f-8a6b-0123456789ab'))).toBe(
    '0198a1b2-c3d4-7e5f-8a6b-0123456789ab',
  );
});
