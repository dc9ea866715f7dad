import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { SagaMetrics } from '../../src/backlog-metrics.js';
import { StoredDeals } from '../../src/exchanges/stored-deals.js';
import { tradeKind } from '../../src/trades/trade-kind.js';
import { openSagas, type SagasDatabase } from './sagas-database.js';
import { noteOf, notesOf, second, someDeal, start } from './samples.js';

let sagas: SagasDatabase;
beforeAll(async () => {
  sagas = await openSagas();
});
afterAll(() => sagas.close());

const act = { name: 'retry', operator: 'olga', reason: 'The items are back.', answer: null } as const;

describe('a note', () => {
  test('of a convoy says to each title nothing of machines, users and deals of others', async () => {
    const [own, other] = [someDeal(), someDeal()];
    const subjects = [
      [own, 'arena'],
      [other, 'bazaar'],
    ].map(([id = '', title = '']) => ({ id, title, kind: 'trade', players: ['ann'] }));
    const why = `${own} and ${other}: password authentication failed for user "economy" at 10.1.2.3:5432`;
    await sagas.note(
      noteOf(own, {
        alone: false,
        subjects,
        stuckAt: { step: 'inventoryMove', description: 'move the items of 2 exchanges', since: second(-30), why },
      }),
    );
    const told = async (title: string, id: string): Promise<unknown> =>
      (await sagas.reads.timeline(title, id)).map((one) => one.why);
    expect(await told('arena', own)).toEqual([`${own} and …: password authentication failed for user … at …`]);
    expect(await told('bazaar', other)).toEqual([`… and ${other}: password authentication failed for user … at …`]);
    expect((await sagas.reads.noted('bazaar', [other]))[0]?.why).toBe(
      `… and ${other}: password authentication failed for user … at …`,
    );
    expect(JSON.stringify(await sagas.facts(other))).not.toContain(own);
  });

  test('is a row of the saga, an entry of its timeline, and a fact', async () => {
    const deal = someDeal();
    await sagas.note(noteOf(deal));
    const stands = {
      step: 'inventoryMove',
      description: `move the items of ${deal}`,
      why: 'The items cannot be reached.',
    };
    expect(await sagas.row(deal)).toEqual({
      id: deal,
      kind: 'trade',
      state: 'stuck',
      ...stands,
      since: new Date(second(-30)),
      owner: null,
      players: ['ann', 'bob'],
      workflowId: `trade/${deal}`,
      alone: true,
    });
    expect(await sagas.reads.timeline('arena', deal)).toEqual([
      {
        workflowId: `trade/${deal}`,
        runId: 'run-1',
        at: new Date(start),
        state: 'stuck',
        step: stands.step,
        why: stands.why,
        owner: null,
        act: null,
      },
    ]);
    expect(await sagas.facts(deal)).toEqual([{ type: 'saga.stuck', data: { step: stands.step, why: stands.why } }]);
  });

  test('that comes twice changes nothing and tells nothing', async () => {
    const deal = someDeal();
    await sagas.note(noteOf(deal), noteOf(deal, { state: 'parked', owner: 'eve' }));
    expect(await sagas.row(deal)).toMatchObject({ state: 'stuck', owner: null });
    expect(await sagas.events(deal)).toEqual(['stuck']);
    expect(await sagas.facts(deal)).toHaveLength(1);
  });

  test('that comes twenty times at once is kept once', async () => {
    const deals = Array.from({ length: 40 }, someDeal);
    const subjects = deals.map((id) => ({ id, title: 'arena', kind: 'trade' as const, players: ['ann'] }));
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        sagas.service.note(noteOf(deals[0] ?? '', { subjects: i % 2 === 0 ? subjects : [...subjects].reverse() })),
      ),
    );
    const { rows } = await sagas.session.query('select saga from sagas.timeline where saga = any($1)', [deals]);
    const told = await sagas.session.query('select subject from sagas.facts where subject = any($1)', [deals]);
    expect([rows.length, told.rows.length]).toEqual([40, 40]);
  });

  test('of an act says who did it, and how it was answered', async () => {
    const deal = someDeal();
    await sagas.note(
      ...notesOf(
        deal,
        {},
        { act },
        { state: 'running', stuckAt: null, act: { ...act, answer: { code: 'retried', detail: 'It has answered.' } } },
        { state: 'ended', stuckAt: null },
      ),
    );
    expect(await sagas.events(deal)).toEqual(['stuck', 'retry', 'retry retried', 'ended']);
    expect((await sagas.facts(deal)).map(({ type }) => type)).toEqual([
      'saga.stuck',
      'saga.operated',
      'saga.answered',
      'saga.ended',
    ]);
    expect((await sagas.facts(deal))[2]?.data).toEqual({
      act: 'retry',
      operator: 'olga',
      reason: 'The items are back.',
      answer: { code: 'retried', detail: 'It has answered.' },
    });
    expect(await sagas.row(deal)).toMatchObject({ state: 'ended', step: null, why: null, since: null });
  });

  test('of a convoy of 256 is one for each, and their run is not theirs alone', async () => {
    const deals = Array.from({ length: 256 }, someDeal);
    const players = deals.map((_, i) => [`ann-${i}`, 'bob']);
    await sagas.note(
      noteOf(deals[0] ?? '', {
        workflowId: `convoy/${deals[0]}`,
        subjects: deals.map((id, i) => ({
          id,
          title: i % 2 === 0 ? 'arena' : 'other',
          kind: 'trade',
          players: players[i] ?? [],
        })),
        alone: false,
      }),
    );
    const kept = [...(await sagas.reads.noted('arena', deals)), ...(await sagas.reads.noted('other', deals))];
    expect(kept).toHaveLength(256);
    expect(
      kept.every(({ state, alone, workflowId }) => state === 'stuck' && !alone && workflowId === `convoy/${deals[0]}`),
    ).toBe(true);
    expect(kept.find(({ id }) => id === deals[201])?.players).toEqual(['ann-201', 'bob']);
    expect(await sagas.reads.noted('arena', [deals[1] ?? ''])).toEqual([]);
    const { rows } = await sagas.session.query<{ title: string }>('select title from sagas.facts where subject = $1', [
      deals[1],
    ]);
    expect(rows).toEqual([{ title: 'other' }]);
  });

  test('with what PostgreSQL refuses is kept without it', async () => {
    const deal = someDeal();
    const why = `bad \0 \ud800 ${'x'.repeat(5_000)}`;
    await sagas.note(
      noteOf(deal, { stuckAt: { step: 'inventoryMove', description: 'move\0', since: second(0), why } }),
    );
    expect(await sagas.row(deal)).toMatchObject({
      description: 'move\ufffd',
      why: `bad \ufffd \ufffd ${'x'.repeat(992)}`,
    });
  });
});

describe('a row is not overwritten by', () => {
  test('what its run told before', async () => {
    const deal = someDeal();
    const [stuck, freed] = notesOf(deal, {}, { state: 'running', stuckAt: null });
    await sagas.note(...(freed === undefined || stuck === undefined ? [] : [freed, stuck]));
    expect(await sagas.row(deal)).toMatchObject({ state: 'running' });
    expect(await sagas.events(deal)).toEqual(['stuck', 'running']);
    expect(await sagas.facts(deal)).toHaveLength(2);
  });

  test('what its run told before in the same moment', async () => {
    const deal = someDeal();
    await sagas.note(noteOf(deal, { number: 2, state: 'parked' }), noteOf(deal, { number: 1 }));
    expect(await sagas.row(deal)).toMatchObject({ state: 'parked' });
  });

  test('what another run told earlier', async () => {
    const deal = someDeal();
    await sagas.note(
      noteOf(deal, { runId: 'run-2', at: second(5), state: 'compensating', stuckAt: null }),
      noteOf(deal, { number: 7, at: second(4) }),
    );
    expect(await sagas.row(deal)).toMatchObject({ state: 'compensating' });
  });

  test('a convoy that it has left', async () => {
    const [deal, other] = [someDeal(), someDeal()];
    const convoy = noteOf(deal, {
      workflowId: 'convoy/1',
      runId: 'run-c',
      subjects: [deal, other].map((id) => ({ id, title: 'arena', kind: 'trade', players: [] })),
      alone: false,
    });
    await sagas.note(noteOf(deal, { state: 'parked' }), { ...convoy, at: second(60) });
    expect(await sagas.row(deal)).toMatchObject({ state: 'parked', alone: true, workflowId: `trade/${deal}` });
    expect(await sagas.row(other)).toMatchObject({ state: 'stuck', alone: false });
  });

  test.each([true, false])(
    'nothing that says less than the end of a run, alone: %s, which is that of the deal',
    async (alone) => {
      const deal = someDeal();
      await sagas.note(
        noteOf(deal),
        noteOf(deal, { runId: 'run-2', at: second(9), state: 'ended', stuckAt: null, alone }),
      );
      expect(await sagas.row(deal)).toMatchObject({ state: 'ended', alone });
    },
  );

  test('nothing once its run has ended', async () => {
    const deal = someDeal();
    const convoy = noteOf(deal, {
      workflowId: 'convoy/2',
      runId: 'run-d',
      at: second(9),
      subjects: [deal, someDeal()].map((id) => ({ id, title: 'arena', kind: 'trade', players: [] })),
      alone: false,
    });
    await sagas.note(noteOf(deal), noteOf(deal, { number: 2, at: second(1), state: 'ended', stuckAt: null }), convoy);
    expect(await sagas.row(deal)).toMatchObject({ state: 'stuck', alone: false, workflowId: 'convoy/2' });
  });
});

describe('the database refuses', () => {
  test.each([
    ['to update the timeline', `update sagas.timeline set reason = 'another'`, '23001'],
    ['to delete from the timeline', 'delete from sagas.timeline', '23001'],
    ['to empty the timeline', 'truncate sagas.timeline', '23001'],
    ['to delete a saga', 'delete from sagas.sagas', '23001'],
    ['to empty the sagas', 'truncate sagas.sagas', '23001'],
    ['to give a saga another title', `update sagas.sagas set title = 'other'`, '23001'],
    [
      'an act without an operator',
      `insert into sagas.timeline (saga, run_id, number, title, workflow_id, at, state, act, reason)
       values ('trd_1', 'r', 1, 'arena', 'w', now(), 'stuck', 'retry', 'x')`,
      '23514',
    ],
    [
      'an answer to nothing',
      `insert into sagas.timeline (saga, run_id, number, title, workflow_id, at, state, answer_code, answer_detail)
       values ('trd_1', 'r', 1, 'arena', 'w', now(), 'stuck', 'x', 'y')`,
      '23514',
    ],
    [
      'a state that there is not',
      `insert into sagas.timeline (saga, run_id, number, title, workflow_id, at, state)
       values ('trd_1', 'r', 1, 'arena', 'w', now(), 'asleep')`,
      '23514',
    ],
  ])('%s', async (_what, sql, code) => {
    await sagas.note(noteOf(someDeal()));
    await expect(sagas.session.query(sql)).rejects.toMatchObject({ code });
  });
});

test('the gauges count sagas of open deals that want somebody, and say how long the first has been stuck', async () => {
  const registry = new Registry();
  const { dataSource } = sagas;
  const databases = { main: dataSource, ledger: dataSource, inventory: dataSource, payments: dataSource };
  new SagaMetrics(registry, sagas.reads, [new StoredDeals(tradeKind, dataSource)], databases);
  const value = async (name: string): Promise<number> =>
    Number(new RegExp(`^${name} (.+)$`, 'm').exec(await registry.metrics())?.[1]);
  const counts = async (): Promise<number[]> =>
    Promise.all(['stuck', 'parked', 'compensating'].map((state) => value(`veltrix_sagas{state="${state}"}`)));
  expect(await counts()).toEqual([0, 0, 0]);
  const [stuck, parked, compensating, ended, closed] = [someDeal(), someDeal(), someDeal(), someDeal(), someDeal()];
  for (const deal of [stuck, parked, compensating, ended])
    await sagas.session.query('insert into trades.open (id, created_at) values ($1, now())', [deal.slice(4)]);
  const longAgo = new Date(0).toISOString();
  await sagas.note(
    noteOf(stuck, { stuckAt: { step: 's', description: 's', why: 'w', since: longAgo } }),
    noteOf(parked, { state: 'parked' }),
    noteOf(compensating, { state: 'compensating', stuckAt: null }),
    noteOf(ended, { state: 'ended', stuckAt: null }),
  );
  // Its run was terminated, and another has closed its deal.
  await sagas.note(noteOf(closed));
  expect(await counts()).toEqual([1, 1, 1]);
  expect(await value('veltrix_oldest_stuck_seconds')).toBeGreaterThan(Date.now() / 1_000 - 60);
  await sagas.note(noteOf(stuck, { number: 2, at: second(1), state: 'running', stuckAt: null }));
  expect(await counts()).toEqual([0, 1, 1]);
  expect(await value('veltrix_oldest_stuck_seconds')).toBe(0);
});
