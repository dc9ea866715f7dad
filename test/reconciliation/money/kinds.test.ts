import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LedgerService } from '../../../src/ledger/ledger.service.js';
import type { PaymentElement } from '../../../src/payments/payments.types.js';
import { alone } from '../../payments/payments-world.js';
import { openMoney, type MoneyWorld } from './money-world.js';

/* Each kind of break about money, made underneath. */

let world: MoneyWorld;
let ledger: LedgerService;
beforeAll(async () => {
  world = await openMoney();
  ledger = new LedgerService(world.source);
});
afterAll(() => world.close());

const clearing = 'system:clearing:stripe EUR';
const all = ['payments', 'provider', 'clearing', 'payouts', 'balance', 'told', 'operations'];

/** What is found of some subjects after an import and then a change of what was imported. */
async function found(
  sql = 'select 1',
  parameters: readonly unknown[] = [],
  { hours = 48, title = null as string | null, kind = 'full' as 'full' | 'hot' | 'incremental' } = {},
): Promise<string[]> {
  await world.run([]);
  const trigger = 'hurt before insert or update on reconciliation.provider_objects';
  await world.damage(sql, parameters);
  await world.source.query(
    `create or replace function reconciliation.hurt() returns trigger language plpgsql as $$ begin return null; end $$`,
  );
  await world.source.query(`create trigger ${trigger} for each row execute function reconciliation.hurt()`);
  const since = kind === 'incremental' ? new Date() : null;
  const { findings } = await world.run(all, { title, kind, since }, hours);
  await world.source.query('drop trigger hurt on reconciliation.provider_objects');
  return findings.map(({ type, subject, account, asset, amount }) => [type, subject, account, asset, amount].join(' '));
}

async function authorised(state: string): Promise<PaymentElement> {
  const element = world.element();
  await world.payments.authorize([element], alone);
  await world.purchase(element.id, state);
  return element;
}

/** Books something of a purchase, and says by which transfer. */
async function book(reference: string, key: string, amount: bigint, to = 'system:clearing:stripe'): Promise<string> {
  const legs = [{ from: 'system:mint', to, asset: 'EUR', amount }];
  const one = { title: 'arena', key, kind: 'paid' as const, legs, reason: 'exchange', reference };
  expect(await ledger.transfer([one])).toMatchObject([{ outcome: 'posted' }]);
  const [row] = await world.source.query<[{ id: string }]>(
    `select transfer_id as id from ledger.outcomes where title = 'arena' and key = $1`,
    [key],
  );
  return `trf_${row.id}`;
}

const alter = (change: string): string =>
  `update reconciliation.provider_objects set body = body || '${change}' where id = $1`;

test('what is granted without a capture is 9, and an authorisation that is left 13', async () => {
  const [open, ended] = [await authorised('accepted'), await authorised('declined')];
  await book(open.id, `exchange/${open.id}`, 1n, 'player:ann');
  const is = await found();
  expect(is).toContain(`9 ${open.id} player:ann EUR 499`);
  expect(is).toContain(`13 ${ended.id} ${clearing} 499`);
});

test('an authorisation that ends soon is 14, and one that does not is nothing', async () => {
  const { id } = await authorised('accepted');
  const wanted = `14 ${id} ${clearing} 499`;
  expect(await found()).not.toContain(wanted);
  expect(await found('select 1', [], { hours: 7 * 24 - 12 })).toContain(wanted);
});

test('more refunded than captured is 18', async () => {
  const { id } = await world.bought();
  const refund = await world.provider.act<{ id: string }>('dashboard-refund', id, '3');
  await world.settle();
  expect(await found(alter('{"amount":"600"}'), [refund.id])).toContain(`18 ${id} ${clearing} 101`);
});

test('a posting of nothing that has moved is 23, and one that is booked again 27', async () => {
  const [one, two] = [await world.bought(), await world.bought()];
  const stray = await book(one.id, `stray/${one.id}`, 100n);
  const unknown = await book('pur_nobody', 'stray/nobody', 7n);
  await book(two.id, `again/${two.id}`, 499n);
  const is = await found();
  expect(is).toContain(`23 ${stray} ${clearing} 100`);
  expect(is).toContain(`23 ${unknown} ${clearing} 7`);
  expect(is).toContain(`27 ${two.id} ${clearing} 499`);
});

test('a call whose end nobody knows is 28 after a day, and what is due and not looked at 29', async () => {
  const { id } = await world.bought();
  const lost = `update payments.operations set state = 'unknown' where payment = $1 and kind = 'capture'`;
  const is = await found(lost, [id]);
  expect(is).toContain(`28 ${id} ${clearing} 499`);
  const due = `update payments.payments set fee_due_at = now() where id = $1`;
  expect(await found(due, [id])).toContain(`29 ${id} ${clearing} 499`);
});

test('what has changed after it was settled is 32, and a kind of movement that nobody knows 33', async () => {
  const [one, two] = [await world.bought(), await world.bought()];
  await world.provider.act('payout', two.id);
  const changed = `update reconciliation.provider_objects set before = body || '{"received":"400"}',
    before_version = version, before_at = now() where id = $1`;
  expect(await found(changed, [one.intent])).toContain(`32 ${one.intent} ${clearing} 99`);
  const unknown = `update reconciliation.provider_objects t set body = t.body || '{"type":"mystery"}'
    from reconciliation.provider_objects c where c.kind = 'charge' and c.about = $1 and t.about = c.id
      and t.kind = 'balance_transaction' and t.body->>'type' = 'charge'`;
  expect((await found(unknown, [two.intent])).filter((text) => text.startsWith('33 '))).toEqual([
    expect.stringMatching(new RegExp(`^33 txn_\\w+ ${clearing} 499$`)),
  ]);
});

test('a title sees its own alone, and hot and incremental runs see what they are for', async () => {
  await world.addTitle('market');
  const [own, other] = [await world.bought(), await world.bought({ title: 'market' })];
  const more = `update reconciliation.provider_objects set body = body || '{"received":"500"}'
    where purchase = any($1) and kind = 'payment_intent'`;
  const wrong = (id: string): string => `7 ${id} ${clearing} 1`;
  const parameters = [[own.id, other.id]];
  const arena = await found(more, parameters, { title: 'arena' });
  expect(arena).toContain(wrong(own.id));
  expect(arena.filter((text) => text.includes(other.id))).toEqual([]);
  const incremental = await found(more, parameters, { kind: 'incremental' });
  expect(incremental).toEqual(expect.arrayContaining([wrong(own.id), wrong(other.id)]));
  expect((await found(more, parameters, { kind: 'hot' })).filter((text) => text.startsWith('7 '))).toEqual([]);
  await world.damage(`update purchases.purchases set state = 'accepted', closed_at = null where id = $1`, [
    own.id.slice(4),
  ]);
  await world.damage('insert into purchases.open (id, created_at) values ($1, now())', [own.id.slice(4)]);
  expect(await found(more, parameters, { kind: 'hot' })).toContain(wrong(own.id));
});

test('an incremental run looks at an old payment of which only a movement on the balance is new', async () => {
  const { id, intent } = await world.bought({ id: 'pur_0190c5a0-0000-7000-8000-000000000001' });
  const old = `with aged as (
      update reconciliation.provider_objects set made_at = now() - interval '40 days', changed_at = null
      where $1 in (id, about) returning *)
    insert into reconciliation.provider_objects (title, provider, kind, id, version, body, about, made_at, first_seen)
    select title, provider, 'balance_transaction', 'txn_late', version, '{"type":"charge","amount":"499","fee":"40",
      "currency":"EUR","source":null}', id, now(), first_seen from aged where kind = 'charge'`;
  const is = await found(old, [intent], { kind: 'incremental' });
  expect(is.filter((text) => text.includes(id))).toContain(`21 ${id} ${clearing} 40`);
});
