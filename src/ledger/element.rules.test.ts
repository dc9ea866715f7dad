import { describe, expect, it } from '@jest/globals';
import { assertKeepable, malformed, maxLegs } from './element.rules.js';
import type { TransferElement, TransferLeg } from './ledger.types.js';

const leg: TransferLeg = { from: 'player:ann', to: 'player:bob', asset: 'gold', amount: 1n };
const money: TransferLeg = { from: 'system:mint', to: 'system:clearing:stripe', asset: 'EUR', amount: 499n };
const sound: TransferElement = { title: 'arena', key: 'exchange/1', kind: 'exchange', legs: [leg], reason: 'exchange' };
const largest = 999_999_999_999_999_999n;

describe('an element is refused by itself for', () => {
  const legs: [string, unknown][] = [
    ['no legs', []],
    ['legs that are no list', null],
    ['too many legs', Array.from({ length: maxLegs + 1 }, () => leg)],
    ['an amount of nothing', [{ ...leg, amount: 0n }]],
    ['a negative amount', [{ ...leg, amount: -1n }]],
    ['an amount of 19 digits', [{ ...leg, amount: largest + 1n }]],
    ['a number as amount', [{ ...leg, amount: 1 }]],
    ['text as amount', [{ ...leg, amount: '1' }]],
    ['no amount', [{ from: leg.from, to: leg.to, asset: leg.asset }]],
    ['one owner at both ends', [{ ...leg, to: leg.from }]],
    ['a provider as owner', [{ ...leg, to: 'system:clearing:bank' }]],
    ['an owner with a line break', [{ ...leg, from: 'player:ann\n' }]],
    ['an owner of 129 characters', [{ ...leg, from: `player:${'a'.repeat(129)}` }]],
    ['an owner that is a list', [{ ...leg, from: ['player:ann'] }]],
    ['an asset in upper case', [{ ...leg, asset: 'GOLD' }]],
    ['an asset with U+0000', [{ ...leg, asset: 'gold\0' }]],
    ['a bad leg behind a good one', [leg, { ...leg, amount: 0n }]],
  ];
  it.each(legs)('%s', (_, value) => {
    expect(malformed({ ...sound, legs: value as TransferLeg[] })?.code).toBe('validation-failed');
  });

  const paid: [string, TransferLeg][] = [
    ['comes from a player, whose funds would count', { ...leg, to: 'system:clearing:stripe', asset: 'EUR' }],
    ['comes from the store', { ...leg, from: 'system:store' }],
    ['names a provider in upper case', { ...money, to: 'system:clearing:Stripe' }],
    ['names a provider of 33 letters', { ...money, to: `system:clearing:${'a'.repeat(33)}` }],
    ['names a currency of two letters', { ...money, asset: 'EU' }],
    ['names a currency of four letters', { ...money, asset: 'EURO' }],
  ];
  it.each(paid)('a leg that is paid and %s', (_, value) => {
    expect(malformed({ ...sound, kind: 'paid', legs: [money, value] })?.code).toBe('validation-failed');
  });

  const others: [string, TransferLeg][] = [
    ['the clearing of a provider', { ...money, asset: 'gold' }],
    ['a currency', { ...money, to: 'player:ann' }],
  ];
  it.each(others)('%s, where it is not paid', (_, value) => {
    for (const kind of ['transfer', 'exchange', 'reversal'] as const)
      expect(malformed({ ...sound, kind, legs: [value] })?.code).toBe('validation-failed');
    expect(malformed({ ...sound, kind: 'paid', legs: [value] })).toBeUndefined();
  });

  const texts = ['', 'a\0', 'a\nb', '\ud800', 'x'.repeat(513), 5, null];
  it.each(texts)('the text %j', (value) => {
    expect(malformed({ ...sound, reason: value as string })?.code).toBe('validation-failed');
    expect(malformed({ ...sound, reference: value as string })?.code).toBe('validation-failed');
  });
});

it('an element at every limit is not refused by itself', () => {
  const longest = {
    ...leg,
    from: `player:${'a'.repeat(128)}`,
    to: 'system:store',
    asset: 'g'.repeat(64),
    amount: largest,
  };
  expect(
    malformed({
      ...sound,
      legs: Array.from({ length: maxLegs }, () => longest),
      reason: 'ü'.repeat(512),
      reference: 'x',
    }),
  ).toBeUndefined();
});

it('what no Veltrix makes is a mistake and no refusal, because no outcome could be kept for it', () => {
  const trf = 'trf_0198c0de-7a11-7000-8000-000000000001';
  const wrong: Partial<TransferElement>[] = [
    { title: '' },
    { title: 'Arena' },
    { title: 'a b' },
    { key: '' },
    { key: 'a\0' },
    { key: 'ü' },
    { kind: 'reversal' },
    { reverses: trf },
    { kind: 'reversal', reverses: 'trf_1' },
    { parts: [{ leg: 0, of: 1n }] },
    { kind: 'reversal', reverses: trf, parts: [] },
  ];
  for (const change of wrong) expect(() => assertKeepable({ ...sound, ...change })).toThrow(Error);
  expect(() => assertKeepable(sound)).not.toThrow();
  const reversal = { ...sound, kind: 'reversal', reverses: trf } as const;
  expect(() => assertKeepable(reversal)).not.toThrow();
  expect(() => assertKeepable({ ...reversal, parts: [{ leg: 0, of: 1n }] })).not.toThrow();
});
