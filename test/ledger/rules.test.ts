import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AccountState, DebtChange } from '../../src/ledger/ledger.types.js';
import { Memory, word } from './memory.js';
import { Oracle } from './oracle.js';
import { planAssets, planElement, planTitle } from './plans.js';

const state = fc.constantFrom<AccountState>('open', 'open', 'open', 'frozen', 'closed');
const frozen = fc.dictionary(fc.constantFrom('player:cid/gold', 'system:fees/dust', 'player:cid/dust'), state, {
  maxKeys: 2,
});

it('the rules say what the oracle says, however the elements are cut into calls', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(
      fc.array(fc.array(planElement(12), { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 }),
      frozen,
      (calls, states) => {
        const held = new Map(Object.entries(states).map(([name, state]) => [`${planTitle}/${name}`, state]));
        const oracle = new Oracle(planAssets(planTitle), held);
        const memory = new Memory(held);
        for (const call of calls) {
          const { answers } = memory.call(call);
          const expected = call.map((element) => oracle.transfer(element));
          expect(answers.map(word)).toEqual(expected);
          for (const said of expected) seen.set(said, (seen.get(said) ?? 0) + 1);
        }
        for (const { title, owner, asset, posted, state } of memory.accounts.values()) {
          const name = `${title}/${owner}/${asset}`;
          expect(posted).toBe(oracle.balance(name));
          expect(state).toBe(oracle.frozen.has(name) ? 'frozen' : (held.get(name) ?? 'open'));
        }
        expectHistory(memory);
        expectDebts(memory);
      },
    ),
    { numRuns: 400 },
  );
  // A code that never came up was not tested.
  expect([...seen.keys()].sort()).toEqual([
    'account-closed',
    'account-frozen',
    'already-reversed',
    'asset-not-tradeable',
    'balance-limit-exceeded',
    'balance-overflow',
    'insufficient-funds',
    'key-reused',
    'posted',
    'reversal-too-large',
    'unknown-asset',
    'validation-failed',
  ]);
});

/** What a player is below zero is what was owed and is not paid, and each change goes on where the one before ended. */
function expectDebts({ debts, accounts }: Memory): void {
  for (const { id, owner, posted, owed } of accounts.values()) {
    const own = debts.filter(({ account }) => account.id === id);
    const line = (kind: DebtChange['kind']): bigint =>
      own
        .filter((change) => change.kind === kind)
        .reduce((sum, { amount, before }) => {
          expect(before).toBe(sum);
          return sum + amount;
        }, 0n);
    expect({ owner, owes: line('made') - line('paid'), owed: line('made') }).toEqual({
      owner,
      owes: owner.startsWith('player:') && posted < 0n ? -posted : 0n,
      owed,
    });
  }
}

/** Each account's entries have versions without gaps, and each running balance follows from the one before. */
function expectHistory({ entries, accounts }: Memory): void {
  const last = new Map<string, { version: bigint; posted: bigint }>();
  for (const { account, version, amount, posted, available } of entries) {
    const before = last.get(account.id) ?? { version: 0n, posted: 0n };
    expect({ version, posted, available }).toEqual({
      version: before.version + 1n,
      posted: before.posted + amount,
      available: before.posted + amount,
    });
    last.set(account.id, { version, posted });
  }
  for (const account of accounts.values())
    expect(last.get(account.id) ?? { version: 0n, posted: 0n }).toEqual({
      version: account.version,
      posted: account.posted,
    });
}
