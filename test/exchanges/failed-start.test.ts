import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { DEAL_BOOKS, type DealBook } from '../../src/exchanges/deals.js';
import { until } from '../e2e/processes.js';
import { openApi, type Api } from '../http/api.js';
import { valuesOf } from '../http/metric-values.js';

let api: Api;
let key: string;
beforeAll(async () => {
  api = await openApi({ env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
  key = await api.makeTitle('arena');
});
afterAll(() => api.close());

const book = (): DealBook => api.app.get<DealBook[]>(DEAL_BOOKS, { strict: false })[0] as DealBook;

/** The ages of the oldest open trade that was started and of the oldest that was not. */
const ages = (): Promise<Record<string, number>> =>
  valuesOf(api.app.get(Registry, { strict: false }), 'veltrix_oldest_open_deal_seconds');

let posts = 0;
async function accept(): Promise<string> {
  const gives = { amounts: [{ asset: 'gold', amount: '1' }] };
  const { status, body } = await api.send('POST', '/v1/trades', {
    key,
    headers: { 'idempotency-key': `failed-start-${++posts}` },
    body: {
      parties: [
        { player: 'ann', gives },
        { player: 'bob', gives: {} },
      ],
    },
  });
  expect([status, body]).toMatchObject([202, { state: 'accepted' }]);
  return (body as { id: string }).id;
}

test('a trade whose run could not be started counts as not started, and a sweep still asks for its run', async () => {
  const id = await accept();
  await until('it counts', async () => ((await ages())['kind=trade started=false'] ?? 0) > 0);
  expect((await ages())['kind=trade started=true']).toBe(0);
  expect((await book().withoutRun(0, 10)).looked).toBe(0);
  expect((await book().stillOpen(0, 10)).found.map(({ exchange, workflowId }) => [exchange.id, workflowId])).toEqual([
    [id, `trade/${id}`],
  ]);
  await api.session.query('delete from trades.open');
});

test('a trade that another run has taken meanwhile still counts as started', async () => {
  const id = await accept();
  await until('it counts', async () => ((await ages())['kind=trade started=false'] ?? 0) > 0);
  await book().recordStart([id], `convoy/${id}`);
  await book().recordFailedStart([id], `trade/${id}`);
  expect((await ages())['kind=trade started=false']).toBe(0);
  await book().recordFailedStart([id], `convoy/${id}`);
  expect((await ages())['kind=trade started=false']).toBeGreaterThan(0);
});
