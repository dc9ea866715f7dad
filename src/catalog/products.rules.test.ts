import { describe, expect, it } from '@jest/globals';
import type { ProductState, ProductTerms } from './catalog.types.js';
import { afterPublish, afterPut, afterWithdraw, faultsOf, namesOf, stateOf, unknownNames } from './products.rules.js';

/** Made anew each time, so that what is alike is found by what it says. */
const make = (): ProductTerms => ({
  name: 'Pack',
  content: { amounts: [{ asset: 'gold', amount: '500' }], items: [{ item: 'sword', count: 2 }] },
  prices: { virtual: [{ asset: 'gems', amount: '0' }], money: [{ currency: 'EUR', amount: '499' }] },
  stock: null,
  limits: { perPlayer: null, perPlayerAndDay: null, perPlayerAndWeek: null, perPlayerAndMonth: null },
  onSale: { from: new Date(0), until: null },
});
const terms = make();
const gold = { asset: 'gold', amount: '1' };
const euros = { currency: 'EUR', amount: '1' };
const swords = (count: number) => ({ item: 'sword', count });
const at = (moment: string): Date => new Date(moment);

describe('terms can be kept', () => {
  it.each<[string, Partial<ProductTerms>]>([
    ['as they are', {}],
    ['with one amount', { content: { amounts: [gold], items: [] } }],
    ['with 50 instances', { content: { amounts: [], items: [swords(50)] } }],
    ['with an amount and 49 instances', { content: { amounts: [gold], items: [swords(49)] } }],
    ['with a virtual price alone', { prices: { virtual: [gold], money: [] } }],
    ['with a price in money alone', { prices: { virtual: [], money: [euros] } }],
    [
      'where a sale lasts a millisecond',
      { onSale: { from: at('2026-01-01T00:00:00.000Z'), until: at('2026-01-01T00:00:00.001Z') } },
    ],
    ['where a sale only begins', { onSale: { from: at('2026-01-01'), until: null } }],
    ['where a sale only ends', { onSale: { from: null, until: at('2026-01-01') } }],
  ])('%s', (_, change) => {
    expect(faultsOf({ ...terms, ...change })).toEqual([]);
  });
});

describe('terms are refused', () => {
  it.each<[string, Partial<ProductTerms>, string[]]>([
    ['without content', { content: { amounts: [], items: [] } }, ['/content']],
    ['with 51 instances', { content: { amounts: [], items: [{ item: 'bow', count: 1 }, swords(50)] } }, ['/content']],
    ['with an amount and 50 instances', { content: { amounts: [gold], items: [swords(50)] } }, ['/content']],
    [
      'with an asset twice',
      { content: { amounts: [gold, { ...gold, amount: '2' }], items: [] } },
      ['/content/amounts/1/asset'],
    ],
    ['with an item twice', { content: { amounts: [], items: [swords(1), swords(2)] } }, ['/content/items/1/item']],
    ['without a price', { prices: { virtual: [], money: [] } }, ['/prices']],
    ['with two prices in one asset', { prices: { virtual: [gold, gold], money: [] } }, ['/prices/virtual/1/asset']],
    [
      'with two prices in one currency',
      { prices: { virtual: [], money: [euros, euros] } },
      ['/prices/money/1/currency'],
    ],
    [
      'where a sale ends as it begins',
      { onSale: { from: at('2026-01-01'), until: at('2026-01-01') } },
      ['/onSale/until'],
    ],
    [
      'where a sale ends before it begins',
      { onSale: { from: at('2026-01-02'), until: at('2026-01-01') } },
      ['/onSale/until'],
    ],
  ])('%s', (_, change, pointers) => {
    expect(faultsOf({ ...terms, ...change }).map(({ pointer }) => pointer)).toEqual(pointers);
  });
});

describe('what a product names', () => {
  it('is each asset of its content and its prices once, and each item', () => {
    expect(namesOf(terms)).toEqual({ assets: ['gold', 'gems'], items: ['sword'] });
    const same = { ...terms, prices: { virtual: [gold], money: [] } };
    expect(namesOf(same)).toEqual({ assets: ['gold'], items: ['sword'] });
  });

  it('is pointed at wherever it is not defined', () => {
    const same = { ...terms, prices: { virtual: [{ asset: 'gems', amount: '1' }, gold], money: [] } };
    expect(unknownNames(same, { assets: [], items: [] })).toEqual([]);
    const found = unknownNames(same, { assets: ['gold'], items: ['sword'] });
    expect(found.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/content/amounts/0/asset', 'unknown-asset'],
      ['/content/items/0/item', 'unknown-item'],
      ['/prices/virtual/1/asset', 'unknown-asset'],
    ]);
  });
});

/** Every state that a product can be in. */
const drafted: ProductState = { revision: 1n, published: null, draft: 1, withdrawn: false };
const sold: ProductState = { revision: 2n, published: 1, draft: null, withdrawn: false };
const soldWithDraft: ProductState = { revision: 3n, published: 1, draft: 2, withdrawn: false };
const gone: ProductState = { revision: 3n, published: 1, draft: null, withdrawn: true };
const goneWithDraft: ProductState = { revision: 4n, published: 1, draft: 2, withdrawn: true };
const next = ({ revision: _, ...state }: ProductState) => state;
const other = { ...terms, stock: 1 };

describe('a product goes', () => {
  it('nowhere by a PUT that says nothing new', () => {
    for (const state of [drafted, sold, soldWithDraft, gone, goneWithDraft])
      expect(afterPut(state, terms, make())).toBeUndefined();
  });

  it.each([
    [drafted, drafted],
    [sold, soldWithDraft],
    [soldWithDraft, soldWithDraft],
    [gone, goneWithDraft],
    [goneWithDraft, goneWithDraft],
  ])('from %j to %j by a PUT that says something new', (from, to) => {
    expect(afterPut(from, terms, other)).toEqual(next(to));
  });

  it.each([
    [drafted, sold],
    [sold, undefined],
    [soldWithDraft, { ...sold, published: 2 }],
    [gone, sold],
    [goneWithDraft, { ...sold, published: 2 }],
  ])('from %j to %j by a publish', (from, to) => {
    expect(afterPublish(from)).toEqual(to && next(to));
  });

  it.each([
    [drafted, 'refused'],
    [sold, next(gone)],
    [soldWithDraft, next(goneWithDraft)],
    [gone, undefined],
    [goneWithDraft, undefined],
  ])('from %j to %j by a withdrawal', (from, to) => {
    expect(afterWithdraw(from)).toEqual(to);
  });
});

it('a version is what its product says of it', () => {
  const states = [drafted, sold, soldWithDraft, gone, goneWithDraft].map((state) =>
    [1, 2].map((n) => stateOf(state, n)),
  );
  expect(states).toEqual([
    ['draft', 'superseded'],
    ['published', 'superseded'],
    ['published', 'draft'],
    ['withdrawn', 'superseded'],
    ['withdrawn', 'draft'],
  ]);
});
