import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RefundElement } from '../../src/payments/refunds.types.js';
import { adapterWith } from './adapters.js';
import { openRefunds, type RefundWorld } from './refund-world.js';

/* The database of the payments is restored to an older moment, and the provider has given the money back since. */

let world: RefundWorld;
beforeAll(async () => {
  world = await openRefunds();
});
afterAll(() => world.close());

const refunded = { answer: { outcome: 'refunded' } };

/** What the rows say of a refund: what was returned of its payment, and the rows of it and of its calls as JSON. */
interface Moment {
  returned: string;
  refunds: string;
  operations: string;
}

async function momentOf({ id, purchase }: RefundElement): Promise<Moment> {
  const [row] = await world.source.query<Moment[]>(
    `select p.returned,
       (select coalesce(json_agg(to_json(r)), '[]')::text from payments.refunds r where r.id = $1) as refunds,
       (select coalesce(json_agg(to_json(o)), '[]')::text from payments.operations o where o.refund = $1) as operations
     from payments.payments p where p.id = $2`,
    [id, purchase],
  );
  if (row === undefined) throw new Error(`${purchase} is not there.`);
  return row;
}

/** Puts the rows back to what they were, which only a restore can do. */
async function restore({ id, purchase }: RefundElement, to: Moment): Promise<void> {
  await world.source.transaction(async (tx) => {
    await tx.query('set local session_replication_role = replica');
    await tx.query('delete from payments.operations where refund = $1', [id]);
    await tx.query('delete from payments.refunds where id = $1', [id]);
    await tx.query('update payments.payments set returned = $2 where id = $1', [purchase, to.returned]);
    for (const table of ['refunds', 'operations'] as const)
      await tx.query(
        `insert into payments.${table} overriding system value
         select * from json_populate_recordset(null::payments.${table}, $1::json)`,
        [to[table]],
      );
  });
}

test.each(['before it was made', 'before its answer'] as const)(
  'a refund of a part that is restored to %s is given back once, also when its key is forgotten',
  async (moment) => {
    const refund = await world.captured(200n);
    const moments: Partial<Record<typeof moment, Moment>> = { 'before it was made': await momentOf(refund) };
    const adapter = adapterWith(world, (account) => ({
      async refund(call, options) {
        moments['before its answer'] = await momentOf(refund);
        return account.refund({ ...call, key: `${call.key} forgotten` }, options);
      },
    }));
    expect(await world.giveBack(refund, 1, world.anotherRefunds(adapter))).toEqual(refunded);
    const then = moments[moment];
    if (then === undefined) throw new Error(`There was no moment ${moment}.`);
    await restore(refund, then);
    expect(await world.refunds.kept([refund.id])).toEqual([undefined]);
    expect(await world.giveBack(refund)).toEqual(refunded);
    expect(await world.money(refund)).toBe('499 captured, 200 refunded');
    expect(await world.row(refund)).toBe('succeeded 200');
  },
);

test('a refund that is restored to before its answer is not turned back: it is found to be done', async () => {
  const refund = await world.captured(200n);
  let then: Moment | undefined;
  const adapter = adapterWith(world, (account) => ({
    async refund(call, options) {
      then = await momentOf(refund);
      return account.refund(call, options);
    },
  }));
  await world.giveBack(refund, 1, world.anotherRefunds(adapter));
  if (then === undefined) throw new Error('It was not sent.');
  await restore(refund, then);
  expect(await world.turnBack(refund)).toEqual(refunded);
  expect(await world.money(refund)).toBe('499 captured, 200 refunded');
});
