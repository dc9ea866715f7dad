import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DataSource, EntityManager } from 'typeorm';
import { CatalogReads } from '../../src/catalog/catalog.reads.js';
import type { SaleVersion } from '../../src/catalog/catalog.types.js';
import { MAIN_DATABASE } from '../../src/postgres/data-sources.js';
import { expectProblem } from '../http/api.js';
import { openCatalog, pack, title, type CatalogWorld } from './catalog-world.js';

let world: CatalogWorld;
beforeAll(async () => {
  world = await openCatalog();
});
afterAll(() => world.api.close());

interface Page {
  data: { code: string; version: number; state: string; name: string }[];
  next: string | null;
}

/** Follows a list in pages of this size. @param between what happens before each further page */
async function walk(list: string, limit: number, between: () => Promise<unknown> = () => Promise.resolve()) {
  const pages: Page['data'][] = [];
  for (let cursor = ''; ;) {
    const { body, status } = await world.send('GET', `${list}${list.includes('?') ? '&' : '?'}limit=${limit}${cursor}`);
    expect({ list, status, body }).toMatchObject({ status: 200 });
    const { data, next } = body as Page;
    pages.push(data);
    if (next === null) return pages.flat();
    cursor = `&cursor=${next}`;
    await between();
  }
}

const put = (code: string, name: string) => world.must(200, 'PUT', `/v1/products/${code}`, { ...pack, name });
const make = (code: string) => world.must(201, 'PUT', `/v1/products/${code}`, pack);
const act = (code: string, verb: string) => world.must(200, 'POST', `/v1/products/${code}/${verb}`);

describe('the list of products', () => {
  beforeAll(async () => {
    for (const code of ['a', 'b', 'c', 'd', 'e']) await make(code);
    for (const code of ['b', 'c', 'd']) await act(code, 'publish');
    await act('d', 'withdraw');
    await put('c', 'Second');
  });

  test('has each product once, newest first, as it is read by itself', async () => {
    for (const limit of [1, 2, 100])
      expect((await walk('/v1/products', limit)).map(({ code }) => code)).toEqual(['e', 'd', 'c', 'b', 'a']);
    const { data } = (await world.send('GET', '/v1/products')).body as Page;
    for (const row of data) {
      const { etag: _, ...alone } = await world.must(200, 'GET', `/v1/products/${row.code}`);
      expect(row).toEqual(alone);
    }
  });

  test.each([
    ['draft', ['e', 'a']],
    ['published', ['c', 'b']],
    ['withdrawn', ['d']],
  ])('has those that are %s alone where that is asked', async (state, codes) => {
    for (const limit of [1, 100]) {
      const rows = await walk(`/v1/products?state=${state}`, limit);
      expect(rows.map((row) => [row.code, row.state])).toEqual(codes.map((code) => [code, state]));
    }
  });

  test('neither hides nor repeats anything while products are made, written and published', async () => {
    let turn = 0;
    const rows = await walk('/v1/products', 1, async () => {
      turn += 1;
      await make(`later-${turn}`);
      await put('a', `Turn ${turn}`);
      await act('e', turn % 2 === 1 ? 'publish' : 'withdraw');
    });
    expect(rows.map(({ code }) => code)).toEqual(['e', 'd', 'c', 'b', 'a']);
    expect(turn).toBe(4);
  });
});

describe('the versions of a product', () => {
  beforeAll(async () => {
    await make('v');
    for (const name of ['Two', 'Three', 'Four']) {
      await act('v', 'publish');
      await put('v', name);
    }
  });
  const shown = ({ version, state, name }: Page['data'][0]): unknown[] => [version, state, name];
  const four = [
    [4, 'draft', 'Four'],
    [3, 'published', 'Three'],
    [2, 'superseded', 'Two'],
    [1, 'superseded', 'Starter pack'],
  ];

  test('are listed newest first with the draft, each as it is read by itself', async () => {
    for (const limit of [1, 3, 4, 100]) expect((await walk('/v1/products/v/versions', limit)).map(shown)).toEqual(four);
    for (const row of await walk('/v1/products/v/versions', 100)) {
      const { etag, ...alone } = await world.must(200, 'GET', `/v1/products/v/versions/${row.version}`);
      expect([alone, etag]).toEqual([row, null]);
    }
  });

  test('stay as they are and where they are while the next ones are published', async () => {
    let turn = 4;
    const rows = await walk('/v1/products/v/versions', 1, async () => {
      turn += 1;
      await act('v', 'publish');
      await put('v', `Number ${turn}`);
    });
    expect(rows.map(({ version, name }) => [version, name])).toEqual(four.map(([version, , name]) => [version, name]));
  });

  test('are not found where there is no product, or no such version', async () => {
    for (const path of ['nothing', 'nothing/versions', 'nothing/versions/1', 'v/versions/99'])
      expectProblem(await world.send('GET', `/v1/products/${path}`), 404, 'not-found');
  });
});

describe('what a purchase reads', () => {
  const read = (codes: readonly string[], of = title): Promise<SaleVersion[]> => {
    const reads = world.api.app.get(CatalogReads, { strict: false });
    const database = world.api.app.get<DataSource>(MAIN_DATABASE, { strict: false });
    return database.transaction((tx: EntityManager) =>
      reads.published(
        tx,
        codes.map((code) => ({ title: of, code })),
      ),
    );
  };

  const full = {
    ...pack,
    stock: 0,
    limits: { perPlayer: 4, perPlayerAndDay: 1, perPlayerAndWeek: 2, perPlayerAndMonth: 3 },
    onSale: { from: '2026-12-01T00:00:00Z', until: '2027-01-01T00:00:00Z' },
  };
  beforeAll(async () => {
    await make('sale-draft');
    await world.must(201, 'PUT', '/v1/products/sale-full', full);
    await make('sale-bare');
    for (const code of ['sale-full', 'sale-bare']) await act(code, 'publish');
    await act('sale-bare', 'withdraw');
    await put('sale-full', 'Next');
  });

  test('is the published version of each product that has one, with all that it says, once', async () => {
    const found = await read(['sale-draft', 'sale-full', 'sale-full', 'sale-bare', 'nothing']);
    const { name: _, ...sold } = pack;
    const none = null;
    expect(found.sort((a, b) => (a.code < b.code ? 1 : -1))).toEqual([
      {
        title,
        code: 'sale-full',
        version: 1,
        withdrawn: false,
        ...sold,
        stock: 0,
        limits: full.limits,
        onSale: { from: new Date(full.onSale.from), until: new Date(full.onSale.until) },
      },
      {
        title,
        code: 'sale-bare',
        version: 1,
        withdrawn: true,
        ...sold,
        stock: none,
        limits: { perPlayer: none, perPlayerAndDay: none, perPlayerAndWeek: none, perPlayerAndMonth: none },
        onSale: { from: none, until: none },
      },
    ]);
  });

  test('is nothing of another title, and nothing where nothing is asked', async () => {
    expect(await read(['sale-full'], 'other')).toEqual([]);
    expect(await read([])).toEqual([]);
  });
});
