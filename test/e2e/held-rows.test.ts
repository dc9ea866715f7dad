import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { createDatabase } from '../harness/database.js';
import { Api, startProcess, tradeBody, until, type Answer, type Running } from './processes.js';

/*
 * A stranger's session holds one row, for longer than anybody here waits. What does not need the row goes on meanwhile,
 * and what needs it is done when it is free. An API and a worker run as they do in production, with small pools.
 */

/** Far below how long a row is held, and far above how long anything takes that does not wait for it. */
const soonMs = 8_000;

let database: { url: string; drop(): Promise<void> };
let running: Running[];
let api: Api;
let other: Api;
let players = 0;

beforeAll(async () => {
  database = await createDatabase();
  const env = {
    DATABASE_URL: database.url,
    DATABASE_POOL_SIZE: '4',
    TEMPORAL_ADDRESS: process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '',
    TASK_QUEUE: `held-${randomUUID()}`,
  };
  running = await Promise.all([startProcess('main', env), startProcess('worker', env)]);
  const url = running[0]?.url ?? '';
  [api, other] = await Promise.all([Api.forNewTitle(url, 'arena'), Api.forNewTitle(url, 'other')]);
  await Promise.all([api.defineGoldAndSword(), other.defineGoldAndSword()]);
}, 120_000);
afterAll(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await database.drop();
});

/** Runs `meanwhile` while a session of its own has run a statement and not ended its transaction. */
async function holding<T>(statement: string, parameters: string[], meanwhile: () => Promise<T>): Promise<T> {
  const session = new pg.Client({ connectionString: database.url });
  await session.connect();
  try {
    await session.query('begin');
    // A table that is locked has no count.
    expect((await session.query(statement, parameters)).rowCount ?? 1).toBe(1);
    return await meanwhile();
  } finally {
    await session.end();
  }
}

/** Holds that an answer comes soon. */
async function soon<T>(answer: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`There was no answer within ${soonMs} ms.`)), soonMs).unref();
  });
  return Promise.race([answer, late]);
}

const newPlayer = (): string => `p${++players}`;

const give = (to: string, key = newPlayer()): Promise<Answer> =>
  api.post('/v1/transfers', key, {
    legs: [{ from: 'system:mint', to: `player:${to}`, asset: 'gold', amount: '1' }],
    reason: 'test',
  });

/** Holds that everybody is served who has nothing to do with the row: the same title, another one, and readiness. */
async function expectOthersServed(): Promise<void> {
  const answers = await soon(
    Promise.all([
      ...Array.from({ length: 20 }, () => give(newPlayer())),
      other.send('PUT', '/v1/assets/gems', { name: newPlayer(), kind: 'currency' }),
      other.send('GET', '/v1/assets'),
      fetch(`${other.url}/health/ready`),
    ]),
  );
  expect(answers.map(({ status }) => (status === 200 ? 201 : status))).toEqual(Array(23).fill(201));
}

const accountOf = `select from ledger.accounts
  where title = 'arena' and owner = $1 and asset = 'gold' for no key update`;

test('an account that is held: those who need it are told so after a while, or are done when it is free', async () => {
  const held = newPlayer();
  await api.must(201, give(held));
  const { told, late } = await holding(accountOf, [`player:${held}`], async () => {
    const told = give(held, 'told');
    for (let round = 0; round < 4; round++) {
      void give(held, `crowd-${round}`);
      await expectOthersServed();
    }
    const answer = await told;
    const late = give(held, 'late');
    await expectOthersServed();
    return { told: answer, late };
  });
  expect([told.status, told.body['code'], told.headers.get('retry-after')]).toEqual([503, 'row-held', '2']);
  expect((await soon(late)).status).toBe(201);
  expect((await soon(give(held, 'told'))).status).toBe(201);
  await until('those in the crowd are done', async () => Number(await api.posted(held)) >= 3, 10_000);
});

test('a key that somebody has written and not committed: only its own request waits', async () => {
  const insert = `insert into ledger.outcomes (title, key, state, cause_code, cause_detail)
    values ('arena', $1, 'cancelled', 'test', 'It is rolled back.')`;
  const waiting = await holding(insert, ['transfers/uncommitted'], async () => {
    const answer = give(newPlayer(), 'uncommitted');
    await expectOthersServed();
    await expectOthersServed();
    return { answer };
  });
  expect((await soon(waiting.answer)).status).toBe(201);
});

test('an asset that is held: its PUTs are told so, and take no connection from anybody', async () => {
  const put = (name: string): Promise<Answer> => api.send('PUT', '/v1/assets/silver', { name, kind: 'currency' });
  await api.must(201, put('Silver'));
  const statement = `select from ledger.assets where title = 'arena' and code = $1 for update`;
  await holding(statement, ['silver'], async () => {
    const puts = Promise.all(Array.from({ length: 8 }, (_, place) => put(`Silver ${place}`)));
    await expectOthersServed();
    const answers = await soon(puts);
    expect(answers.map(({ status, body }) => `${status} ${String(body['code'])}`)).toEqual(
      Array(8).fill('503 row-held'),
    );
  });
  expect((await soon(put('Silver again'))).status).toBe(200);
});

test('an item that is held: its mints wait, and those of other items do not', async () => {
  for (const code of ['crown', 'ring'])
    await api.must(201, api.send('PUT', `/v1/items/${code}`, { name: code, limit: 90 }));
  const mint = (item: string): Promise<Answer> =>
    api.post('/v1/item-instances', newPlayer(), { item, owner: 'player:ann', reason: 'test' });
  const statement = `select from inventory.items where title = 'arena' and code = $1 for update`;
  const crowns = await holding(statement, ['crown'], async () => {
    const held = Array.from({ length: 12 }, () => mint('crown'));
    await expectOthersServed();
    const rings = await soon(Promise.all(Array.from({ length: 12 }, () => mint('ring'))));
    expect(rings.map(({ status }) => status)).toEqual(Array(12).fill(201));
    return { answers: Promise.all(held) };
  });
  expect((await soon(crowns.answers)).map(({ status }) => status)).toEqual(Array(12).fill(201));
});

/** Accepts trades of a sword for gold, and answers their ids. */
async function tradeSwords(swords: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(
    swords.map((sword) => api.post('/v1/trades', newPlayer(), tradeBody('rich', '1', 'smith', [sword]))),
  );
  return answers.map(({ status, body }) => {
    expect(status).toBe(202);
    return String(body['id']);
  });
}

const uuidOf = (id: string): string => id.slice(id.indexOf('_') + 1);
const stateOf = async (id: string): Promise<string> =>
  String((await api.must(200, api.send('GET', `/v1/trades/${id}`)))['state']);

async function untilSettled(ids: readonly string[], boundMs = soonMs): Promise<void> {
  await until(
    `${ids.length} trades are settled`,
    async () => (await Promise.all(ids.map(stateOf))).every((state) => state === 'settled'),
    boundMs,
  );
}

test('an instance and a deal that are held: the others settle, and the rest when these are free', async () => {
  await api.must(
    201,
    api.post('/v1/transfers', newPlayer(), {
      legs: [{ from: 'system:mint', to: 'player:rich', asset: 'gold', amount: '1000' }],
      reason: 'test',
    }),
  );
  const swords = await Promise.all(Array.from({ length: 60 }, () => api.mint('smith', newPlayer())));
  const [held = '', ...free] = swords;
  const holdInstance = 'select from inventory.instances where id = $1 for no key update';
  const holdDeal = 'select from trades.trades where id = $1 for no key update';
  const lone = await holding(holdInstance, [uuidOf(held)], async () => {
    const [first = '', ...ids] = await tradeSwords([held, ...free.slice(0, 39)]);
    await untilSettled(ids, 2 * soonMs);
    expect(await stateOf(first)).toBe('accepted');
    await holding(holdDeal, [uuidOf(first)], async () => {
      // The convoys that come later meet no row that is held, and the sweep passes over the deal.
      await untilSettled(await tradeSwords(free.slice(39, 50)));
    });
    const lone = [first];
    // Trades that need the row, each by itself, take no place from those that do not.
    for (let one = 0; one < 6; one++) {
      lone.push(...(await tradeSwords([held])));
      await untilSettled(await tradeSwords(free.slice(50 + one, 51 + one)));
    }
    return lone;
  });
  const ends = await Promise.all(lone.map((id) => api.closed(id)));
  expect(ends.map(({ state }) => state).sort()).toEqual([...Array<string>(6).fill('refused'), 'settled']);
});

test('a product that is held: its purchases wait, and those of other products do not', async () => {
  await api.must(
    201,
    api.post('/v1/transfers', newPlayer(), {
      legs: [{ from: 'system:mint', to: 'player:buyer', asset: 'gold', amount: '1000' }],
      reason: 'test',
    }),
  );
  for (const code of ['pack', 'chest']) {
    const body = {
      name: code,
      content: { items: [{ item: 'sword', count: 1 }] },
      prices: { virtual: [{ asset: 'gold', amount: '1' }] },
    };
    await api.must(201, api.send('PUT', `/v1/products/${code}`, body));
    await api.must(200, api.send('POST', `/v1/products/${code}/publish`));
  }
  const buy = (product: string): Promise<Answer> =>
    api.post(
      '/v1/purchases',
      newPlayer(),
      { player: 'buyer', product, pay: { asset: 'gold', amount: '1' } },
      { prefer: 'wait=20' },
    );
  expect((await buy('pack')).status).toBe(200);
  const statement = `select from purchases.sales where title = 'arena' and product = $1 for no key update`;
  const packs = await holding(statement, ['pack'], async () => {
    const held = Array.from({ length: 10 }, () => buy('pack'));
    const chests = await soon(Promise.all(Array.from({ length: 10 }, () => buy('chest'))));
    expect(chests.map(({ status }) => status)).toEqual(Array(10).fill(200));
    await expectOthersServed();
    return { answers: Promise.all(held) };
  });
  expect((await soon(packs.answers)).map(({ status }) => status)).toEqual(Array(10).fill(200));
});

test('a table that is locked: what needs it is told so, and what needs other tables goes on', async () => {
  const mint = (): Promise<Answer> =>
    api.post('/v1/item-instances', newPlayer(), { item: 'sword', owner: 'player:ann', reason: 'test' });
  await holding('lock table ledger.accounts in access exclusive mode', [], async () => {
    const needing = Promise.all(Array.from({ length: 20 }, () => give(newPlayer())));
    for (let round = 0; round < 3; round++) {
      const answers = await soon(Promise.all([...Array.from({ length: 20 }, mint), fetch(`${api.url}/health/ready`)]));
      expect(answers.map(({ status }) => status)).toEqual([...Array<number>(20).fill(201), 200]);
      expect((await soon(api.send('GET', '/v1/trades'))).status).toBe(200);
    }
    expect((await needing).map(({ status, body }) => `${status} ${String(body['code'])}`)).toEqual(
      Array(20).fill('503 row-held'),
    );
  });
  expect((await soon(give(newPlayer()))).status).toBe(201);
});
