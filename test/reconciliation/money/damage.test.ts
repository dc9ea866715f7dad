import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openMoney, type MoneyWorld } from './money-world.js';

/* Damage underneath, of which exactly that is found. */

let world: MoneyWorld;
const opened: MoneyWorld[] = [];
beforeEach(async () => {
  world = await openMoney();
  opened.push(world);
});
afterAll(() => Promise.all(opened.map((one) => one.close())));

const clearing = 'system:clearing:stripe EUR';
const object = (kind: string, id: string): [string, string[]] => [
  `delete from reconciliation.provider_objects where kind = '${kind}' and id = $1`,
  [id],
];

/** Imports, damages what was imported, and runs the checks without importing again. */
async function foundAfter(sql: string, parameters: readonly unknown[]): Promise<string[]> {
  await world.run([]);
  await world.damage(
    `create or replace function reconciliation.hurt() returns trigger language plpgsql as $$
     begin return null; end $$`,
  );
  await world.damage(sql, parameters);
  await world.source.query(
    `create trigger hurt before insert or update on reconciliation.provider_objects
     for each row execute function reconciliation.hurt()`,
  );
  return world.found();
}

describe('of a capture', () => {
  test('that the provider does not have, 4', async () => {
    const { id, intent } = await world.bought();
    const [sql, parameters] = object('payment_intent', intent);
    expect(await foundAfter(sql, parameters)).toContain(`4 ${id} ${clearing} 499`);
  });

  test('that was taken back, 5', async () => {
    const { id, intent } = await world.bought();
    const sql = `update reconciliation.provider_objects set body = body || '{"status":"canceled"}' where id = $1`;
    expect(await foundAfter(sql, [intent])).toEqual([`5 ${id} ${clearing} 499`]);
  });

  test('of another amount, 7, and of another currency, 8', async () => {
    const [one, two] = [await world.bought(), await world.bought()];
    const sql = `update reconciliation.provider_objects set body = body || case id when $1
      then '{"received":"500"}'::jsonb else '{"currency":"USD"}'::jsonb end where id in ($1, $2)`;
    expect(await foundAfter(sql, [one.intent, two.intent])).toEqual([
      `7 ${one.id} ${clearing} 1`,
      `8 ${two.id} ${clearing} 499`,
    ]);
  });

  test('of a purchase that has ended without it, 2, and that goes on, 1', async () => {
    const [ended, open] = [await world.captured(), await world.captured()];
    await world.purchase(ended.id, 'declined');
    await world.purchase(open.id, 'accepted');
    await world.damage(`update payments.payments set state = 'capturing', captured = 0, fee_due_at = null
      where id = '${open.id}'`);
    expect(await world.found()).toEqual([`1 ${open.id} ${clearing} 499`, `2 ${ended.id} ${clearing} 499`]);
  });

  test('of no purchase that is known, 3, and of one that is captured twice, 6', async () => {
    const { id, intent } = await world.bought();
    const twice = async (purchase: string): Promise<string> => {
      const made = await world.provider.client(world.key).paymentIntents.create({
        ...{ amount: 499, currency: 'eur', payment_method: 'pm_card_visa', confirm: true },
        metadata: { title: 'arena', purchase },
      });
      return made.id;
    };
    const other = await twice('pur_0198c5a0-0000-7000-8000-000000000000');
    await twice(id);
    expect(await world.found()).toEqual([`3 ${other} ${clearing} 499`, `6 ${id} ${clearing} 499`]);
    expect(intent).not.toBe(other);
  });
});

test('a refund that is not booked is 15, one that is not there 16, and one that has failed 17', async () => {
  const [one, two, three] = [await world.bought(), await world.bought(), await world.bought()];
  const [gone, failed] = [
    await world.provider.act<{ id: string }>('dashboard-refund', two.id, '5'),
    await world.provider.act<{ id: string }>('dashboard-refund', three.id, '7'),
  ];
  await world.settle();
  const late = await world.provider.act<{ id: string }>('dashboard-refund', one.id, '3');
  const sql = `with gone as (delete from reconciliation.provider_objects where $1 in (id, about))
    update reconciliation.provider_objects set body = body || '{"status":"failed"}' where id = $2`;
  expect(await foundAfter(sql, [gone.id, failed.id])).toEqual([
    `15 ${late.id} ${clearing} 3`,
    `16 ${gone.id} ${clearing} 5`,
    `17 ${failed.id} ${clearing} 7`,
  ]);
});

test('a dispute that nobody knows is 19, and one that is closed there 20', async () => {
  const [one, two] = [await world.bought(), await world.bought()];
  const closed = await world.provider.act<{ id: string }>('dispute-open', two.id);
  await world.settle();
  await world.provider.act('dispute-lost', two.id);
  const opened = await world.provider.act<{ id: string }>('dispute-open', one.id);
  expect(await world.found()).toEqual([`19 ${opened.id} ${clearing} 499`, `20 ${closed.id} ${clearing} 499`]);
});

test('a fee that is not booked is 21, and a payout that is not what it contains 25', async () => {
  const { id } = await world.bought();
  const paid = await world.provider.act<{ id: string; amount: number }>('payout', id);
  const sql = `update reconciliation.provider_objects set body = body || '{"amount":"1"}' where id = $1`;
  expect(await foundAfter(sql, [paid.id])).toEqual([
    `21 ${id} ${clearing} 32`,
    `25 ${paid.id} ${clearing} ${paid.amount - 1}`,
  ]);
});

test('a list that cannot be read is a reason, and nothing is missing by it', async () => {
  await world.bought();
  await world.provider.fault({ on: { method: 'GET', path: '/v1/payment_intents' }, fault: 'status', status: 403 });
  const { findings, reasons } = await world.run(['payments', 'provider']);
  expect(findings).toEqual([]);
  expect(reasons).toEqual([
    expect.stringMatching(/^permission payment_intents of arena/),
    'side-unreadable Not all that the account of arena at stripe has was read in this run.',
  ]);
});
