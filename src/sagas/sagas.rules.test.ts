import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SagaNote } from '../../contracts/sagas.js';
import type { Deal } from '../exchanges/deals.js';
import { newId } from '../ids.js';
import { eventOf, factOf, inOrder, placeAt, placeOf, positionOf, sagaOf, storable } from './sagas.rules.js';
import type { NotedSaga, TimelineNote } from './sagas.types.js';

const id = 'trd_0198c0de-7a11-7000-8000-000000000001';
const at = new Date('2026-01-01T00:00:00.000Z');
const deal: Deal = {
  exchange: {
    id,
    title: 'arena',
    kind: 'trade',
    legs: [{ from: 'player:ann', to: 'player:bob', asset: 'gold', amount: '5' }],
    moves: [],
  },
  state: 'accepted',
  reason: null,
  workflowId: 'convoy/trd_x',
  acceptedAt: at,
  closedAt: null,
};
const noted: NotedSaga = {
  id,
  kind: 'trade',
  state: 'stuck',
  step: 'inventoryMove',
  description: 'move the items',
  why: 'No.',
  since: at,
  owner: null,
  players: ['ann', 'bob'],
  workflowId: `trade/${id}`,
  alone: true,
};
const note: SagaNote = {
  workflowId: `trade/${id}`,
  runId: 'run',
  number: 1,
  at: at.toISOString(),
  subjects: [],
  alone: true,
  state: 'stuck',
  stuckAt: { step: 'inventoryMove', description: 'move the items', since: at.toISOString(), why: 'No.' },
  owner: null,
  act: null,
};

describe('the text of an error', () => {
  test('is kept as it is where it can be', () => {
    expect(storable('Ça va 👍\n\tat once')).toBe('Ça va 👍\n\tat once');
  });

  test('is cut to 1 000 characters, and never through a pair', () => {
    expect(storable('x'.repeat(5_000))).toBe('x'.repeat(1_000));
    expect(storable(`x${'👍'.repeat(2_000)}`)).toBe(`x${'👍'.repeat(999)}`);
  });

  test('loses U+0000 and halves of pairs, which PostgreSQL refuses', () => {
    expect(storable('a\0b\ud83dc\udc4d')).toBe('a\ufffdb\ufffdc\ufffd');
  });

  test('is well-formed whatever came', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 1_200 }), (units) => {
        const kept = storable(String.fromCharCode(...units));
        expect(kept).not.toMatch(/[\0\p{Cs}]/u);
        expect([...kept].length).toBeLessThanOrEqual(1_000);
        expect(storable(kept)).toBe(kept);
      }),
    );
  });
});

describe('the place of a deal', () => {
  test('goes through a cursor and back', () => {
    const ids = [
      id,
      'trd_ffffffff-ffff-7fff-bfff-ffffffffffff',
      'trd_00000000-0000-7000-8000-000000000000',
      ...Array.from({ length: 100 }, () => newId('trd')),
    ];
    for (const one of ids) expect(placeAt(positionOf(one))).toBe(placeOf(one));
  });

  test('fits the two numbers of a cursor', () => {
    const { major, minor } = positionOf('trd_ffffffff-ffff-7fff-bfff-ffffffffffff');
    const bytes = Buffer.alloc(16);
    bytes.writeBigUInt64BE(BigInt(major), 0);
    bytes.writeBigInt64BE(BigInt(minor), 8);
    expect(bytes.toString('hex')).toBe('ffffffffffff7fffbfffffffffffffff');
  });
});

describe('a saga', () => {
  test('that nobody was told of runs in the run that its deal names', () => {
    expect(sagaOf(deal, undefined)).toMatchObject({
      state: 'running',
      stuckAt: null,
      workflowId: 'convoy/trd_x',
      players: ['ann', 'bob'],
    });
    expect(sagaOf({ ...deal, workflowId: null }, undefined)).toMatchObject({ workflowId: `trade/${id}` });
  });

  test('stands where its run told that it stands', () => {
    expect(sagaOf(deal, noted)).toMatchObject({
      state: 'stuck',
      stuckAt: { step: 'inventoryMove', description: 'move the items', why: 'No.', since: at },
      workflowId: `trade/${id}`,
    });
  });

  test('that was freed stands nowhere', () => {
    expect(sagaOf(deal, { ...noted, state: 'running' })).toMatchObject({
      state: 'running',
      stuckAt: null,
      workflowId: `trade/${id}`,
    });
  });

  test('of a closed deal has ended, whatever was told last', () => {
    expect(sagaOf({ ...deal, state: 'settled', closedAt: at }, noted)).toMatchObject({
      state: 'ended',
      stuckAt: null,
      dealState: 'settled',
    });
  });

  test('of an open deal runs, also where the run that told last has ended', () => {
    expect(sagaOf(deal, { ...noted, state: 'ended' })).toMatchObject({ state: 'running', workflowId: 'convoy/trd_x' });
  });
});

describe('the fact of a note', () => {
  const act = { name: 'retry', operator: 'olga', reason: 'again', answer: null } as const;

  test.each([
    ['stuck', 'saga.stuck'],
    ['parked', 'saga.parked'],
    ['compensating', 'saga.compensating'],
    ['running', 'saga.freed'],
    ['ended', 'saga.ended'],
  ] as const)('of a run that is %s is %s', (state, type) => {
    expect(factOf({ ...note, state, stuckAt: null })).toEqual({ type, data: {} });
  });

  test('says where the run stands, and who is to see to it', () => {
    expect(factOf({ ...note, owner: 'olga' }).data).toEqual({ step: 'inventoryMove', why: 'No.', owner: 'olga' });
  });

  test('of an act is another one when it was answered', () => {
    expect(factOf({ ...note, stuckAt: null, act })).toEqual({
      type: 'saga.operated',
      data: { act: 'retry', operator: 'olga', reason: 'again' },
    });
    const answer = { code: 'retried', detail: 'a\0b' };
    expect(factOf({ ...note, stuckAt: null, act: { ...act, answer } })).toEqual({
      type: 'saga.answered',
      data: { act: 'retry', operator: 'olga', reason: 'again', answer: { code: 'retried', detail: 'a\ufffdb' } },
    });
  });
});

describe('the timeline', () => {
  const told: TimelineNote = {
    workflowId: 'w',
    runId: 'r',
    at,
    state: 'running',
    step: null,
    why: null,
    owner: null,
    act: null,
  };

  test('says of a note what it was', () => {
    expect(eventOf(told)).toMatchObject({ event: 'freed', workflowId: 'w' });
    expect(eventOf({ ...told, state: 'parked' })).toMatchObject({ event: 'parked' });
    const act = { name: 'resolve', operator: 'olga', reason: 'it is late', answer: null } as const;
    expect(eventOf({ ...told, act })).toEqual({
      at,
      event: 'operator',
      act: 'resolve',
      operator: 'olga',
      reason: 'it is late',
    });
    expect(eventOf({ ...told, act: { ...act, answer: { code: 'settled', detail: 'It is.' } } })).toEqual({
      at,
      event: 'answer',
      act: 'resolve',
      operator: 'olga',
      code: 'settled',
      detail: 'It is.',
    });
  });

  test('is in the order of time, and of one moment as it was given', () => {
    const later = new Date(at.getTime() + 1);
    const order = inOrder([
      { at: later, event: 'closed', state: 'settled', reason: null },
      { at, event: 'accepted' },
      { at, event: 'operator', act: 'retry', operator: 'a', reason: 'b' },
    ]);
    expect(order.map(({ event }) => event)).toEqual(['accepted', 'operator', 'closed']);
  });
});
