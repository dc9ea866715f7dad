import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { PAYMENT_LISTENER, type PaymentListener } from '../../src/payments/payments.tokens.js';
import { until } from '../e2e/processes.js';
import { expectProblem, openApi, rowCounts, type Answer, type Api } from '../http/api.js';
import { addPayment, eventOf, sendEvent, signatureOf, type EventBody, type Signing } from './events.js';

/* The events of payment providers: what is believed, that each is stored once, and who hears of it. */

const [first, second] = ['whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH', 'whsec_tThEsEcOnDoNe0123456789'];
const path = '/v1/webhooks/stripe/arena';
const accountPath = '/v1/payment-accounts/stripe';
const terms = {
  secretKey: 'sk_test_4eC39HqLyjWDarjtT1zdp7dc',
  webhookSecrets: [first, second],
  settlementCurrency: 'EUR',
  spentGoods: 'debt',
};

let api: Api;
let key: string;
let changed: jest.SpiedFunction<PaymentListener['changed']>;
beforeAll(async () => {
  api = await openApi();
  key = await api.makeTitle('arena');
  const otherKey = await api.makeTitle('other');
  for (const one of [key, otherKey])
    expect(await api.send('PUT', accountPath, { key: one, body: terms })).toMatchObject({ status: 200 });
});
beforeEach(() => {
  changed = jest.spyOn(api.app.get<PaymentListener>(PAYMENT_LISTENER, { strict: false }), 'changed');
  changed.mockReset().mockResolvedValue([]);
});
afterAll(() => api.close());

const send = (event: EventBody | string, signing: Partial<Signing> = {}): Promise<Answer> =>
  sendEvent(api, event, { secret: first, ...signing });

async function outcomes(): Promise<Record<string, number>> {
  const text = await (await fetch(`${api.url}/metrics`)).text();
  const lines = text.matchAll(/^veltrix_payment_events_total\{outcome="([^"]+)"\} (\d+)$/gm);
  return Object.fromEntries([...lines].map(([, outcome, count]) => [outcome, Number(count)]));
}

/** Does something, and answers by how much each outcome was counted meanwhile. */
async function counted(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await outcomes();
  await work();
  const differences = Object.entries(await outcomes()).map(([name, count]) => [name, count - (before[name] ?? 0)]);
  return Object.fromEntries(differences.filter(([, difference]) => difference !== 0)) as Record<string, number>;
}

async function stored(id: string): Promise<Record<string, unknown>[]> {
  const { rows } = await api.session.query<Record<string, unknown>>(
    `select provider, title, type, reference, mode, extract(epoch from created_at)::int as created, state,
       convert_from(body, 'UTF8') as body
     from payments.inbox where event = $1`,
    [id],
  );
  return rows;
}

async function expectRefused(answer: Promise<Answer>, status = 400, code = 'webhook-signature-invalid') {
  const before = await rowCounts(api.session);
  const refused = expectProblem(await answer, status, code);
  expect(await rowCounts(api.session)).toEqual(before);
  expect(changed).not.toHaveBeenCalled();
  return refused;
}

describe('an event', () => {
  test('that is signed is stored as it came, by either secret', async () => {
    for (const secret of [first, second]) {
      const event = eventOf('pi_unknown');
      expect(await send(event, { secret })).toMatchObject({ status: 200, body: { received: true } });
      expect(await stored(event.id)).toEqual([
        {
          provider: 'stripe',
          title: 'arena',
          type: event.type,
          reference: 'pi_unknown',
          mode: 'test',
          created: event.created,
          state: 'stored',
          body: JSON.stringify(event, null, 2),
        },
      ]);
    }
  });

  test('that comes again is answered the same and stored once, also where it comes ten times at once', async () => {
    const event = eventOf('pi_unknown');
    const answers = (): Promise<Answer[]> => Promise.all(Array.from({ length: 10 }, () => send(event)));
    expect(
      await counted(async () => {
        for (const { status } of [...(await answers()), ...(await answers())]) expect(status).toBe(200);
      }),
    ).toEqual({ foreign: 1, duplicate: 19 });
    expect(await stored(event.id)).toHaveLength(1);
  });

  test('may have properties twice, names of prototypes, large numbers and any depth', async () => {
    const event = eventOf('pi_unknown');
    const body = JSON.stringify(event).replace(
      '{',
      `{"id":"evt_other","__proto__":{"a":1},"n":1e400,"deep":${'['.repeat(500)}${']'.repeat(500)},`,
    );
    expect(await send(body)).toMatchObject({ status: 200 });
    expect(await stored(event.id)).toMatchObject([{ body }]);
  });

  test('may have 200 KB, and another charset is refused', async () => {
    const large = { ...eventOf('pi_unknown'), more: 'x'.repeat(200 * 1_024) };
    expect(await send(large)).toMatchObject({ status: 200 });
    const type = (charset: string) => ({ headers: { 'content-type': `application/json; charset=${charset}` } });
    expect(await send(eventOf('pi_unknown'), type('utf-8'))).toMatchObject({ status: 200 });
    await expectRefused(send(eventOf('pi_unknown'), type('utf-16')), 415, 'unsupported-media-type');
  });

  test('of another title with the same id is another event', async () => {
    const event = eventOf('pi_unknown');
    await send(event);
    expect(await send(event, { path: '/v1/webhooks/stripe/other' })).toMatchObject({ status: 200 });
    expect((await stored(event.id)).map(({ title }) => title).sort()).toEqual(['arena', 'other']);
  });

  test('cannot be changed or deleted once it is stored', async () => {
    for (const act of ["update payments.inbox set body = ''", 'delete from payments.inbox', 'truncate payments.inbox'])
      await expect(api.session.query(act)).rejects.toThrow('cannot be changed');
  });
});

describe('what is not believed is refused alike, and nothing of it is stored', () => {
  const wrong: [string, () => Promise<Answer>][] = [
    ['no signature', () => api.send('POST', path, { body: eventOf('pi_a') })],
    ['an empty signature', () => send(eventOf('pi_a'), { headers: { 'stripe-signature': '' } })],
    ['a signature of nothing', () => send(eventOf('pi_a'), { headers: { 'stripe-signature': 't=1,v1=00' } })],
    ['the secret of another', () => send(eventOf('pi_a'), { secret: 'whsec_ofSomebodyElse' })],
    ['an empty secret', () => send(eventOf('pi_a'), { secret: '' })],
    ['a signature of 301 s ago', () => send(eventOf('pi_a'), { age: 310 })],
    ['a signature from the future', () => send(eventOf('pi_a'), { age: -310 })],
    [
      'the signature of another body',
      () => {
        const other = signatureOf(JSON.stringify(eventOf('pi_b')), { secret: first });
        return send(eventOf('pi_a'), { headers: { 'stripe-signature': other } });
      },
    ],
    ['a title that nobody has', () => send(eventOf('pi_a'), { path: '/v1/webhooks/stripe/nobody' })],
    ['no body', () => api.send('POST', path, { headers: { 'stripe-signature': signatureOf('', { secret: first }) } })],
    ['no JSON, signed', () => send('no JSON')],
    ['a list, signed', () => send('[]')],
    ['null, signed', () => send('null')],
    ['bytes that are no text, signed', () => send('{"id":"\uFFFF')],
    ['an id with U+0000, signed', () => send(eventOf('pi_a', { id: 'evt_\0' }))],
    ['an id of 300 characters, signed', () => send(eventOf('pi_a', { id: 'e'.repeat(300) }))],
    ['a type with a lone surrogate, signed', () => send(eventOf('pi_a', { type: '\ud800' }))],
    ['a reference with a line break, signed', () => send(eventOf('pi_a\n'))],
    ['a time that no clock shows, signed', () => send(eventOf('pi_a', { created: 8.64e12 }))],
  ];
  test.each(wrong)('%s', async (_what, sent) => {
    expect((await expectRefused(sent())).detail).toBe(
      'None of the webhook secrets that are known here has signed this event just now.',
    );
  });

  test('a title without an account, and an account without secrets', async () => {
    const bare = await api.makeTitle('bare');
    const to = { path: '/v1/webhooks/stripe/bare' };
    await expectRefused(send(eventOf('pi_a'), to));
    const body = { ...terms, webhookSecrets: undefined };
    expect(await api.send('PUT', accountPath, { key: bare, body })).toMatchObject({ status: 200 });
    await expectRefused(send(eventOf('pi_a'), to));
    await expectRefused(send(eventOf('pi_a'), { ...to, secret: '' }));
  });

  test.each<[string, () => Promise<Answer>, number, string]>([
    ['300 KB', () => send({ ...eventOf('a'), type: 'x'.repeat(300 * 1_024) }), 413, 'body-too-large'],
    ['a form', () => send('a=b', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }), 415, ''],
    ['text', () => send(eventOf('a'), { headers: { 'content-type': 'text/plain' } }), 415, ''],
    ['a compressed body', () => send(eventOf('a'), { headers: { 'content-encoding': 'gzip' } }), 415, ''],
    ['another provider', () => send(eventOf('a'), { path: '/v1/webhooks/paypal/arena' }), 400, 'validation-failed'],
    ['a path as title', () => send(eventOf('a'), { path: '/v1/webhooks/stripe/..%2farena' }), 400, 'validation-failed'],
    ['a query', () => send(eventOf('a'), { path: `${path}?title=other` }), 400, 'validation-failed'],
    ['PUT', () => api.send('PUT', path, { body: eventOf('a') }), 405, 'method-not-allowed'],
  ])('%s', async (_what, sent, status, code) => {
    await expectRefused(sent(), status, code || 'unsupported-media-type');
  });

  test('was no failure of the service, and no secret is in the log', () => {
    expect(api.logged.filter((line) => line['level'] === 50)).toEqual([]);
    expect(JSON.stringify(api.logged)).not.toMatch(/whsec_/);
  });
});

describe('who works on a payment', () => {
  test('hears of its events once, and not of those of others', async () => {
    await addPayment(api.session, { id: 'pur_a', title: 'arena', reference: 'pi_ours' });
    await addPayment(api.session, { id: 'pur_b', title: 'other', reference: 'pi_theirs' });
    const event = eventOf('pi_ours');
    expect(
      await counted(async () => {
        for (const one of [event, event, eventOf('pi_theirs'), eventOf('pi_nobodys')]) await send(one);
      }),
    ).toEqual({ stored: 1, duplicate: 1, foreign: 2 });
    expect(changed.mock.calls).toEqual([[['pur_a']]]);
  });

  test('hears nothing of an event of another mode, which is stored', async () => {
    await addPayment(api.session, { id: 'pur_mode', title: 'arena', reference: 'pi_mode' });
    const event = eventOf('pi_mode', { livemode: true });
    expect(await counted(() => send(event))).toEqual({ 'wrong-mode': 1 });
    expect(await stored(event.id)).toMatchObject([{ mode: 'live', state: 'wrong-mode' }]);
    expect(changed).not.toHaveBeenCalled();
  });

  test('sees to what was made for a purchase and is not recorded, and to nothing of other applications', async () => {
    await addPayment(api.session, { id: 'pur_twice', title: 'arena', reference: 'pi_recorded' });
    await addPayment(api.session, { id: 'pur_foreign', title: 'other', reference: 'pi_elsewhere' });
    const about = (purchase: string) => {
      const data = { object: { object: 'payment_intent', id: `pi_of_${purchase}`, metadata: { purchase } } };
      return send(eventOf('none', { data }));
    };
    const outcomes = await counted(() => Promise.all(['pur_twice', 'pur_foreign', 'pur_nobody'].map(about)));
    expect(outcomes).toEqual({ stored: 1, foreign: 2 });
    // Another event has it looked at again, also where its looks are used up.
    await api.session.query('update payments.orphans set due_at = null where due_at <= now()');
    await about('pur_twice');
    const { rows } = await api.session.query('select reference from payments.orphans where due_at <= now()');
    expect(rows).toEqual([{ reference: 'pi_of_pur_twice' }]);
  });

  test('keeps no provider waiting, whether they never answer or fail', async () => {
    await addPayment(api.session, { id: 'pur_slow', title: 'arena', reference: 'pi_slow' });
    changed.mockReturnValueOnce(new Promise(() => undefined));
    expect(await send(eventOf('pi_slow'))).toMatchObject({ status: 200 });
    changed.mockRejectedValueOnce(new Error('Nobody is at home.'));
    expect(await send(eventOf('pi_slow'))).toMatchObject({ status: 200 });
    expect(JSON.stringify(api.logged)).toContain('Nobody is at home.');
  });

  test('is not found for a moment, and the event is stored all the same', async () => {
    await api.session.query('alter table payments.payments rename to away');
    try {
      const event = eventOf('pi_ours');
      expect(await send(event)).toMatchObject({ status: 200 });
      expect(await stored(event.id)).toHaveLength(1);
    } finally {
      await api.session.query('alter table payments.away rename to payments');
    }
  });
});

/** How many events come at once. */
const burst = 10_000;
test(`a burst of ${burst} events is stored, each once, and costs few transactions`, async () => {
  const events = Array.from({ length: burst }, (_, place) => eventOf(`pi_burst_${place % 7}`));
  const ours = events.filter((_, place) => place % 7 === 3).length;
  await addPayment(api.session, { id: 'pur_burst', title: 'arena', reference: 'pi_burst_3' });
  const commits = async (): Promise<number> => {
    // A session tells its counts when it is idle for a while.
    await api.session.query('select pg_stat_clear_snapshot()');
    const { rows } = await api.session.query<{ count: string }>(
      'select xact_commit as count from pg_stat_database where datname = current_database()',
    );
    return Number(rows[0]?.count);
  };
  const before = await commits();
  const left = events.values();
  const sender = async (): Promise<void> => {
    for (const event of left) expect(await send(event)).toMatchObject({ status: 200 });
  };
  const result = await counted(() => Promise.all(Array.from({ length: 200 }, sender)));
  expect(result).toEqual({ stored: ours, foreign: burst - ours });
  const ids = events.map(({ id }) => id);
  const { rowCount } = await api.session.query('select from payments.inbox where event = any($1)', [ids]);
  expect(rowCount).toBe(burst);
  expect((await commits()) - before).toBeLessThan(burst / 4);
}, 120_000);

test('a secret that another process has rotated is believed within seconds, and the old one no more', async () => {
  await send(eventOf('pi_a'));
  const another = await openApi({ env: { DATABASE_URL: api.databaseUrl } });
  try {
    const rotated = { ...terms, webhookSecrets: ['whsec_rotatedRotated'] };
    expect(await another.send('PUT', accountPath, { key, body: rotated })).toMatchObject({ status: 200 });
  } finally {
    await another.close();
  }
  await until(
    'the new secret is believed',
    async () => (await send(eventOf('pi_a'), { secret: 'whsec_rotatedRotated' })).status === 200,
    15_000,
  );
  await expectRefused(send(eventOf('pi_a')));
  expect(await api.send('PUT', accountPath, { key, body: terms })).toMatchObject({ status: 200 });
  // This process has changed it, and knows that at once.
  expect(await send(eventOf('pi_a'))).toMatchObject({ status: 200 });
});
