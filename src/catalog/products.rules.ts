import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../errors.js';
import { neverPayable } from '../money.rules.js';
import type { ProductState, ProductTerms, VersionStateName } from './catalog.types.js';

/** How many amounts and instances one of a product may have in all. */
export const maxContent = 50;

/** How many of a product one purchase may be of. */
export const maxQuantity = 100;

/**
 * What is wrong with the terms of a product that can be seen from them alone, beyond their shape.
 * @returns one error per wrong place, none for terms that can be kept
 */
export function faultsOf({ content, prices, onSale }: ProductTerms): FieldError[] {
  const faults: FieldError[] = [];
  const size = content.amounts.length + content.items.reduce((sum, { count }) => sum + count, 0);
  if (size < 1 || size > maxContent)
    faults.push(
      fault('/content', `A product has 1 to ${maxContent} amounts and instances in all; this one has ${size}.`),
    );
  faults.push(
    ...repeated(
      '/content/amounts',
      'asset',
      content.amounts.map(({ asset }) => asset),
    ),
    ...repeated(
      '/content/items',
      'item',
      content.items.map(({ item }) => item),
    ),
  );
  if (prices.virtual.length + prices.money.length === 0) faults.push(fault('/prices', 'A product has a price.'));
  faults.push(
    ...repeated(
      '/prices/virtual',
      'asset',
      prices.virtual.map(({ asset }) => asset),
    ),
    ...repeated(
      '/prices/money',
      'currency',
      prices.money.map(({ currency }) => currency),
    ),
  );
  return [...faults, ...faultsOfMoney(prices.money), ...faultsOfTimes(onSale)];
}

function faultsOfMoney(money: ProductTerms['prices']['money']): FieldError[] {
  return money.flatMap((price, index) => {
    const detail = neverPayable(price, maxQuantity);
    return detail === undefined ? [] : [fault(`/prices/money/${index}/amount`, detail)];
  });
}

function faultsOfTimes({ from, until }: ProductTerms['onSale']): FieldError[] {
  return from !== null && until !== null && from >= until
    ? [fault('/onSale/until', 'A sale ends after it has begun.')]
    : [];
}

function repeated(list: string, member: string, names: readonly string[]): FieldError[] {
  return names.flatMap((name, index) =>
    names.indexOf(name) === index ? [] : [fault(`${list}/${index}/${member}`, `${name} is there twice.`)],
  );
}

function fault(pointer: string, detail: string): FieldError {
  return { pointer, code: 'validation-failed', detail };
}

/** The assets and items that a product names, each once. */
export function namesOf({ content, prices }: ProductTerms): { assets: string[]; items: string[] } {
  return {
    assets: [...new Set([...content.amounts, ...prices.virtual].map(({ asset }) => asset))],
    items: content.items.map(({ item }) => item),
  };
}

/** Where a product names what is not defined. */
export function unknownNames(
  { content, prices }: ProductTerms,
  unknown: { assets: readonly string[]; items: readonly string[] },
): FieldError[] {
  const assets = (list: string, named: readonly { asset: string }[]): FieldError[] =>
    named.flatMap(({ asset }, index) =>
      unknown.assets.includes(asset)
        ? [{ pointer: `${list}/${index}/asset`, code: 'unknown-asset', detail: `There is no asset ${asset}.` }]
        : [],
    );
  return [
    ...assets('/content/amounts', content.amounts),
    ...content.items.flatMap(({ item }, index) =>
      unknown.items.includes(item)
        ? [{ pointer: `/content/items/${index}/item`, code: 'unknown-item', detail: `There is no item ${item}.` }]
        : [],
    ),
    ...assets('/prices/virtual', prices.virtual),
  ];
}

/*
 * A product goes from one state to the next by these alone. A draft is written over until it is published; then the
 * next PUT that says something new begins another one.
 *
 * | a product is | put | publish | withdraw |
 * |---|---|---|---|
 * | draft | → draft | → published | refused |
 * | published | → published, with a draft | → published, its draft if it has one | → withdrawn |
 * | withdrawn | → withdrawn, with a draft | → published, its draft if it has one | stays |
 */

/** What may change of where a product stands; its revision grows by itself. */
export type NextState = Omit<ProductState, 'revision'>;

/** The last version of a product: its draft, or what is published where it has none. */
export function lastOf({ published, draft }: NextState): number {
  const last = draft ?? published;
  if (last === null) throw new Error('A product has a version.');
  return last;
}

/**
 * Where a product stands after a PUT.
 * @param last the terms of `lastOf`
 * @returns undefined where the PUT says nothing new
 */
export function afterPut(product: ProductState, last: ProductTerms, sent: ProductTerms): NextState | undefined {
  if (isDeepStrictEqual(last, sent)) return undefined;
  const { published, draft, withdrawn } = product;
  return { published, draft: draft ?? lastOf(product) + 1, withdrawn };
}

/** Where a product stands after a publish; undefined where it is on sale as it is. */
export function afterPublish({ published, draft, withdrawn }: ProductState): NextState | undefined {
  if (draft === null && !withdrawn) return undefined;
  return { published: draft ?? published, draft: null, withdrawn: false };
}

/** Where a product stands after a withdrawal; undefined where it is withdrawn, `refused` where it was never on sale. */
export function afterWithdraw({ published, draft, withdrawn }: ProductState): NextState | 'refused' | undefined {
  if (published === null) return 'refused';
  return withdrawn ? undefined : { published, draft, withdrawn: true };
}

/** What a version of a product is. */
export function stateOf({ published, draft, withdrawn }: ProductState, version: number): VersionStateName {
  if (version === published) return withdrawn ? 'withdrawn' : 'published';
  return version === draft ? 'draft' : 'superseded';
}
