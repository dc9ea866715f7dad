import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { boundaries } from '../../src/boundaries.js';
import { runMigrations } from '../../src/postgres/migrations.js';
import { loadConfig } from '../../src/process/config.js';
import { createEmptyDatabase, type TestDatabase } from '../harness/database.js';
import { alone, openPayments, type PaymentsWorld } from './payments-world.js';

/* What the database refuses to anybody, whatever a release says: what was decided and what was sent stays. */

const cause = { code: 'compensated-by-operator', detail: 'ops: a mistake' };
let world: PaymentsWorld;

/**
 * Leaves a payment of every sort: authorised, captured, and cancelled. The database is migrated here, so that a wall
 * that is taken away is missed.
 */
beforeAll(async () => {
  world = await openPayments({}, migrated);
  const elements = ['authorized', 'captured', 'cancelled'].map((id) => world.element({ id: `pur_${id}` }));
  await world.payments.authorize(elements, alone);
  await world.payments.capture(elements.slice(1, 2), alone);
  await world.payments.void(
    elements.slice(2).map((element) => ({ ...element, cause })),
    alone,
  );
  expect(await Promise.all(elements.map(({ id }) => world.state(id)))).toEqual(['authorized', 'captured', 'cancelled']);
  const terms = {
    title: 'arena',
    provider: 'stripe',
    purchase: 'pur_captured',
    currency: 'EUR',
    amount: 100n,
  } as const;
  await world.refunds.refund([{ ...terms, id: 'rfd_done' }], alone);
  await world.refunds.cancel([{ ...terms, id: 'rfd_canceled', cause }], alone);
});
afterAll(() => world.close());

async function migrated(): Promise<TestDatabase> {
  const database = await createEmptyDatabase();
  const config = loadConfig({ VELTRIX_ADMIN_KEY: 'not-used-by-this-test', DATABASE_URL: database.url });
  await runMigrations(config, boundaries);
  return database;
}

const of = (sort: string): string => `where id = 'pur_${sort}'`;
const ofRefund = (sort: string): string => `where id = 'rfd_${sort}'`;

describe('the database refuses', () => {
  test.each([
    ['to open a captured payment', `update payments.payments set state = 'authorized' ${of('captured')}`],
    ['to cancel a captured payment', `update payments.payments set state = 'cancelled' ${of('captured')}`],
    ['to capture a cancelled payment', `update payments.payments set state = 'captured' ${of('cancelled')}`],
    ['to give a payment another intent', `update payments.payments set reference = 'pi_2' ${of('authorized')}`],
    ['to take its intent from a payment', `update payments.payments set reference = null ${of('authorized')}`],
    ['to decide another cause', `update payments.payments set turned_back_code = 'other' ${of('cancelled')}`],
    ['to take back that it is turned back', `update payments.payments set turned_back_code = null ${of('cancelled')}`],
    ['to change an amount', `update payments.payments set amount = 1 ${of('authorized')}`],
    ['to change a currency', `update payments.payments set currency = 'USD' ${of('authorized')}`],
    ['to change what the buyer pays with', `update payments.payments set method = null ${of('authorized')}`],
    ['to give a payment another id', `update payments.payments set id = 'pur_2' ${of('authorized')}`],
    ['to delete a payment', `delete from payments.payments ${of('authorized')}`],
    ['to cancel a refund that is done', `update payments.refunds set state = 'canceled' ${ofRefund('done')}`],
    [
      'to have a refund done that is canceled',
      `update payments.refunds set state = 'succeeded' ${ofRefund('canceled')}`,
    ],
    ['to make another refund of it', `update payments.refunds set reference = 're_2' ${ofRefund('done')}`],
    ['to cancel it for another cause', `update payments.refunds set turned_back_code = 'x' ${ofRefund('canceled')}`],
    ['to change the amount of a refund', `update payments.refunds set amount = 1 ${ofRefund('done')}`],
    ['to have a refund be of another payment', `update payments.refunds set payment = 'pur_2' ${ofRefund('done')}`],
    ['to delete a refund', `delete from payments.refunds ${ofRefund('done')}`],
  ])('%s', async (_, sql) => {
    await expect(world.source.query(sql)).rejects.toMatchObject({
      driverError: { code: '23001', message: expect.stringContaining('what is decided about payment') },
    });
  });

  test.each([
    ['to change the body of a call', `update payments.operations set body = '{"amount":"1"}'`],
    ['to lay out the body of a call anew', `update payments.operations set body = (body::text || ' ')::json`],
    ['to change the key of a call', `update payments.operations set key = key || ':2'`],
    ['to number a call anew', 'update payments.operations set seq = seq + 1'],
    ['to make another call of it', `update payments.operations set kind = 'cancel' where kind = 'create'`],
    [
      'to give a call to another refund',
      `update payments.operations set refund = 'rfd_canceled' where refund is not null`,
    ],
    ['to delete a call', 'delete from payments.operations'],
  ])('%s', async (_, sql) => {
    await expect(world.source.query(sql)).rejects.toMatchObject({
      driverError: { code: '23001', message: expect.stringContaining('was written before its call and stays') },
    });
  });

  test.each([
    ['to empty the payments', 'truncate payments.payments cascade'],
    ['to empty the calls', 'truncate payments.operations'],
    ['to empty the refunds', 'truncate payments.refunds cascade'],
  ])('%s', async (_, sql) => {
    await expect(world.source.query(sql)).rejects.toMatchObject({
      driverError: { code: '23001', message: expect.stringContaining('are never emptied') },
    });
  });

  test.each([
    ['more captured than was agreed to', `captured = 500 ${of('captured')}`],
    ['less than nothing captured', `captured = -1 ${of('captured')}`],
    ['something captured of what is not', `captured = 499 ${of('authorized')}`],
    ['nothing captured of what is', `captured = 0 ${of('captured')}`],
    ['to turn back for no reason', `state = 'voiding' ${of('authorized')}`],
    ['a fee to be due of what is not captured', `fee_due_at = now() ${of('authorized')}`],
    ['a fee without the movement that says it', `fee = 0, fee_currency = 'EUR' ${of('captured')}`],
    ['more returned than was captured', `returned = 500 ${of('captured')}`],
    ['less than nothing returned', `returned = -1 ${of('captured')}`],
    ['something returned of what is not captured', `returned = 1 ${of('authorized')}`],
    ['a state that there is not', `state = 'paid' ${of('authorized')}`],
  ])('%s', async (_, change) => {
    await expect(world.source.query(`update payments.payments set ${change}`)).rejects.toMatchObject({
      driverError: { code: '23514' },
    });
  });

  test('to have one intent pay for two', async () => {
    await expect(
      world.source.query(
        `insert into payments.payments (id, title, provider, currency, amount, reference, deadline)
         select 'pur_3', title, provider, currency, amount, reference, deadline
         from payments.payments ${of('captured')}`,
      ),
    ).rejects.toMatchObject({ driverError: { code: '23505', constraint: 'payments_by_reference' } });
  });

  test('a second call of one key', async () => {
    await expect(
      world.source.query(
        `insert into payments.operations (payment, kind, seq, key, body, state, attempts, stored_error)
         select payment, kind, seq + 1, key, body, state, attempts, stored_error from payments.operations`,
      ),
    ).rejects.toMatchObject({ driverError: { code: '23505', constraint: 'operations_key_key' } });
  });
});
