import { describe, expect, it } from '@jest/globals';
import type { HoldOutcome, HoldEndOutcome } from '../../contracts/answers.js';
import type { Cause, Move } from '../../contracts/nouns.js';
import { decideEndsByHand, decideMoves, decideReleases } from './hold-end.rules.js';
import { decideHolds } from './hold.rules.js';
import type { HoldRequest, KeptHold, Stored, StoredInstance } from './inventory.types.js';

const title = 'arena';
const cause: Cause = { code: 'insufficient-funds', detail: 'The account does not hold enough.' };

function instance(id: string, over: Partial<StoredInstance> = {}): StoredInstance {
  return { id, title, item: 'sword', tradeable: true, owner: 'player:ann', state: 'owned', version: 1, ...over };
}

function storedOf(instances: StoredInstance[], holds: KeptHold[] = []): Stored {
  return {
    instances: new Map(instances.map((one) => [one.id, one])),
    holds: new Map(holds.map((one) => [one.exchange, one])),
    items: new Map(),
  };
}

function give(id: string, from = 'player:ann', to = 'player:bob'): Move {
  return { instance: id, from, to };
}

function codeOf(outcome: HoldOutcome | HoldEndOutcome | undefined): string | undefined {
  return outcome !== undefined && 'cause' in outcome ? outcome.cause.code : undefined;
}

describe('a hold', () => {
  const cases: [string, StoredInstance | undefined, Move, string][] = [
    ['of an instance that does not exist', undefined, give('ins_1'), 'item-not-found'],
    ['of an instance of another title', instance('ins_1', { title: 'other' }), give('ins_1'), 'item-not-found'],
    ['of a burned instance', instance('ins_1', { state: 'burned' }), give('ins_1'), 'item-burned'],
    ['of an instance of another owner', instance('ins_1', { owner: 'player:cyd' }), give('ins_1'), 'item-not-owned'],
    ['of an instance that is held', instance('ins_1', { state: 'held', heldFor: 'trd_9' }), give('ins_1'), 'item-held'],
    [
      'of an instance of an item that is not tradeable',
      instance('ins_1', { tradeable: false }),
      give('ins_1'),
      'item-not-tradeable',
    ],
    [
      'for a receiver that cannot own instances',
      instance('ins_1'),
      give('ins_1', 'player:ann', 'system:mint'),
      'validation-failed',
    ],
    [
      'for a receiver with a line break',
      instance('ins_1'),
      give('ins_1', 'player:ann', 'player:bob\n'),
      'validation-failed',
    ],
  ];

  it.each(cases)('%s is refused, and its other instances with it', (_, found, move, code) => {
    const stored = storedOf(found ? [instance('ins_0'), found] : [instance('ins_0')]);
    const decision = decideHolds([{ exchange: 'trd_1', title, moves: [give('ins_0'), move] }], stored);
    expect(codeOf(decision.outcomes[0])).toBe(code);
    expect(decision.changes).toEqual([]);
    expect(decision.keep).toMatchObject([{ exchange: 'trd_1', state: 'refused', cause: { code }, moves: [] }]);
  });

  it('without moves is refused', () => {
    expect(codeOf(decideHolds([{ exchange: 'trd_1', title, moves: [] }], storedOf([])).outcomes[0])).toBe(
      'validation-failed',
    );
  });

  it('of the same instance twice is refused', () => {
    const decision = decideHolds(
      [{ exchange: 'trd_1', title, moves: [give('ins_1'), give('ins_1')] }],
      storedOf([instance('ins_1')]),
    );
    expect(codeOf(decision.outcomes[0])).toBe('item-held');
    expect(decision.changes).toEqual([]);
  });

  it('of an instance that an earlier element of the list holds is refused, after a refused one it is not', () => {
    const requests: HoldRequest[] = [
      { exchange: 'trd_1', title, moves: [give('ins_1'), give('ins_9')] },
      { exchange: 'trd_2', title, moves: [give('ins_1')] },
      { exchange: 'trd_3', title, moves: [give('ins_1')] },
    ];
    const decision = decideHolds(requests, storedOf([instance('ins_1')]));
    expect(decision.outcomes.map((outcome) => codeOf(outcome) ?? outcome.outcome)).toEqual([
      'item-not-found',
      'ok',
      'item-held',
    ]);
    expect(decision.changes).toMatchObject([{ id: 'ins_1', version: 2, cause: 'trd_2' }]);
  });

  it('answers nothing about an exchange that is kept under another title', () => {
    const stored = storedOf([], [{ exchange: 'trd_1', title: 'other', moves: [], state: 'tombstone', cause }]);
    expect(() => decideHolds([{ exchange: 'trd_1', title, moves: [] }], stored)).toThrow('another title');
    expect(() => decideReleases([{ exchange: 'trd_1', title, cause }], stored)).toThrow('another title');
    expect(() => decideMoves([{ exchange: 'trd_1', title }], stored)).toThrow('another title');
  });
});

describe('the end of a hold', () => {
  it('by hand is what release and move answer from then on, and the hold is still ok', () => {
    const stored = storedOf(
      [instance('ins_1')],
      [{ exchange: 'trd_1', title, moves: [give('ins_1')], state: 'ended-by-hand' }],
    );
    const released = decideReleases([{ exchange: 'trd_1', title, cause }], stored);
    const moved = decideMoves([{ exchange: 'trd_1', title }], stored);
    for (const decision of [released, moved]) {
      expect(decision).toEqual({
        outcomes: [{ id: 'trd_1', outcome: 'ended-by-hand' }],
        ended: [],
        tombstones: [],
        changes: [],
        minted: [],
        counts: [],
      });
    }
    expect(decideHolds([{ exchange: 'trd_1', title, moves: [give('ins_1')] }], stored).outcomes).toEqual([
      { id: 'trd_1', outcome: 'ok' },
    ]);
  });

  it('by hand ends though an instance is not held, gives on those that are, and leaves the others as they are', () => {
    const instances = [
      instance('ins_1', { state: 'held', heldFor: 'trd_1' }),
      instance('ins_2', { state: 'held', heldFor: 'trd_2' }),
      instance('ins_3'),
    ];
    const held = {
      exchange: 'trd_1',
      title,
      moves: [give('ins_1'), give('ins_2'), give('ins_3'), give('ins_4')],
      state: 'held' as const,
    };
    const decision = decideEndsByHand([{ exchange: 'trd_1', title, booked: true }], storedOf(instances, [held]));
    expect(decision.outcomes).toEqual([{ id: 'trd_1', outcome: 'ended-by-hand' }]);
    expect(decision.ended).toEqual([{ ...held, state: 'ended-by-hand' }]);
    expect(decision.changes).toMatchObject([{ id: 'ins_1', kind: 'move', to: give('ins_1').to }]);
  });

  it('is not decided on instances that another exchange holds', () => {
    const stored = storedOf(
      [instance('ins_1', { state: 'held', heldFor: 'trd_2' })],
      [{ exchange: 'trd_1', title, moves: [give('ins_1')], state: 'held' }],
    );
    expect(() => decideMoves([{ exchange: 'trd_1', title }], stored)).toThrow('does not hold it');
  });
});
