import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import type { HoldOutcome } from '../../contracts/answers.js';
import type { Mint } from '../../contracts/nouns.js';
import { canHaveLimit, Editions } from './editions.rules.js';
import { decideEndsByHand, decideMoves, decideReleases, type EndDecision } from './hold-end.rules.js';
import { decideHolds } from './hold.rules.js';
import type { CountChange, KeptHold, StoredItem } from './inventory.types.js';
import { keyInTitle } from './key-in-title.js';

const title = 'arena';
const cause = { code: 'compensated-by-operator', detail: 'An operator turned it back.' };

function crown(over: Partial<StoredItem> = {}): StoredItem {
  return { title, code: 'crown', limit: 3, retired: false, issued: 0, reserved: 0, ...over };
}

function crowns(exchange: string, count: number, to = 'player:ann'): Mint[] {
  return Array.from({ length: count }, (_, n) => ({ instance: `ins_${exchange}_${n}`, item: 'crown', to }));
}

/** What is stored, as the statements would keep it. */
class Store {
  readonly instances = new Map<string, never>();
  readonly holds = new Map<string, KeptHold>();
  readonly items = new Map<string, StoredItem>();
  readonly serials: (number | null)[] = [];

  constructor(...items: StoredItem[]) {
    for (const item of items) this.items.set(keyInTitle(item.title, item.code), item);
  }

  hold(exchange: string, mints: Mint[]): HoldOutcome | undefined {
    const { outcomes, keep, counts } = decideHolds([{ exchange, title, moves: [], mints }], this);
    for (const kept of keep) this.holds.set(kept.exchange, kept);
    this.count(counts);
    return outcomes[0];
  }

  end({ outcomes, ended, tombstones, minted, counts }: EndDecision): string | undefined {
    for (const kept of [...ended, ...tombstones]) this.holds.set(kept.exchange, kept);
    this.serials.push(...minted.map(({ serial }) => serial));
    this.count(counts);
    return outcomes[0]?.outcome;
  }

  private count(counts: readonly CountChange[]): void {
    for (const { title: of, item, issued, reserved } of counts) {
      const key = keyInTitle(of, item);
      const stored = this.items.get(key);
      if (stored === undefined) throw new Error(`${item} is counted and not stored.`);
      this.items.set(key, { ...stored, issued: stored.issued + issued, reserved: stored.reserved + reserved });
    }
  }
}

describe('a hold that mints', () => {
  const refused: [string, StoredItem | undefined, Mint[], string][] = [
    ['an item that is not defined', undefined, crowns('a', 1), 'unknown-item'],
    ['a retired item', crown({ retired: true }), crowns('a', 1), 'item-retired'],
    ['more than the limit leaves', crown({ issued: 1, reserved: 1 }), crowns('a', 2), 'item-sold-out'],
    ['for an owner that cannot have instances', crown(), crowns('a', 1, 'system:mint'), 'validation-failed'],
    ['nothing', crown(), [], 'validation-failed'],
  ];

  it.each(refused)('%s is refused, and reserves nothing', (_, item, mints, code) => {
    const store = new Store(...(item === undefined ? [] : [item]));
    expect(store.hold('trd_1', mints)).toMatchObject({ outcome: 'refused', cause: { code } });
    expect([...store.items.values()]).toEqual(item === undefined ? [] : [item]);
  });

  it('counts what an earlier element of its list has reserved', () => {
    const list = ['trd_1', 'trd_2', 'trd_3'].map((exchange) => ({
      exchange,
      title,
      moves: [],
      mints: crowns(exchange, 2),
    }));
    const { outcomes, counts } = decideHolds(list, new Store(crown()));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['ok', 'refused', 'refused']);
    expect(counts).toEqual([{ title, item: 'crown', issued: 0, reserved: 2 }]);
  });

  it('of an item without a limit counts nothing, and its instances have no serial', () => {
    const store = new Store(crown({ limit: null }));
    expect(store.hold('trd_1', crowns('a', 2))).toMatchObject({ outcome: 'ok' });
    expect(store.end(decideMoves([{ exchange: 'trd_1', title }], store))).toBe('moved');
    expect(store.serials).toEqual([null, null]);
    expect([...store.items.values()]).toEqual([crown({ limit: null })]);
  });

  it.each([
    [true, [1, 2], { issued: 2, reserved: 0 }],
    [false, [], { issued: 0, reserved: 0 }],
  ])('and is ended by hand mints if it is booked: %s', (booked, serials, counts) => {
    const store = new Store(crown());
    store.hold('trd_1', crowns('a', 2));
    expect(store.end(decideEndsByHand([{ exchange: 'trd_1', title, booked }], store))).toBe('ended-by-hand');
    expect(store.serials).toEqual(serials);
    expect([...store.items.values()]).toEqual([crown(counts)]);
  });
});

test('whatever is held, moved and released in any order, the limit holds and the serials have no gap', () => {
  const act = fc.record({
    kind: fc.constantFrom('hold', 'hold', 'move', 'release'),
    exchange: fc.constantFrom('trd_1', 'trd_2', 'trd_3', 'trd_4', 'trd_5'),
    count: fc.integer({ min: 1, max: 3 }),
  });
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
      const store = new Store(crown({ limit: 5 }));
      for (const { kind, exchange, count } of acts) {
        const answer =
          kind === 'hold'
            ? store.hold(exchange, crowns(exchange, count))?.outcome
            : kind === 'move'
              ? store.end(decideMoves([{ exchange, title }], store))
              : store.end(decideReleases([{ exchange, title, cause }], store));
        seen.add(`${kind} ${answer}`);
        const open = [...store.holds.values()].filter(({ state }) => state === 'held');
        const [item] = store.items.values();
        expect(item?.reserved).toBe(open.reduce((sum, { mints = [] }) => sum + mints.length, 0));
        expect(item?.issued).toBe(store.serials.length);
        expect(store.serials).toEqual(store.serials.map((_, n) => n + 1));
        expect((item?.issued ?? 0) + (item?.reserved ?? 0)).toBeLessThanOrEqual(5);
      }
    }),
    { numRuns: 500 },
  );
  for (const case_ of ['hold ok', 'hold refused', 'hold tombstone', 'move moved', 'release released'])
    expect(seen).toContain(case_);
});

test('the items of two titles that have one code are counted apart', () => {
  const editions = new Editions(new Store(crown({ limit: 1 }), crown({ title: 'other', limit: 1 })).items);
  editions.reserve(title, crowns('a', 1));
  expect(editions.refusal(title, crowns('b', 1))?.code).toBe('item-sold-out');
  expect(editions.refusal('other', crowns('b', 1))).toBeUndefined();
});

test.each([
  [null, 0, null, true],
  [null, 0, 5, false],
  [5, 0, null, false],
  [5, 0, 6, false],
  [5, 3, 3, true],
  [5, 4, 3, false],
  [5, 5, 5, true],
])('a limit of %s with %s taken can become %s: %s', (now, taken, wanted, can) => {
  expect(canHaveLimit(now, taken, wanted)).toBe(can);
});
