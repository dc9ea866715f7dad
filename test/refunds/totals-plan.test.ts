import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { EntityManager } from 'typeorm';
import { readTotals } from '../../src/refunds/totals.statements.js';
import { euros } from '../purchases/money.js';
import { title } from '../purchases/store.js';
import { Till } from './till.js';

/* What a quote costs where many refunds are stored. */

let till: Till;
beforeAll(async () => {
  till = await Till.open();
});
afterAll(async () => {
  expect(await till.store.close()).toBe(0);
});

it('a quote reads no refund of another purchase', async () => {
  const purchase = await till.purchase({ pay: euros });
  await till.accepted(purchase, 10n);
  await till.store.session.query(
    `insert into refunds.refunds (id, title, key, fingerprint, purchase, player, product, amount, pay, takes, policy,
       restock, grounds, legs, decided_at, state, closed_at)
     select gen_random_uuid(), 'other', 'key-' || place, '', gen_random_uuid(), 'ann', 'pack', 1, '{}', '{}', 'debt',
       false, '', '[]', 0, 'succeeded', now() from generate_series(1, 5000) as g (place)`,
  );
  await till.store.session.query('analyze refunds.refunds');
  let plan = '';
  const explaining = {
    query: async (text: string, parameters: unknown[]) => {
      const { rows } = await till.store.session.query<{ 'QUERY PLAN': string }>(`explain ${text}`, parameters);
      plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      return [];
    },
  } as unknown as EntityManager;
  await readTotals(explaining, title, purchase.slice(4));
  expect(plan).toContain('refunds_reversed');
  expect(plan).not.toMatch(/Seq Scan on refunds/);
});
