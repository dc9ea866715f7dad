import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { maxAtOnce } from '../../src/payments/breaker.rules.js';
import type { PaymentElement, StepResult } from '../../src/payments/payments.types.js';
import type { OperationKind } from '../../src/payments/provider.types.js';
import { adapterWith, untilAnswered } from './adapters.js';
import { alone, openPayments, type PaymentsWorld } from './payments-world.js';

/* A call to the provider: written down before it is made, sent again as it was, and decided under a lock. */

let world: PaymentsWorld;
beforeAll(async () => {
  world = await openPayments();
});
afterEach(async () => {
  await world.provider.control('DELETE', 'faults');
});
afterAll(() => world.close());

const cause = { code: 'compensated-by-operator', detail: 'ops: a mistake' };
const authorized = { answer: { outcome: 'authorized' } };
const captured = { answer: { outcome: 'captured' } };
const create = '/v1/payment_intents';

async function loseTheCreate(element: PaymentElement): Promise<void> {
  const on = { method: 'POST', path: create, reference: element.id };
  await world.provider.fault({ on, fault: 'garbage', times: 1 });
  await expect(world.payments.authorize([element], alone)).rejects.toMatchObject({ code: 'unavailable' });
  expect(await world.operations(element.id)).toEqual(['create:1 unknown']);
}

describe('a call', () => {
  test('is on its row for everybody to see before the provider hears of it', async () => {
    const element = world.element();
    const other = world.element();
    const seen: Partial<Record<OperationKind, string | undefined>> = {};
    const process = world.another(
      adapterWith(world, (account) => ({
        async call(call, options) {
          const id = call.key.slice(0, call.key.indexOf(':'));
          // It is another session that looks.
          seen[call.kind] = (await world.operations(id)).at(-1);
          return account.call(call, options);
        },
      })),
    );
    expect(await process.authorize([element, other], alone)).toEqual([authorized, authorized]);
    expect(await process.capture([element], alone)).toEqual([captured]);
    expect(await process.void([{ ...other, cause }], alone)).toEqual([{ answer: { outcome: 'cancelled', cause } }]);
    expect(seen).toEqual({
      create: 'create:1 sent',
      confirm: 'confirm:1 sent',
      capture: 'capture:1 sent',
      cancel: 'cancel:1 sent',
    });
  });

  test('is sent again with the body that is stored, also by a release that would say it otherwise', async () => {
    const element = world.element();
    await loseTheCreate(element);
    const newer = world.another(
      adapterWith(world, (account) => ({
        bodyOf: (kind, terms) => ({
          ...account.bodyOf(kind, terms),
          ...(kind === 'create' && { 'metadata[release]': 'next' }),
        }),
      })),
    );
    expect(await untilAnswered(() => newer.authorize([element], alone))).toEqual(authorized);
    expect(await world.intents(element.id)).toEqual(['requires_capture 499 0 0']);
    expect(await world.operations(element.id)).toEqual(['create:1 succeeded', 'confirm:1 succeeded']);
  });

  test('whose key is too old is looked for, and made anew only where all of the list was looked through', async () => {
    const element = world.element();
    await loseTheCreate(element);
    await world.source.query(
      `update payments.operations set first_sent_at = first_sent_at - interval '24 hours' where payment = $1`,
      [element.id],
    );
    await world.provider.fault({ on: { method: 'GET', path: create }, fault: 'status', status: 500, times: 1 });
    await expect(world.payments.authorize([element], alone)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await world.operations(element.id)).toEqual(['create:1 unknown']);
    expect(await untilAnswered(() => world.payments.authorize([element], alone))).toEqual(authorized);
    expect(await world.operations(element.id)).toEqual(['create:1 resolved', 'confirm:1 succeeded']);
    expect(await world.intents(element.id)).toEqual(['requires_capture 499 0 0']);
  });

  test('leaves what the provider has said as evidence, and so does what it decides', async () => {
    const [paid, declined] = [world.element(), world.element({ method: 'pm_card_chargeDeclined' })];
    const lost = world.element();
    await world.payments.authorize([paid, declined], alone);
    await world.payments.capture([paid], alone);
    await loseTheCreate(lost);
    const evidenceOf = async ({ id }: PaymentElement): Promise<unknown> => {
      const [row] = await world.source.query<{ payment: unknown; calls: unknown }[]>(
        `select p.evidence as payment, json_agg(o.evidence order by o.id) as calls
         from payments.payments p join payments.operations o on o.payment = p.id where p.id = $1 group by p.id`,
        [id],
      );
      return row;
    };
    const answered = { http: 200, requestId: expect.stringContaining('req_') };
    expect(await evidenceOf(paid)).toMatchObject({
      payment: { ...answered, status: 'succeeded', captured: '499' },
      calls: [answered, { ...answered, status: 'requires-capture' }, { ...answered, status: 'succeeded' }],
    });
    const refusal = { http: 402, code: 'card_declined' };
    expect(await evidenceOf(declined)).toMatchObject({ payment: refusal, calls: [answered, refusal] });
    expect(await evidenceOf(lost)).toMatchObject({ payment: null, calls: [{ http: 200 }] });
  });

  test('is decided under the lock of its payment: one that is turned back meanwhile has none', async () => {
    const element = world.element();
    const session = world.source.createQueryRunner();
    await session.connect();
    let authorizing: Promise<StepResult[]>;
    try {
      await session.startTransaction();
      await session.query(
        `insert into payments.payments (id, title, provider, currency, amount, method, deadline)
         values ($1, 'arena', 'stripe', 'EUR', 499, $2, now() + interval '1 hour')`,
        [element.id, element.method],
      );
      await session.commitTransaction();
      await session.startTransaction();
      await session.query('select from payments.payments where id = $1 for update', [element.id]);
      authorizing = world.payments.authorize([element], alone);
      await untilSomebodyWaits();
      await session.query(
        `update payments.payments set state = 'voiding', turned_back_code = $2, turned_back_detail = $3 where id = $1`,
        [element.id, cause.code, cause.detail],
      );
      await session.commitTransaction();
    } finally {
      await session.release();
    }
    await expect(authorizing).resolves.toEqual([{ answer: { outcome: 'turned-back', cause } }]);
    expect(await world.operations(element.id)).toEqual([]);
    expect(await world.intents(element.id)).toEqual([]);
  });
});

/** Waits until a session of this database waits for another. */
async function untilSomebodyWaits(): Promise<void> {
  for (;;) {
    const [row] = await world.source.query<{ waits: boolean }[]>(
      `select exists (select from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock') as waits`,
    );
    if (row?.waits === true) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('searches of a list go out as all other calls do, so many at once', async () => {
  const elements = Array.from({ length: maxAtOnce }, () => world.element());
  let [underWay, most, searched] = [0, 0, 0];
  const process = world.another(
    adapterWith(world, () => ({
      // The provider has kept a failure under each key, and answers it for ever.
      call: () => Promise.resolve({ result: 'stored-error', why: 'an answer 500', evidence: { http: 500 } }),
      async listCreated() {
        searched += 1;
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise((resolve) => setTimeout(resolve, 20));
        underWay -= 1;
        return { result: 'unknown', why: 'a timeout', evidence: {} };
      },
    })),
  );
  await process.authorize(elements, { alone: false, patient: true }).catch(() => undefined);
  expect(searched).toBe(maxAtOnce);
  expect(most).toBeLessThanOrEqual(maxAtOnce / 2);
});
