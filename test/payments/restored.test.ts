import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { PaymentElement } from '../../src/payments/payments.types.js';
import type { OperationKind } from '../../src/payments/provider.types.js';
import type { PaymentsService } from '../../src/payments/payments.service.js';
import { adapterWith, untilAnswered } from './adapters.js';
import { alone, openPayments, type PaymentsWorld } from './payments-world.js';

/* The database of the payments is restored to an older moment, and the provider knows better. */

let world: PaymentsWorld;
beforeAll(async () => {
  world = await openPayments();
});
afterEach(async () => {
  await world.provider.control('DELETE', 'faults');
});
afterAll(() => world.close());

const captured = { answer: { outcome: 'captured' } };
const cause = { code: 'compensated-by-operator', detail: 'ops: a mistake' };

/** The rows of a payment, as text of JSON. */
interface Rows {
  payments: string;
  operations: string;
}

const idOf = { payments: 'id', operations: 'payment' } as const;
const tables = Object.keys(idOf) as (keyof typeof idOf)[];

async function rowsOf(id: string): Promise<Rows> {
  const rowsIn = async (table: keyof typeof idOf): Promise<string> => {
    const [row] = await world.source.query<{ rows: string }[]>(
      `select coalesce(json_agg(to_json(t)), '[]')::text as rows from payments.${table} t where ${idOf[table]} = $1`,
      [id],
    );
    return row?.rows ?? '[]';
  };
  return { payments: await rowsIn('payments'), operations: await rowsIn('operations') };
}

/** Puts the rows of a payment back to what they were, which only a restore can do. */
async function restore(id: string, before: Rows): Promise<void> {
  await world.source.transaction(async (tx) => {
    await tx.query('set local session_replication_role = replica');
    for (const table of [...tables].reverse())
      await tx.query(`delete from payments.${table} where ${idOf[table]} = $1`, [id]);
    for (const table of tables)
      await tx.query(
        `insert into payments.${table} overriding system value
         select * from json_populate_recordset(null::payments.${table}, $1::json)`,
        [before[table]],
      );
  });
}

/** The rows of a payment at every moment at which a restore may find them. */
type Moments = Record<'before it was made' | `before the answer to ${OperationKind}`, Rows>;

/** A process whose calls are seen, each with the rows as they are when it goes out. */
function watched(moments: Partial<Moments>): PaymentsService {
  return world.another(
    adapterWith(world, (account) => ({
      async call(call, options) {
        const id = call.key.slice(0, call.key.indexOf(':'));
        moments[`before the answer to ${call.kind}`] = await rowsOf(id);
        return account.call(call, options);
      },
    })),
  );
}

async function paid(element: PaymentElement, moments: Partial<Moments> = {}): Promise<Partial<Moments>> {
  moments['before it was made'] = await rowsOf(element.id);
  const process = watched(moments);
  await process.authorize([element], alone);
  expect(await process.capture([element], alone)).toEqual([captured]);
  return moments;
}

/** As a run does that begins anew. */
async function forward(element: PaymentElement) {
  const authorized = await untilAnswered(() => world.payments.authorize([element], alone));
  return authorized !== undefined && 'answer' in authorized && authorized.answer.outcome === 'authorized'
    ? untilAnswered(() => world.payments.capture([element], alone))
    : authorized;
}

async function effectsOf(id: string): Promise<string[]> {
  const { calls } = await world.provider.effects({ reference: id });
  return calls.filter(({ method }) => method === 'POST').map(({ effect }) => effect);
}

const moments = [
  'before it was made',
  'before the answer to create',
  'before the answer to confirm',
  'before the answer to capture',
] as const;

describe('a payment that is captured and then restored to', () => {
  test.each(moments)('%s is captured once, and says so', async (moment) => {
    const element = world.element();
    const then = (await paid(element))[moment];
    if (then === undefined) throw new Error(`There was no moment ${moment}.`);
    await restore(element.id, then);
    expect(await world.payments.kept([element.id])).toEqual([undefined]);
    expect(await forward(element)).toEqual(captured);
    expect(await world.intents(element.id)).toEqual(['succeeded 499 499 0']);
    const effects = await effectsOf(element.id);
    expect(effects.filter((effect) => effect !== 'replayed')).toEqual(['created', 'authorized', 'captured']);
    expect(await world.payments.kept([element.id])).toEqual([{ outcome: 'captured' }]);
  });

  test.each(moments.slice(1))('%s is captured once also where its keys are forgotten', async (moment) => {
    const element = world.element();
    const then = (await paid(element))[moment];
    if (then === undefined) throw new Error(`There was no moment ${moment}.`);
    await restore(element.id, then);
    await world.source.query(
      `update payments.operations set first_sent_at = first_sent_at - interval '24 hours' where payment = $1`,
      [element.id],
    );
    expect(await forward(element)).toEqual(captured);
    expect(await world.intents(element.id)).toEqual(['succeeded 499 499 0']);
    expect((await effectsOf(element.id)).filter((effect) => effect === 'captured')).toHaveLength(1);
  });

  test.each(['before the answer to confirm', 'before the answer to capture'] as const)(
    '%s is not turned back: who tries is told that it is captured',
    async (moment) => {
      const element = world.element();
      const then = (await paid(element))[moment];
      if (then === undefined) throw new Error(`There was no moment ${moment}.`);
      await restore(element.id, then);
      expect(await untilAnswered(() => world.payments.void([{ ...element, cause }], alone))).toEqual(captured);
      expect(await world.intents(element.id)).toEqual(['succeeded 499 499 0']);
    },
  );

  test('before the answer to create, and found when its time is over, is given back', async () => {
    const element = world.element();
    const { 'before the answer to create': then } = await paid(element);
    if (then === undefined) throw new Error('Nothing was created.');
    await restore(element.id, then);
    await world.source.query(`update payments.payments set deadline = now() where id = $1`, [element.id]);
    expect(await forward(element)).toMatchObject({ answer: { outcome: 'turned-back' } });
    await untilAnswered(() => world.payments.void([{ ...element, cause }], alone));
    for (let look = 0; look < 2; look++) {
      await world.source.query('update payments.orphans set due_at = now()');
      await world.orphans.see(10);
    }
    expect(await world.intents(element.id)).toEqual(['succeeded 499 499 499']);
    expect(await world.payments.kept([element.id])).toMatchObject([{ outcome: 'cancelled' }]);
  });
});

test('a payment that was cancelled and then restored to before that is charged to nobody', async () => {
  const element = world.element();
  const seen: Partial<Moments> = {};
  const process = watched(seen);
  await process.authorize([element], alone);
  await process.void([{ ...element, cause }], alone);
  const then = seen['before the answer to confirm'];
  if (then === undefined) throw new Error('It was not confirmed.');
  await restore(element.id, then);
  expect(await forward(element)).toMatchObject({
    answer: { outcome: 'turned-back', cause: { code: 'payment-cancelled' } },
  });
  expect(await world.intents(element.id)).toEqual(['canceled 499 0 0']);
});
