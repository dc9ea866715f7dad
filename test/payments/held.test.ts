import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { openPayments, type PaymentsWorld } from './payments-world.js';

/* A stranger's session holds the row of a payment. */

let world: PaymentsWorld;
let stranger: pg.Client;
beforeAll(async () => {
  world = await openPayments();
  stranger = new pg.Client({ connectionString: world.url });
  await stranger.connect();
});
afterAll(async () => {
  await stranger.end();
  await world.close();
});

test('a payment that is held fails alone, says when to try again, and goes on when it is free', async () => {
  const elements = Array.from({ length: 4 }, () => world.element());
  const [held] = elements;
  const asking = { alone: false, patient: true };
  expect(await world.payments.authorize(elements, asking)).toEqual(
    Array(4).fill({ answer: expect.objectContaining({ outcome: 'authorized' }) }),
  );
  await stranger.query('begin');
  await stranger.query('select from payments.payments where id = $1 for no key update', [held?.id]);
  const captured = { answer: { outcome: 'captured' } };
  const results = await world.payments.capture(elements, asking);
  expect(results).toEqual([{ failed: expect.any(String), retryMs: expect.any(Number) }, ...Array(3).fill(captured)]);
  await stranger.query('rollback');
  // Each attempt is for the payments that have failed, as a run of its own makes it.
  expect(await world.payments.capture(elements.slice(0, 1), asking)).toEqual([captured]);
  expect(await world.payments.capture(elements, asking)).toEqual(Array(4).fill(captured));
});
