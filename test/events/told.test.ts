import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { boundaries } from '../../src/boundaries.js';
import { scopes } from '../../src/http/scopes.js';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import { adminKey, openApi, type Answer, type Api } from '../http/api.js';
import { SagasService } from '../../src/sagas/sagas.service.js';
import { gives, SagaWorld } from '../saga/saga-world.js';
import { Provider } from '../simulator/provider.js';
import { definitions } from './definitions.js';
import { findDecideAndClear } from './break-steps.js';
import { accountSteps } from './account-steps.js';
import { bookAndReverse, forceAndPay, setAccount } from './ledger-steps.js';
import { payCancelAndGiveBack } from './payment-steps.js';
import { noteThrice } from './note-steps.js';
import { productSteps } from './product-steps.js';
import { fact, leg, textsInCode, types, type Told } from './fact-types.js';

/*
 * Every fact that can be told, with all of its content: what was done through the API and by sagas, and what each
 * boundary has told of it.
 */

let world: SagaWorld;
let api: Api;
let key: string;
let provider: Provider;
/** How many facts of each boundary were read. */
const read = new Map<string, number>();
const allTypes = new Set<string>();

beforeAll(async () => {
  world = await SagaWorld.open();
  provider = await Provider.start();
  const { DATABASE_URL, TASK_QUEUE } = world.config;
  api = await openApi({ env: { DATABASE_URL, TASK_QUEUE, ...provider.env } });
  key = await api.makeTitle('arena');
});
afterAll(() => api.close().then(() => Promise.all([world.close(), provider.close()])));

/** What was told since this was last asked, by the boundaries that told something. */
async function news(): Promise<Partial<Record<string, Told[]>>> {
  const all: Partial<Record<string, Told[]>> = {};
  for (const { schema } of boundaries) {
    const { rows } = await world.session.query<Told>(
      `select title, type, subject, data from ${schema}.facts order by id, place offset ${read.get(schema) ?? 0}`,
    );
    read.set(schema, (read.get(schema) ?? 0) + rows.length);
    for (const { type } of rows) allTypes.add(type);
    if (rows.length > 0) all[schema] = rows;
  }
  return all;
}

async function must(
  status: number,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  const answer: Answer = await api.send(method, path, {
    key: path.startsWith('/v1/titles') ? adminKey : key,
    headers,
    ...(body !== undefined && { body }),
  });
  expect({ path, status: answer.status, body: answer.body }).toMatchObject({ status });
  return { ...(answer.body as object), etag: answer.headers.get('etag') };
}

let posts = 0;
const post = (status: number, path: string, body: unknown): Promise<Record<string, unknown>> =>
  must(status, 'POST', path, body, { 'idempotency-key': `told-${++posts}` });

test('a title tells of itself and of its first key, and keys tell that they were made and revoked, once', async () => {
  expect(await news()).toEqual({
    titles: [
      fact('title.created', 'arena', { name: 'The arena' }),
      fact('key.created', expect.stringMatching(/^key_/) as unknown as string, {
        name: 'first key',
        scopes: [...scopes],
        expiresAt: null,
      }),
    ],
  });
  const expiresAt = '2099-01-01T00:00:00.000Z';
  const { id } = (await must(201, 'POST', '/v1/titles/arena/keys', {
    name: 'shop',
    scopes: ['trades:read', 'assets:read'],
    expiresAt,
  })) as { id: string };
  expect(await news()).toEqual({
    titles: [fact('key.created', id, { name: 'shop', scopes: ['trades:read', 'assets:read'], expiresAt })],
  });
  for (let time = 0; time < 2; time++)
    expect((await api.send('DELETE', `/v1/titles/arena/keys/${id}`, { key: adminKey })).status).toBe(204);
  expect(await news()).toEqual({ titles: [fact('key.revoked', id, { name: 'shop' })] });
});

describe.each(definitions)(
  'the definition $code of $route',
  ({ route, code, subject, schema, first, changes, defaults }) => {
    // Where this is run alone, nobody has read yet what the title tells.
    beforeAll(async () => void (await news()));

    const path = `/v1/${route}/${code}`;
    const shown = (sent: Record<string, unknown>): Record<string, unknown> =>
      JSON.parse(JSON.stringify({ ...defaults, ...sent })) as Record<string, unknown>;
    const told = (verb: string, sent: Record<string, unknown>, version: number): unknown => ({
      [schema]: [fact(`${subject}.${verb}`, code, { ...shown(sent), version })],
    });

    /** Holds that a definition is answered and read as it was sent, at its version. */
    async function put(
      status: number,
      sent: Record<string, unknown>,
      version: number,
    ): Promise<Record<string, unknown>> {
      const { createdAt: _, updatedAt, ...answer } = await must(status, 'PUT', path, sent);
      const expected = { code, ...shown(sent), etag: `"${version}"` };
      expect(answer).toEqual(expected);
      const { createdAt: __, updatedAt: readAt, ...readAgain } = await must(200, 'GET', path);
      expect([readAgain, readAt]).toEqual([expected, updatedAt]);
      const { etag: _etag, ...listed } = expected;
      const { data } = (await must(200, 'GET', `/v1/${route}`)) as unknown as { data: Record<string, unknown>[] };
      expect(data.find((one) => one['code'] === code)).toMatchObject(listed);
      return { updatedAt };
    }

    test('tells that it was made, of each change of each member, with a version of its own, and no more', async () => {
      let sent = first;
      let version = 1;
      await put(201, sent, version);
      expect(await news()).toEqual(told('created', sent, version));
      for (const change of changes) {
        sent = { ...sent, ...change };
        version += 1;
        const { updatedAt } = await put(200, sent, version);
        expect({ change, news: await news() }).toEqual({ change, news: told('updated', sent, version) });
        // What is so already makes no version and no fact.
        expect(await put(200, sent, version)).toEqual({ updatedAt });
        expect({ change, news: await news() }).toEqual({ change, news: {} });
      }
    });
  },
);

test.each([
  ['a product tells of each draft, and that it goes on sale and off', '/v1/products/pack', 'catalog', productSteps],
  ['a payment account tells what it is for, and no secret', '/v1/payment-accounts/stripe', 'payments', accountSteps],
] as const)('%s, with all that it says', async (_, path, schema, steps) => {
  for (const [status, method, act, body, type, data] of steps) {
    const answer = await must(status, method, `${path}${act}`, body);
    expect(await news()).toEqual({ [schema]: [fact(type, path.split('/').at(-1) ?? '', data)] });
    // What is so already is not told.
    expect(await must(200, method, `${path}${act}`, body)).toEqual(answer);
    expect(await news()).toEqual({});
  }
});

test('a transfer and its reversal are told with their legs', async () => {
  await bookAndReverse(post, news);
  await world.grant('ann', 'gold', 300n);
  await news();
});

test('an account tells what it was set to, by whom and why, once', () => setAccount(must, news));

test('a forced debit and what pays it tell what is owed', () => forceAndPay(post, news));

describe('an instance', () => {
  let sword: string;
  const properties = { edge: 7, rune: 'ü', cursed: false };
  test('is told when it is minted, with its properties', async () => {
    ({ id: sword } = (await post(201, '/v1/item-instances', {
      item: 'sword',
      owner: 'player:bob',
      properties,
      reason: 'quest',
    })) as { id: string });
    expect(await news()).toEqual({
      inventory: [
        fact('instance.minted', sword, {
          item: 'sword',
          version: 1,
          from: null,
          to: 'player:bob',
          cause: 'quest',
          properties,
        }),
      ],
    });
  });

  test('and its trade are told: accepted, held, booked, moved, settled', async () => {
    const trade = await world.accept(gives('ann', { gold: '60' }), gives('bob', {}, [sword]));
    const { id } = trade;
    expect(await news()).toEqual({
      trades: [
        fact('trade.accepted', id, {
          parties: [gives('ann', { gold: '60' }), gives('bob', {}, [sword])],
          reference: null,
        }),
      ],
    });
    await world.settle([exchangeOf(trade)]);
    const moved = { item: 'sword', from: 'player:bob', cause: id };
    expect(await news()).toEqual({
      ledger: [
        fact('transfer.posted', expect.stringMatching(/^trf_/) as unknown as string, {
          sequence: expect.any(Number),
          kind: 'exchange',
          reason: 'exchange',
          reference: id,
          legs: [leg('player:ann', 'player:bob', '60')],
        }),
      ],
      inventory: [
        fact('instance.held', sword, { ...moved, version: 2, to: 'player:bob' }),
        fact('instance.moved', sword, { ...moved, version: 3, to: 'player:ann' }),
      ],
      trades: [fact('trade.settled', id, {})],
    });
  });

  test('and its trade are told where the trade is refused: held, released, refused with its reason', async () => {
    const trade = await world.accept(gives('bob', { gold: '1000' }), gives('ann', {}, [sword]));
    await world.settle([exchangeOf(trade)]);
    const cause = { item: 'sword', from: 'player:ann', to: 'player:ann', cause: trade.id };
    const { inventory, trades, ...others } = await news();
    expect(others).toEqual({});
    expect(inventory).toEqual([
      fact('instance.held', sword, { ...cause, version: 4 }),
      fact('instance.released', sword, { ...cause, version: 5 }),
    ]);
    const reason = { code: 'insufficient-funds', detail: expect.stringContaining('1000 are needed') };
    expect(trades?.at(-1)).toEqual(fact('trade.refused', trade.id, { reason }));
  });

  test('and its trade are told where an operator turns it back', async () => {
    world.before = (step) => (step === 'ledgerTransfer' ? Promise.reject(new Error('not now')) : Promise.resolve());
    const trade = await world.accept(gives('bob', { gold: '1' }), gives('ann', {}, [sword]));
    await world.starter.start([exchangeOf(trade)], `trade/${trade.id}`);
    const act = { operator: 'olga', reason: 'It is night.' };
    await must(200, 'POST', `/v1/sagas/${trade.id}/compensate`, act);
    await world.client.workflow.getHandle(`trade/${trade.id}`).result();
    const { trades, sagas } = await news();
    const detail = 'olga: It is night.';
    expect(trades?.at(-1)).toEqual(
      fact('trade.compensated', trade.id, { reason: { code: 'compensated-by-operator', detail } }),
    );
    const operated = { act: 'compensate', owner: 'olga', ...act };
    expect(sagas).toEqual([
      fact('saga.operated', trade.id, operated),
      fact('saga.compensating', trade.id, { owner: 'olga' }),
      fact('saga.answered', trade.id, {
        ...operated,
        answer: { code: 'compensated', detail: `compensated-by-operator: ${detail}` },
      }),
      fact('saga.ended', trade.id, { owner: 'olga' }),
    ]);
    world.reset();
  });

  test('is told when it is burned', async () => {
    await post(200, `/v1/item-instances/${sword}/burn`, { reason: 'consumed' });
    expect(await news()).toEqual({
      inventory: [
        fact('instance.burned', sword, { item: 'sword', version: 8, from: 'player:ann', to: null, cause: 'consumed' }),
      ],
    });
  });
});

test('a saga tells what it is, where it stands, why, and who is to see to it', async () => {
  const told = await noteThrice(api.app.get(SagasService, { strict: false }));
  expect(await news()).toEqual({ sagas: told });
});

test('a payment tells once that it is captured or cancelled, and what is given back after its end', async () => {
  const told = await payCancelAndGiveBack(api.app, provider);
  expect(await news()).toEqual({ payments: told });
});

test('reconciliation tells what it finds, what is decided about it, and what each run has come to', async () => {
  const told = await findDecideAndClear(api.app);
  expect(await news()).toEqual({ reconciliation: told });
});

test('every type of fact that the code can tell was brought about here', () => {
  expect([...allTypes].sort()).toEqual(Object.values(types).flat().sort());
  expect(textsInCode()).toEqual(Object.keys(types).sort());
});
