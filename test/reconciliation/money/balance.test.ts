import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openMoney, type MoneyWorld } from './money-world.js';

let world: MoneyWorld;
beforeAll(async () => {
  world = await openMoney();
});
afterAll(() => world.close());

test('a clearing account that is not what the provider has is 26, also while something goes on there', async () => {
  const { id, intent } = await world.bought();
  await world.provider.act('settle', id);
  await world.source.query('update payments.payments set fee_due_at = now() where fee_due_at is not null');
  const { movements } = await world.fees.find(100);
  await world.book(movements as never, { booked: () => Promise.resolve() } as never);
  await world.fees.booked(movements.map(({ id: movement }) => movement));
  expect(await world.found(['payments'])).toEqual([]);
  const { id: other } = await world.captured();
  await world.purchase(other, 'declined');
  const found = (): Promise<string[]> => world.found(['balance']);
  expect(await found()).toEqual([]);
  await world.damage(
    `update reconciliation.provider_objects t set body = t.body || '{"amount":"500"}'
     from reconciliation.provider_objects c where c.kind = 'charge' and c.about = $1 and t.about = c.id
       and t.kind = 'balance_transaction' and t.body->>'type' = 'charge'`,
    [intent],
  );

  await world.source.query(
    `create function reconciliation.hurt() returns trigger language plpgsql as $$ begin return null; end $$`,
  );
  await world.source.query(`create trigger hurt before insert or update on reconciliation.provider_objects
    for each row execute function reconciliation.hurt()`);
  expect(await found()).toEqual(['26 system:clearing:stripe system:clearing:stripe EUR -1']);
});
