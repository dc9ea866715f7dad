import { expect } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { ProductsService } from '../../src/catalog/products.service.js';
import { InventoryReads } from '../../src/inventory/inventory.reads.js';
import { LedgerReads } from '../../src/ledger/ledger.reads.js';
import { MAIN_DATABASE } from '../../src/postgres/data-sources.js';
import { openApi, type Answer, type Api } from '../http/api.js';

export const title = 'arena';

/** A product as a test sends it. */
export const pack = {
  name: 'Starter pack',
  content: { amounts: [{ asset: 'gold', amount: '500' }], items: [{ item: 'sword', count: 2 }] },
  prices: { virtual: [{ asset: 'gems', amount: '40' }], money: [{ currency: 'EUR', amount: '499' }] },
};

/** The API with a title that has defined two assets and an item. */
export interface CatalogWorld {
  api: Api;
  key: string;
  products: ProductsService;
  /** The commands of another process. */
  another(): ProductsService;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Sends what must be answered with this status. @returns the body, and the entity tag as `etag` */
  must(
    status: number,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Record<string, unknown>>;
  /** What the catalog has told of a product. */
  facts(code: string): Promise<{ type: string; data: Record<string, unknown> }[]>;
}

/** @param env what is set besides, for example another database */
export async function openCatalog(env: Record<string, string> = {}): Promise<CatalogWorld> {
  // Nothing of the catalog is answered by Temporal.
  const api = await openApi({ env: { TEMPORAL_ADDRESS: '127.0.0.1:1', DATABASE_POOL_SIZE: '10', ...env } });
  const key = await api.makeTitle(title);
  const send: CatalogWorld['send'] = (method, path, body, headers = {}) =>
    api.send(method, path, { key, headers, ...(body !== undefined && { body }) });
  const must: CatalogWorld['must'] = async (status, method, path, body, headers) => {
    const answer = await send(method, path, body, headers);
    expect({ path, status: answer.status, body: answer.body }).toMatchObject({ status });
    return { ...(answer.body as object), etag: answer.headers.get('etag') };
  };
  for (const code of ['gold', 'gems']) await must(201, 'PUT', `/v1/assets/${code}`, { name: code, kind: 'currency' });
  await must(201, 'PUT', '/v1/items/sword', { name: 'Sword' });
  return {
    api,
    key,
    products: api.app.get(ProductsService, { strict: false }),
    another: () =>
      new ProductsService(
        api.app.get<DataSource>(MAIN_DATABASE, { strict: false }),
        api.app.get(LedgerReads, { strict: false }),
        api.app.get(InventoryReads, { strict: false }),
      ),
    send,
    must,
    async facts(code) {
      const { rows } = await api.session.query<{ type: string; data: Record<string, unknown> }>(
        'select type, data from catalog.facts where title = $1 and subject = $2 order by id, place',
        [title, code],
      );
      return rows;
    },
  };
}
