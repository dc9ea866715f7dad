import { afterEach, expect, test } from '@jest/globals';
import { findings, History, size } from './histories.js';

let history: History | undefined;
afterEach(async () => {
  await history?.close();
});

test('a true history of trades, purchases, refunds, disputes and payouts is reconciled', async () => {
  history = await History.open({ ...size, waiting: false });
  const { main } = history;
  const found = await findings((sql, parameters = []) => main.query(sql, [...parameters]));
  expect(found.map(({ type, subject, detail }) => `${type} ${subject} ${detail}`)).toEqual([]);
  const { id, ...end } = await history.run();
  expect(end).toEqual({ verdict: 'RECONCILED', breaks: 0, pending: 0 });
  const [row] = await main.query<[{ looked: Record<string, Record<string, number>> }]>(
    'select looked from reconciliation.runs where id = $1',
    [id.slice(4)],
  );
  expect(row.looked['trades']?.['trades']).toBe(size.exchanges * 0.9);
  expect(row.looked['payments']?.['payments']).toBe(size.money);
});

test('a history with purchases that wait for their buyers is green: nothing is late with them', async () => {
  history = await History.open();
  const { verdict, breaks, pending } = await history.run();
  expect({ verdict, breaks, pending }).toEqual({ verdict: 'RECONCILED', breaks: 0, pending: 0 });
  const [{ open }] = await history.main.query<[{ open: number }]>('select count(*)::int as open from purchases.open');
  expect(open).toBe(Math.floor((size.money + 1) / 12));
});
