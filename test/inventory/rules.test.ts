import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { HoldEndOutcome, HoldOutcome } from '../../contracts/answers.js';
import { decideMoves, decideReleases } from '../../src/inventory/hold-end.rules.js';
import { decideHolds } from '../../src/inventory/hold.rules.js';
import type { InstanceChange, KeptHold, StoredInstance } from '../../src/inventory/inventory.types.js';
import { Oracle } from './oracle.js';

const title = 'arena';
const owners = ['player:ann', 'player:bob', 'system:store'];
const exchanges = ['trd_1', 'trd_2', 'trd_3', 'trd_4'];
const none = 'ins_0190f7a2-0000-7000-8000-000000000000';
const sword = { title, item: 'sword', tradeable: true, owner: 'player:ann', state: 'owned', version: 1 } as const;

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
    none,
  ),
  from: fc.constantFrom('player:ann', 'player:ann', ...owners),
  to: fc.constantFrom('player:ann', 'player:ann', ...owners),
});
const leg = { from: 'player:ann', to: 'system:store', asset: 'gold', amount: '5' };
const moves = fc.uniqueArray(
  fc.oneof(
    move,
    move,
    move.map((one) => ({ ...one, instead: leg })),
  ),
  { selector: (one) => one.instance, minLength: 1, maxLength: 2 },
);
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

function wordOf(outcome: HoldOutcome | HoldEndOutcome): string {
  if ('missing' in outcome) return 'missing';
  return outcome.outcome === 'refused' ? outcome.cause.code : outcome.outcome;
}

it('lists of commands in any order and repetition answer what the oracle answers, and keep what it keeps', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(command, { maxLength: 20 }), (commands) => {
      const instances: StoredInstance[] = [
        { ...sword, id: 'ins_1' },
        { ...sword, id: 'ins_2' },
        { ...sword, id: 'ins_3', owner: 'player:bob' },
        { ...sword, id: 'ins_burned', state: 'burned' },
        { ...sword, id: 'ins_bound', tradeable: false },
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
        for (const outcome of outcomes) seen.add(wordOf(outcome));
        for (const [id, owner] of oracle.owner) expect(store.instances.get(id)?.owner).toBe(owner);
      }
    }),
    { numRuns: 400 },
  );
  // A property that never met a case has not tested it.
  const cases = [
    'ok',
    'missing',
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
