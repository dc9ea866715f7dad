import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { untilAnswered } from './adapters.js';
import { alone, openPayments, type PaymentsWorld } from './payments-world.js';

/* A stranger's session holds the payment of an orphan. */

let world: PaymentsWorld;
beforeAll(async () => {
  world = await openPayments();
});
afterAll(() => world.close());

const cause = { code: 'payment-expired', detail: 'The buyer has not paid in time.' };

test('an orphan is noted as booked though somebody holds the payment of another', async () => {
  const elements = [world.element({ method: null }), world.element({ method: null })];
  for (const element of elements) {
    await world.payments.authorize([element], alone);
    await untilAnswered(() => world.payments.void([{ ...element, cause }], alone));
  }
  const ids = elements.map(({ id }) => id);
  const rows = await world.source.query<{ orphan: string }[]>(
    'select id as orphan from payments.orphans where payment = any($1) order by id',
    [ids],
  );
  const stranger = world.source.createQueryRunner();
  await stranger.startTransaction();
  await stranger.query('select from payments.payments where id = $1 for update', [ids[0]]);
  await world.orphans.booked(rows.map(({ orphan }) => ({ orphan, kind: 'late-fee' })));
  await stranger.rollbackTransaction();
  await stranger.release();
  const booked = await world.source.query<{ booked: string[] }[]>(
    'select booked from payments.orphans where payment = any($1) order by id',
    [ids],
  );
  expect(booked).toEqual([{ booked: [] }, { booked: ['late-fee'] }]);
});
