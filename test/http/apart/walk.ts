import { expect } from '@jest/globals';
import { pathOf, type Json } from '../document.js';
import type { Asked, ListOracle } from './list-oracles.js';
import type { World } from './world.js';

/** One question to a list. */
export interface Question {
  path: string;
  /** The filters alone. */
  filter: Asked;
  /** The values of the path and the filters. */
  asked: Asked;
}

/** All choices of one value for each name; with `orNone` also of none. */
function choices(values: Readonly<Record<string, readonly string[]>>, orNone: boolean): Asked[] {
  let all: Asked[] = [{}];
  for (const [name, some] of Object.entries(values)) {
    all = all.flatMap((chosen) => [
      ...(orNone ? [chosen] : []),
      ...some.map((value) => ({ ...chosen, [name]: value })),
    ]);
  }
  return all;
}

/** The values that are tried for each filter in a world. */
export function filtersOf({ filters = {} }: ListOracle, world: World): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(filters).map(([name, values]) => [name, typeof values === 'function' ? values(world) : values]),
  );
}

/** Every question that a list can be asked: each value in its path, with every combination of its filters. */
export function questionsOf(template: string, oracle: ListOracle, world: World): Question[] {
  const { path = {} } = oracle;
  const filters = filtersOf(oracle, world);
  const paths = choices(Object.fromEntries(Object.entries(path).map(([name, values]) => [name, values(world)])), false);
  return paths.flatMap((values) =>
    choices(filters, true).map((filter) => ({
      path: pathOf(template, values),
      filter,
      asked: { ...values, ...filter },
    })),
  );
}

/** The address of a page. */
export function addressOf(
  { path, filter }: Pick<Question, 'path' | 'filter'>,
  page: Readonly<Record<string, string>> = {},
): string {
  const query = new URLSearchParams({ ...filter, ...page }).toString();
  return query === '' ? path : `${path}?${query}`;
}

interface Page {
  data: Json[];
  next: string | null;
}

/** One page, which must be answered. */
export async function pageOf(world: World, address: string): Promise<Page> {
  const { status, body } = await world.send('GET', address);
  expect({ address, status, body }).toMatchObject({ status: 200 });
  const { data, assets = [], items = [], next } = body as Page & { assets?: Json[]; items?: Json[] };
  // The report on the books is one list of two kinds of rows.
  return { data: (data as Json[] | undefined) ?? [...assets, ...items], next };
}

/** Every page, by following `next`. @param between what happens before each further page */
export async function walk(
  world: World,
  question: Question,
  limit: number,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<Json[][]> {
  const pages: Json[][] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    if (cursor !== '') await between();
    const page: Page = await pageOf(
      world,
      addressOf(question, { limit: String(limit), ...(cursor !== '' && { cursor }) }),
    );
    pages.push(page.data);
    // A list that goes in a circle fails here and not by time.
    expect(pages.length).toBeLessThan(500);
    cursor = page.next;
  }
  return pages;
}

/** Does something with each of many, a few at a time. */
export async function inLanes<T>(many: readonly T[], work: (one: T) => Promise<unknown>, lanes = 6): Promise<void> {
  const line = [...many];
  const lane = async (): Promise<void> => {
    for (let one = line.shift(); one !== undefined; one = line.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
