import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LedgerService } from '../../src/ledger/ledger.service.js';
import { transfer } from '../../src/ledger/ledger.shapes.js';
import type { TransferKind } from '../../src/ledger/ledger.types.js';
import { expectProblem, openApi, rowCounts, type Api } from '../http/api.js';

let api: Api;
let key: string;
beforeAll(async () => {
  api = await openApi();
  key = await api.makeTitle('arena');
  await api.send('PUT', '/v1/assets/gold', { key, body: { name: 'Gold', kind: 'currency' } });
});
afterAll(() => api.close());

let reversals = 0;
const reverse = (id: string) =>
  api.send('POST', `/v1/transfers/${id}/reversal`, {
    key,
    headers: { 'idempotency-key': `r-${++reversals}` },
    body: { reason: 'x' },
  });

/** Books a transfer of a kind, as whoever books such ones does. */
async function book(kind: TransferKind): Promise<string> {
  const legs = [{ from: 'system:mint', to: 'player:a', asset: 'gold', amount: 5n }];
  const element = {
    title: 'arena',
    key: `${kind}/${++reversals}`,
    kind: kind === 'reversal' ? ('transfer' as const) : kind,
    legs,
    reason: 'x',
  };
  const [result] = await api.app.get(LedgerService, { strict: false }).transfer([element]);
  if (result?.outcome !== 'posted') throw new Error(`The ${kind} was not booked.`);
  if (kind !== 'reversal') return result.transferId;
  const reversed = await reverse(result.transferId);
  expect(reversed.status).toBe(201);
  return (reversed.body as { id: string }).id;
}

test.each(transfer.shape.kind.options)(
  'a transfer of the kind %s can be reversed only if a caller has asked for it',
  async (kind) => {
    const id = await book(kind);
    const before = await rowCounts(api.session);
    const answer = await reverse(id);
    if (kind === 'transfer') return expect(answer.status).toBe(201);
    expectProblem(answer, 409, 'not-reversible');
    expect(await rowCounts(api.session)).toEqual(before);
  },
);
