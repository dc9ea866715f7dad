import { expect, test } from '@jest/globals';
import { GiveWay } from './give-way.js';

test('a run rests once somebody is at work, until nobody was for three looks', async () => {
  const looks = [false, true, false, false, false, true];
  const way = new GiveWay(() => Promise.resolve(looks.shift() ?? false));
  const rests: number[] = [];
  for (let part = 0; part < 6; part++) rests.push(await way.restAfter(100));
  expect(rests).toEqual([0, 300, 300, 300, 0, 300]);
  expect(way.isBusy).toBe(true);
});

test('no rest is longer than three seconds', async () => {
  expect(await new GiveWay(() => Promise.resolve(true)).restAfter(10_000)).toBe(3_000);
});
