import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { HoldOutcome, HoldEndOutcome } from '../../contracts/answers.js';
import type { Cause, Move } from '../../contracts/nouns.js';
import { decideEndsByHand, decideMoves, decideReleases } from './hold-end.rules.js';
import { decideHolds } from './hold.rules.js';
import type { HoldRequest, InstanceChange, KeptHold, Stored, StoredInstance } from './inventory.types.js';

const title = 'arena';
const owners = ['player:ann', 'player:bob', 'system:store'];
const exchanges = ['trd_1', 'trd_2', 'trd_3', 'trd_4'];
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

  it('by hand ends though an instance is not held, gives on the ones that are, and leaves the others as they are', () => {
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

/**
 * The oracle: one exchange at a time, told as a story and not as a table. What hold said first stays what hold says;
 * what release or move said first stays what both say.
 */
class Oracle {
  readonly owner = new Map<string, string>();
  private readonly holder = new Map<string, string>();
  private readonly holdSaid = new Map<string, HoldOutcome>();
  private readonly endSaid = new Map<string, HoldEndOutcome>();
  private readonly held = new Map<string, Move[]>();

  constructor(private readonly instances: StoredInstance[]) {
    for (const one of instances) this.owner.set(one.id, one.owner);
  }

  hold(id: string, moves: Move[]): string {
    const end = this.endSaid.get(id);
    const before = this.holdSaid.get(id);
    if (before === undefined && end !== undefined) return this.word(end);
    const now = before ?? this.tryHold(id, moves);
    this.holdSaid.set(id, now);
    return this.word(now);
  }

  private tryHold(id: string, moves: Move[]): HoldOutcome {
    const wrong = moves.map((move) => this.wrong(move)).find((code) => code !== undefined);
    if (wrong !== undefined) return { id, outcome: 'refused', cause: { code: wrong, detail: '' } };
    this.held.set(id, moves);
    for (const move of moves) this.holder.set(move.instance, id);
    return { id, outcome: 'ok' };
  }

  private wrong(move: Move): string | undefined {
    const found = this.instances.find((one) => one.id === move.instance);
    if (!found) return 'item-not-found';
    if (found.state === 'burned') return 'item-burned';
    if (this.owner.get(move.instance) !== move.from) return 'item-not-owned';
    if (this.holder.has(move.instance)) return 'item-held';
    return found.tradeable ? undefined : 'item-not-tradeable';
  }

  end(id: string, how: 'released' | 'moved', why: Cause): string {
    const hold = this.holdSaid.get(id);
    if (hold?.outcome === 'refused') return this.word(hold);
    const before = this.endSaid.get(id);
    if (before !== undefined) return this.word(before);
    for (const move of this.held.get(id) ?? []) {
      this.holder.delete(move.instance);
      if (how === 'moved') this.owner.set(move.instance, move.to);
    }
    const outcome = hold === undefined ? 'tombstone' : how;
    const now: HoldEndOutcome = outcome === 'moved' ? { id, outcome } : { id, outcome, cause: why };
    this.endSaid.set(id, now);
    return this.word(now);
  }

  word(said: HoldOutcome | HoldEndOutcome): string {
    return [said.id, said.outcome, codeOf(said) ?? ''].join(' ');
  }
}

/** A store that takes what the rules decided, and refuses what no correct rule decides. */
class Store {
  readonly instances = new Map<string, StoredInstance>();
  readonly items = new Map<string, never>();
  readonly holds = new Map<string, KeptHold>();

  apply(keep: readonly KeptHold[], ended: readonly KeptHold[], changes: readonly InstanceChange[]): void {
    for (const hold of keep) {
      expect(this.holds.has(hold.exchange)).toBe(false);
      this.holds.set(hold.exchange, hold);
    }
    for (const hold of ended) {
      expect(this.holds.get(hold.exchange)?.state).toBe('held');
      this.holds.set(hold.exchange, hold);
    }
    expect(new Set(changes.map((change) => change.id)).size).toBe(changes.length);
    for (const change of changes) this.change(change);
  }

  private change(change: InstanceChange): void {
    const before = this.instances.get(change.id);
    expect(before).toMatchObject({ version: change.version - 1, owner: change.from });
    expect(change.kind === 'hold' ? before?.state : before?.heldFor).toBe(
      change.kind === 'hold' ? 'owned' : change.cause,
    );
    const { tradeable } = before ?? { tradeable: false };
    const held =
      change.kind === 'hold' ? { state: 'held' as const, heldFor: change.cause } : { state: 'owned' as const };
    this.instances.set(change.id, {
      id: change.id,
      title,
      item: change.item,
      tradeable,
      owner: String(change.to),
      version: change.version,
      ...held,
    });
  }
}

// Weighted towards what can be held, so that holds compete.
const move = fc.record({
  instance: fc.constantFrom(
    'ins_1',
    'ins_1',
    'ins_1',
    'ins_2',
    'ins_2',
    'ins_3',
    'ins_3',
    'ins_burned',
    'ins_bound',
    'ins_none',
  ),
  from: fc.constantFrom('player:ann', 'player:ann', ...owners),
  to: fc.constantFrom('player:ann', 'player:ann', ...owners),
});
const moves = fc.uniqueArray(move, { selector: (one) => one.instance, minLength: 1, maxLength: 2 });
const command = fc.record({
  kind: fc.constantFrom('hold', 'hold', 'hold', 'hold', 'release', 'move'),
  elements: fc.array(
    fc.record({
      exchange: fc.constantFrom(...exchanges),
      moves,
      why: fc.constantFrom('insufficient-funds', 'compensated-by-operator'),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

it('lists of commands in any order and repetition answer what the oracle answers, and keep what it keeps', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(command, { maxLength: 20 }), (commands) => {
      const instances = [
        instance('ins_1'),
        instance('ins_2'),
        instance('ins_3', { owner: 'player:bob' }),
        instance('ins_burned', { state: 'burned' }),
        instance('ins_bound', { tradeable: false }),
      ];
      const oracle = new Oracle(instances);
      const store = new Store();
      for (const one of instances) store.instances.set(one.id, one);
      for (const { kind, elements } of commands) {
        const requests = elements.map(({ exchange, moves: list, why }) => ({
          exchange,
          title,
          moves: list,
          cause: { code: why, detail: '' },
        }));
        let outcomes: (HoldOutcome | HoldEndOutcome)[];
        let expected: string[];
        if (kind === 'hold') {
          const decision = decideHolds(requests, store);
          store.apply(decision.keep, [], decision.changes);
          outcomes = decision.outcomes;
          expected = requests.map((request) => oracle.hold(request.exchange, request.moves));
        } else {
          const decision = kind === 'release' ? decideReleases(requests, store) : decideMoves(requests, store);
          store.apply(decision.tombstones, decision.ended, decision.changes);
          outcomes = decision.outcomes;
          const neverHeld = { code: 'exchange-not-held', detail: '' };
          expected = requests.map((request) =>
            oracle.end(
              request.exchange,
              kind === 'release' ? 'released' : 'moved',
              kind === 'release' ? request.cause : neverHeld,
            ),
          );
        }
        expect(outcomes.map((outcome) => oracle.word(outcome))).toEqual(expected);
        for (const outcome of outcomes) seen.add(outcome.outcome === 'refused' ? outcome.cause.code : outcome.outcome);
        for (const [id, owner] of oracle.owner) expect(store.instances.get(id)?.owner).toBe(owner);
      }
    }),
    { numRuns: 400 },
  );
  // A property that never met a case has not tested it.
  const cases = [
    'ok',
    'tombstone',
    'released',
    'moved',
    'item-not-found',
    'item-burned',
    'item-not-owned',
    'item-held',
    'item-not-tradeable',
  ];
  expect([...seen].sort()).toEqual(cases.sort());
});
