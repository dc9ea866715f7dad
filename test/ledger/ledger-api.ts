import { expect } from '@jest/globals';
import { adminKey, openApi, type Answer, type Api } from '../http/api.js';

/** The API on a database of a test's own, with the title `arena` and its asset `gold`. */
export interface LedgerApi {
  api: Api;
  /** A key of the title with every scope. */
  key: string;
  /** Asks for a transfer, or by a path for its reversal, with a new idempotency key unless one is given. */
  post(body: object, asked?: { path?: string; as?: string; idempotencyKey?: string }): Promise<Answer>;
  /** The body that a path of the API answers. */
  read(path: string): Promise<unknown>;
  /** Makes a key of the title with these scopes. */
  keyWith(...scopes: string[]): Promise<string>;
}

/** A leg in gold, as it is sent. */
export function goldLeg(from: string, to: string, amount: string): Record<string, string> {
  return { from, to, asset: 'gold', amount };
}

/** Opens the API with `gold`. */
export async function openLedgerApi(): Promise<LedgerApi> {
  const api = await openApi();
  const key = await api.makeTitle('arena');
  const asset = { key, body: { name: 'Gold', kind: 'currency' } };
  expect(await api.send('PUT', '/v1/assets/gold', asset)).toMatchObject({ status: 201 });
  let keys = 0;
  return {
    api,
    key,
    post: (body, { path = '', as = key, idempotencyKey = `k-${++keys}` } = {}) =>
      api.send('POST', `/v1/transfers${path}`, { key: as, body, headers: { 'idempotency-key': idempotencyKey } }),
    read: async (path) => (await api.send('GET', path, { key })).body,
    async keyWith(...scopes) {
      const { body } = await api.send('POST', '/v1/titles/arena/keys', {
        key: adminKey,
        body: { name: 'some', scopes },
      });
      return (body as { key: string }).key;
    },
  };
}
