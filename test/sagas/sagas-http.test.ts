import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SagaNote } from '../../contracts/sagas.js';
import { InventoryService } from '../../src/inventory/inventory.service.js';
import { LedgerService } from '../../src/ledger/ledger.service.js';
import { actDone, sagaStory } from '../../src/sagas/sagas.shapes.js';
import { expectProblem, type Answer, type Api } from '../http/api.js';
import { noteOf, notesOf, second } from './samples.js';
import { SagasApi } from './sagas-api.js';

let sagas: SagasApi;
let api: Api;
let key: string;
let otherKey: string;
beforeAll(async () => {
  sagas = await SagasApi.open();
  ({ api, key, otherKey } = sagas);
});
afterAll(() => api.close());

const operate = (deal: string, act: string): Promise<Answer> =>
  api.send('POST', `/v1/sagas/${deal}/${act}`, { key, body: { operator: 'olga', reason: 'It is night.' } });

describe('the list of sagas', () => {
  /** Deals of every sort, and what the list has to say of each; a closed one that nothing was told of is not in it. */
  const sorts: Record<string, string | null> = {
    unnoted: 'running',
    stuck: 'stuck',
    parked: 'parked',
    compensating: 'compensating',
    freed: 'running',
    ended: 'ended',
    overtaken: 'ended',
    neverTold: null,
    runEnded: 'running',
  };
  const states: Record<string, string> = {};
  let newestFirst: string[] = [];
  beforeAll(async () => {
    // Two of each sort, one after the other, so that no page has one sort alone.
    for (let i = 0; i < 2; i++) {
      const ids: Record<string, string> = {};
      for (const name of Object.keys(sorts)) ids[name] = await sagas.accept({ a: `p-${name}` });
      const of = (name: string, ...changes: Partial<SagaNote>[]): SagaNote[] => {
        const subjects = [
          { id: ids[name] ?? '', title: 'arena', kind: 'trade' as const, players: [`p-${name}`, 'bob'] },
        ];
        return notesOf(ids[name] ?? '', ...changes.map((change) => ({ subjects, ...change })));
      };
      await sagas.tell(
        ...of('stuck', {}),
        ...of('parked', {}, { state: 'parked', owner: 'olga' }),
        ...of('compensating', { state: 'compensating', stuckAt: null }),
        ...of('freed', {}, { state: 'running', stuckAt: null }),
      );
      await sagas.tell(
        ...of('ended', {}, { state: 'ended', stuckAt: null }),
        ...of('overtaken', {}),
        ...of('runEnded', {}, { state: 'ended', stuckAt: null }),
      );
      for (const name of ['ended', 'overtaken', 'neverTold']) await sagas.close(ids[name] ?? '');
      for (const [name, state] of Object.entries(sorts)) if (state !== null) states[ids[name] ?? ''] = state;
    }
    newestFirst = Object.keys(states).sort().reverse();
  });

  test.each([1, 2, 3, 7, 100])(
    'shows in pages of %d every open deal and every closed one that was told of, once, the newest deal first',
    async (limit) => {
      const found = await sagas.all(`limit=${limit}`);
      expect(found.map(({ id }) => id)).toEqual(newestFirst);
      expect(Object.fromEntries(found.map(({ id, state }) => [id, state]))).toEqual(states);
    },
  );

  test.each(['running', 'stuck', 'compensating', 'parked', 'ended'])(
    'has by state those that are %s, in pages of any size',
    async (state) => {
      const expected = newestFirst.filter((id) => states[id] === state);
      expect(expected.length).toBeGreaterThan(1);
      for (const limit of [1, 2, 5, 100])
        expect((await sagas.all(`state=${state}&limit=${limit}`)).map(({ id }) => id)).toEqual(expected);
      expect(await sagas.all(`state=${state}`, otherKey)).toEqual([]);
    },
  );

  test('has by player those that they take part in', async () => {
    expect((await sagas.all('player=bob&limit=3')).map(({ id }) => id)).toEqual(newestFirst);
    for (const [name, state] of Object.entries(sorts)) {
      const found = await sagas.all(`player=p-${name}`);
      expect([name, found.map((one) => one.state)]).toEqual([name, state === null ? [] : [state, state]]);
      for (const one of ['running', 'stuck', 'ended'])
        expect([name, one, (await sagas.all(`player=p-${name}&state=${one}`)).length]).toEqual([
          name,
          one,
          state === one ? 2 : 0,
        ]);
    }
    expect(await sagas.all('player=nobody')).toEqual([]);
  });

  test('has them all by kind', async () => {
    expect((await sagas.all('kind=trade&limit=100')).map(({ id }) => id)).toEqual(newestFirst);
  });

  test('neither loses nor repeats what is accepted, told of or closed while it is read', async () => {
    const deals = await Promise.all(Array.from({ length: 12 }, () => sagas.accept({ title: 'other' })));
    const order = [...deals].sort().reverse();
    let turn = 0;
    const found = await sagas.all('limit=2', otherKey, async () => {
      // What comes later in the list is told of, what comes next is told of and closed, and something new comes.
      const [next, last] = [order[turn * 2 + 2], order[11 - turn]];
      turn += 1;
      const told = (id: string): SagaNote =>
        noteOf(id, { subjects: [{ id, title: 'other', kind: 'trade', players: [] }] });
      if (last !== undefined) await sagas.tell(told(last));
      if (next !== undefined) await sagas.tell(told(next));
      if (next !== undefined) await sagas.close(next);
      await sagas.accept({ title: 'other' });
    });
    expect(turn).toBe(5);
    expect(found.map(({ id }) => id)).toEqual(order);
  });

  test('says of a stuck saga what it waits for and why', async () => {
    const [id] = newestFirst.filter((one) => states[one] === 'parked');
    const { body } = await sagas.get('/v1/sagas?state=parked&limit=1');
    const [element] = (body as { data: unknown[] }).data;
    expect(element).toEqual({
      id,
      kind: 'trade',
      state: 'parked',
      step: 'inventoryMove',
      description: `move the items of ${id}`,
      why: 'The items cannot be reached.',
      since: second(-30),
      owner: 'olga',
      players: ['p-parked', 'bob'],
      deal: { id, state: 'accepted', url: `/v1/trades/${id}` },
      workflow: { id: `trade/${id}`, url: expect.stringMatching(/\/workflows\/trade%2Ftrd_/) },
      acceptedAt: expect.any(String),
    });
  });

  test('refuses the cursor of another list', async () => {
    const { next } = (await sagas.get('/v1/sagas?limit=1')).body as { next: string };
    expect((await sagas.get(`/v1/sagas?limit=1&cursor=${next}`)).status).toBe(200);
    expectProblem(await sagas.get(`/v1/sagas?state=stuck&cursor=${next}`), 400, 'cursor-invalid');
    expectProblem(await sagas.get(`/v1/sagas?cursor=${next}`, otherKey), 400, 'cursor-invalid');
  });
});

describe('a saga', () => {
  test('that nobody was told of is that of its deal', async () => {
    const id = await sagas.accept({ workflowId: 'convoy/trd_x' });
    const { status, body } = await sagas.get(`/v1/sagas/${id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id,
      state: 'running',
      players: ['ann', 'bob'],
      workflow: { id: 'convoy/trd_x' },
      steps: 'unavailable',
      timeline: [{ event: 'accepted' }],
    });
    expectProblem(await sagas.get(`/v1/sagas/${id}`, otherKey), 404, 'not-found');
  });

  test('tells what was booked and moved, what its run and operators did, and its close, in order of time', async () => {
    for (const [path, body] of [
      ['/v1/assets/gold', { name: 'Gold', kind: 'currency' }],
      ['/v1/items/sword', { name: 'Sword' }],
    ] as const)
      await api.send('PUT', path, { key, body });
    const mint = { legs: [{ from: 'system:mint', to: 'player:ann', asset: 'gold', amount: '50' }], reason: 'test' };
    expect(
      (await api.send('POST', '/v1/transfers', { key, headers: { 'idempotency-key': 'mint' }, body: mint })).status,
    ).toBe(201);
    const made = await api.send('POST', '/v1/item-instances', {
      key,
      headers: { 'idempotency-key': 'sword' },
      body: { item: 'sword', owner: 'player:bob', reason: 'test' },
    });
    const instance = (made.body as { id: string }).id;
    const id = await sagas.accept({ items: [instance] });
    // A caller may write whatever they like into a reference and a reason.
    expect(
      (
        await api.send('POST', '/v1/transfers', {
          key,
          headers: { 'idempotency-key': 'false' },
          body: { ...mint, reason: id, reference: id },
        })
      ).status,
    ).toBe(201);
    const act = { name: 'retry', operator: 'olga', reason: 'The items are back.', answer: null } as const;
    // What happens in one millisecond has no order.
    const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
    const now = (): string => new Date().toISOString();
    await api.app
      .get(InventoryService, { strict: false })
      .hold([{ exchange: id, title: 'arena', moves: [{ instance, from: 'player:bob', to: 'player:ann' }] }]);
    await pause();
    const legs = [{ from: 'player:ann', to: 'player:bob', asset: 'gold', amount: 5n }];
    await api.app
      .get(LedgerService, { strict: false })
      .transfer([{ title: 'arena', key: `exchange/${id}`, kind: 'exchange', legs, reason: 'exchange', reference: id }]);
    await pause();
    await sagas.tell(noteOf(id, { at: now() }), noteOf(id, { number: 2, at: now(), act }));
    await sagas.tell(
      noteOf(id, {
        number: 3,
        at: now(),
        state: 'running',
        stuckAt: null,
        act: { ...act, answer: { code: 'retried', detail: 'It has answered.' } },
      }),
    );
    await pause();
    await api.app.get(InventoryService, { strict: false }).move([{ exchange: id, title: 'arena' }]);
    await pause();
    await sagas.close(id);
    await pause();
    await sagas.tell(noteOf(id, { number: 4, at: now(), state: 'ended', stuckAt: null }));
    const burned = await api.send('POST', `/v1/item-instances/${instance}/burn`, {
      key,
      headers: { 'idempotency-key': 'burn' },
      body: { reason: id },
    });
    expect(burned.status).toBe(200);
    const { body } = await sagas.get(`/v1/sagas/${id}`);
    const { timeline, ...element } = sagaStory.parse(body);
    expect(element).toMatchObject({ state: 'ended', deal: { state: 'settled' } });
    expect(element).not.toHaveProperty('step');
    const at = expect.any(String);
    expect(timeline).toEqual([
      { at, event: 'accepted' },
      { at, event: 'movement', instance, kind: 'hold', from: 'player:bob', to: 'player:bob' },
      {
        at,
        event: 'transfer',
        id: expect.stringMatching(/^trf_/),
        legs: [{ from: 'player:ann', to: 'player:bob', asset: 'gold', amount: '5' }],
      },
      { at, event: 'stuck', workflowId: `trade/${id}`, step: 'inventoryMove', why: 'The items cannot be reached.' },
      { at, event: 'operator', act: 'retry', operator: 'olga', reason: 'The items are back.' },
      { at, event: 'answer', act: 'retry', operator: 'olga', code: 'retried', detail: 'It has answered.' },
      { at, event: 'movement', instance, kind: 'move', from: 'player:bob', to: 'player:ann' },
      { at, event: 'closed', state: 'settled' },
      { at, event: 'ended', workflowId: `trade/${id}` },
    ]);
    const times = timeline.map((event) => Date.parse(event.at));
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
});

describe('an act on a saga', () => {
  test('whose deal is closed is answered by its row', async () => {
    const [settled, compensated] = [await sagas.accept(), await sagas.accept()];
    await sagas.close(settled);
    await sagas.close(compensated, 'compensated');
    expectProblem(await operate(settled, 'compensate'), 409, 'too-late');
    expectProblem(await operate(settled, 'retry'), 409, 'saga-not-stuck');
    const resolved = await operate(settled, 'resolve');
    expect(actDone.parse(resolved.body)).toEqual(resolved.body);
    expect(resolved).toMatchObject({ status: 200, body: { act: 'resolve', answer: { code: 'settled' } } });
    const back = { answer: { code: 'compensated', detail: 'compensated-by-operator: olga: It is night.' } };
    expect(await operate(compensated, 'compensate')).toMatchObject({
      status: 200,
      body: { act: 'compensate', ...back },
    });
    expect(await operate(compensated, 'resolve')).toMatchObject({ status: 200, body: back });
  });

  test('finds no deal of another title', async () => {
    const id = await sagas.accept({ title: 'other' });
    for (const act of ['retry', 'compensate', 'resolve']) expectProblem(await operate(id, act), 404, 'not-found');
  });

  test.each(['retry', 'compensate', 'resolve'])('is refused with 503 while Temporal is away: %s', async (act) => {
    const answer = await operate(await sagas.accept(), act);
    expectProblem(answer, 503, 'unavailable');
    expect(answer.headers.get('retry-after')).toBe('2');
    // It is told at once, and not when a run could have let the act in.
    expect(answer.body).toMatchObject({ detail: 'Temporal cannot be reached. Nothing was done; send it again.' });
  });
});
