import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { EventActs } from '../../src/payments/event-acts.service.js';
import { insertEvents } from '../../src/payments/inbox.statements.js';
import type { ReceivedEvent } from '../../src/payments/inbox.types.js';
import { PAYMENT_LISTENER, type PaymentListener } from '../../src/payments/payments.tokens.js';
import { PAYMENTS_DATABASE } from '../../src/postgres/data-sources.js';
import type { DataSource } from 'typeorm';
import { until } from '../e2e/processes.js';
import { openApi, type Api } from '../http/api.js';
import { addPayment, eventOf, sendEvent, type EventBody } from './events.js';

/* An event that is stored is acted on, whatever comes between, and no held row costs another's event anything. */

const secret = 'whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH';
const titles = ['arena', 'other'];
let api: Api;
let acts: EventActs;
let source: DataSource;
let stranger: pg.Client;
let changed: jest.SpiedFunction<PaymentListener['changed']>;
beforeAll(async () => {
  api = await openApi();
  const terms = { secretKey: 'sk_test_x', webhookSecrets: [secret], settlementCurrency: 'EUR', spentGoods: 'debt' };
  for (const title of titles) {
    const key = await api.makeTitle(title);
    expect(await api.send('PUT', '/v1/payment-accounts/stripe', { key, body: terms })).toMatchObject({ status: 200 });
    await addPayment(api.session, { id: `pur_${title}`, title, reference: `pi_${title}` });
    await api.session.query(
      `insert into payments.refunds (id, payment, title, provider, currency, amount, reference, state, looks)
       values ('rfd_' || $1, 'pur_' || $1, $1, 'stripe', 'EUR', 5, 're_' || $1, 'succeeded', 2)`,
      [title],
    );
    await api.session.query(
      `insert into payments.orphans (payment, title, provider, reference)
       values ('pur_' || $1, $1, 'stripe', 'po_' || $1)`,
      [title],
    );
    await api.session.query(
      `insert into payments.outside_looks (title, provider, kind, about, due_at)
       values ($1, 'stripe', 'intent', 'pi_' || $1, 'infinity')`,
      [title],
    );
  }
  acts = api.app.get(EventActs, { strict: false });
  source = api.app.get<DataSource>(PAYMENTS_DATABASE, { strict: false });
  stranger = new pg.Client({ connectionString: api.databaseUrl });
  await stranger.connect();
});
beforeEach(async () => {
  changed = jest.spyOn(api.app.get<PaymentListener>(PAYMENT_LISTENER, { strict: false }), 'changed');
  changed.mockReset().mockResolvedValue([]);
  await api.session.query('delete from payments.hints');
  await api.session.query('update payments.refunds set due_at = null');
  await api.session.query('update payments.orphans set due_at = null');
  await api.session.query(`update payments.outside_looks set due_at = 'infinity'`);
});
afterAll(async () => {
  await stranger.end();
  await api.close();
});

const left = async (): Promise<unknown[]> => {
  const { rows } = await api.session.query<{ event: string }>('select event from payments.hints order by event');
  return rows.map(({ event }) => event);
};
const untilNoneIsLeft = (): Promise<void> => until('all is acted on', async () => (await left()).length === 0, 15_000);
const makeDue = () => api.session.query('update payments.hints set due_at = now()');
const send = async (event: EventBody): Promise<void> =>
  expect(await sendEvent(api, event, { secret })).toMatchObject({ status: 200 });

/** What a process has received of these names, and what is in the inbox if it dies right after. */
const receivedOf = (title: string, id: string, named: Partial<ReceivedEvent['event']>): ReceivedEvent => ({
  account: { title, provider: 'stripe' },
  body: Buffer.from('{}'),
  state: 'stored',
  event: {
    ...{ id, type: 'x', mode: 'test', createdAt: new Date() },
    ...{ reference: null, refund: null, purchase: null, outside: null, ...named },
  },
});

test('an event that was acted on is not acted on again', async () => {
  const event = eventOf('pi_arena');
  await send(event);
  await untilNoneIsLeft();
  await send(event);
  expect(await acts.actOnDue()).toBe(0);
  expect(changed.mock.calls).toEqual([[['pur_arena']]]);
});

test('an event whose telling has failed is acted on when it comes again, once its turn is over', async () => {
  const event = eventOf('pi_arena');
  changed.mockRejectedValueOnce(new Error('Nobody is at home.'));
  await send(event);
  await send(event);
  expect(changed).toHaveBeenCalledTimes(1);
  await makeDue();
  await send(event);
  await untilNoneIsLeft();
  expect(changed.mock.calls).toEqual([[['pur_arena']], [['pur_arena']]]);
});

test.each([
  ['comes again', (event: EventBody) => send(event)],
  ['does not come again, and a worker looks', () => acts.actOnDue()],
])('an event of a process that died between storing it and acting on it is acted on where it %s', async (_, then) => {
  const event = eventOf('pi_arena');
  await insertEvents(source.manager, [receivedOf('arena', event.id, { reference: 'pi_arena' })]);
  expect(await left()).toEqual([event.id]);
  await makeDue();
  await then(event);
  await untilNoneIsLeft();
  expect(changed.mock.calls).toEqual([[['pur_arena']]]);
});

test('a deal that could not hear of its event is told again, and the others of its list are not', async () => {
  changed.mockResolvedValueOnce(['pur_other']);
  const events = titles.map((title) => receivedOf(title, `evt_both_${title}`, { reference: `pi_${title}` }));
  await insertEvents(source.manager, events);
  await makeDue();
  await acts.actOnDue();
  await until('one is told', async () => (await left()).length === 1);
  expect(await left()).toEqual(['evt_both_other']);
  await makeDue();
  await acts.actOnDue();
  await untilNoneIsLeft();
  expect(changed.mock.calls[1]).toEqual([['pur_other']]);
});

test.each([
  ['a refund', 'refunds', (title: string) => ({ refund: `re_${title}` }), `id = 'rfd_arena'`],
  ['an orphan', 'orphans', (title: string) => ({ reference: `po_${title}` }), `reference = 'po_arena'`],
  [
    'what is looked at',
    'outside_looks',
    (title: string) => ({ outside: { kind: 'intent' as const, id: `pi_${title}` } }),
    `about = 'pi_arena'`,
  ],
])(
  'a row of %s that somebody holds keeps no event of others, and is told when it is free',
  async (_, table, of, held) => {
    const due = async (): Promise<string[]> => {
      const { rows } = await api.session.query<{ title: string }>(
        `select title from payments.${table} where due_at <= now() order by title`,
      );
      return rows.map(({ title }) => title);
    };
    await stranger.query('begin');
    await stranger.query(`select from payments.${table} where ${held} for update`);
    await insertEvents(
      source.manager,
      titles.map((title) => receivedOf(title, `evt_${table}_${title}`, of(title))),
    );
    await makeDue();
    await acts.actOnDue();
    expect([await due(), await left()]).toEqual([['other'], [`evt_${table}_arena`]]);
    await stranger.query('rollback');
    await makeDue();
    await acts.actOnDue();
    expect([await due(), await left()]).toEqual([['arena', 'other'], []]);
  },
);

test('an intent of a payment that somebody holds keeps no intent of others', async () => {
  await stranger.query('begin');
  await stranger.query(`select from payments.payments where id = 'pur_arena' for update`);
  const events = titles.map((title) =>
    receivedOf(title, `evt_late_${title}`, { reference: `late_${title}`, purchase: `pur_${title}` }),
  );
  await insertEvents(source.manager, events);
  await makeDue();
  await acts.actOnDue();
  expect(await left()).toEqual(['evt_late_arena']);
  await stranger.query('rollback');
  await makeDue();
  await acts.actOnDue();
  const { rows } = await api.session.query(
    `select reference from payments.orphans where reference like 'late%' order by 1`,
  );
  expect(rows).toEqual([{ reference: 'late_arena' }, { reference: 'late_other' }]);
});
