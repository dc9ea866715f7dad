import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BurnRequest, MintRequest, StoredInstance, StoredItem } from './inventory.types.js';
import { decideBurns, decideMints, type IssueAnswer, type KeptIssue } from './issue.rules.js';
import { keyInTitle } from './key-in-title.js';

const title = 'arena';

function mint(over: Partial<MintRequest> = {}): MintRequest {
  return {
    title,
    key: 'k',
    fingerprint: 'f',
    id: 'ins_1',
    item: 'sword',
    owner: 'player:ann',
    reason: 'quest',
    ...over,
  };
}

function burn(over: Partial<BurnRequest> = {}): BurnRequest {
  return { title, key: 'k', fingerprint: 'f', instance: 'ins_1', reason: 'broken', ...over };
}

function instance(over: Partial<StoredInstance> = {}): StoredInstance {
  return {
    id: 'ins_1',
    title,
    item: 'sword',
    tradeable: true,
    owner: 'player:ann',
    state: 'owned',
    version: 4,
    ...over,
  };
}

/** An answer in a few words. */
function word(answer: IssueAnswer): string {
  const what = answer.outcome === 'done' ? answer.instance : answer.cause.code;
  return answer.replayed ? `${what} again` : what;
}

function itemsOf(...items: StoredItem[]): ReadonlyMap<string, StoredItem> {
  return new Map(items.map((one) => [keyInTitle(one.title, one.code), one]));
}

function item(code: string, over: Partial<StoredItem> = {}): StoredItem {
  return { title, code, limit: null, retired: false, issued: 0, reserved: 0, ...over };
}

const items = itemsOf(item('sword'), item('shield', { title: 'other' }));

describe('a mint', () => {
  const refused: [string, Partial<MintRequest>, string][] = [
    ['of an item that is not defined', { item: 'shield' }, 'unknown-item'],
    ['of an item of another title', { title: 'other' }, 'unknown-item'],
    ['for an owner that cannot have instances', { owner: 'system:fees' }, 'validation-failed'],
    ['with properties that cannot be', { properties: { 'bad name': 1 } }, 'validation-failed'],
  ];

  it.each(refused)('%s is refused, and its key is not kept', (_, over, code) => {
    const decision = decideMints([mint(over), mint({ title: over.title ?? title })], items, new Map());
    expect(decision.answers.map(word)).toEqual(over.title === 'other' ? [code, code] : [code, 'ins_1']);
  });

  it('of the same key twice in one list is made once, and another body is told so', () => {
    const { answers, minted } = decideMints(
      [mint(), mint({ id: 'ins_2' }), mint({ id: 'ins_3', fingerprint: 'g' })],
      items,
      new Map(),
    );
    expect(answers.map(word)).toEqual(['ins_1', 'ins_1 again', 'idempotency-key-reused']);
    expect(minted).toHaveLength(1);
  });

  it('is answered by what is kept, also when the item is not defined any more', () => {
    const kept = new Map<string, KeptIssue>([['arena/k', { title, key: 'k', fingerprint: 'f', instance: 'ins_0' }]]);
    const others = itemsOf(item('sword', { title: 'other' }));
    const { answers, minted } = decideMints([mint(), mint({ title: 'other' })], others, kept);
    expect(answers.map(word)).toEqual(['ins_0 again', 'ins_1']);
    expect(minted).toMatchObject([{ title: 'other', serial: null }]);
  });
});

describe('a burn', () => {
  const refused: [string, StoredInstance | undefined, string, boolean][] = [
    ['of an instance that does not exist', undefined, 'not-found', false],
    ['of an instance of another title', instance({ title: 'other' }), 'not-found', false],
    ['of a held instance', instance({ state: 'held', heldFor: 'trd_1' }), 'item-held', true],
    ['of a burned instance', instance({ state: 'burned' }), 'item-burned', true],
  ];

  it.each(refused)('%s is refused', (_, found, code, kept) => {
    const decision = decideBurns([burn()], new Map(found ? [['ins_1', found]] : []), new Map());
    expect(decision.answers.map(word)).toEqual([code]);
    expect(decision.changes).toEqual([]);
    expect(decision.keep.map((keep) => keep.cause?.code)).toEqual(kept ? [code] : []);
  });

  it('names the last owner and nobody after, in the next version', () => {
    const { changes } = decideBurns([burn()], new Map([['ins_1', instance()]]), new Map());
    expect(changes).toEqual([
      { id: 'ins_1', title, item: 'sword', kind: 'burn', version: 5, from: 'player:ann', to: null, cause: 'broken' },
    ]);
  });

  it('that was refused is refused by its key for ever, though the instance is free now', () => {
    const cause = { code: 'item-held' as const, detail: 'It was held.' };
    const kept = new Map<string, KeptIssue>([
      ['arena/k', { title, key: 'k', fingerprint: 'f', instance: 'ins_1', cause }],
    ]);
    const decision = decideBurns(
      [burn(), burn({ fingerprint: 'g' }), burn({ key: 'l' })],
      new Map([['ins_1', instance()]]),
      kept,
    );
    expect(decision.answers.map(word)).toEqual(['item-held again', 'idempotency-key-reused', 'ins_1']);
  });

  it('happens once to an instance, whatever the keys of a list are', () => {
    const request = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      fingerprint: fc.constantFrom('f', 'g'),
      instance: fc.constantFrom('ins_1', 'ins_2'),
    });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 8 }), (list) => {
        const found = new Map([instance(), instance({ id: 'ins_2' })].map((one) => [one.id, one]));
        const { answers, changes, keep } = decideBurns(
          list.map((one) => burn(one)),
          found,
          new Map(),
        );
        const firsts = new Map<string, string>();
        const expected = list.map((one) => {
          const first = list.find((other) => other.key === one.key);
          if (first?.fingerprint !== one.fingerprint) return 'idempotency-key-reused';
          if (firsts.has(one.key)) return `${firsts.get(one.key)} again`;
          firsts.set(one.key, [...firsts.values()].includes(one.instance) ? 'item-burned' : one.instance);
          return firsts.get(one.key);
        });
        expect(answers.map(word)).toEqual(expected);
        expect(keep).toHaveLength(firsts.size);
        expect(changes.map((change) => change.id)).toEqual(
          [...firsts.values()].filter((what) => what !== 'item-burned'),
        );
      }),
    );
  });
});
