import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Debit } from '../../contracts/nouns.js';
import { newId } from '../../src/ids.js';
import { accountKey } from '../../src/ledger/account-names.rules.js';
import type { DebtChange, TransferElement, TransferKind } from '../../src/ledger/ledger.types.js';
import { book, changesOf, force, idOf, owedBy, spend, writeOff } from './elements.js';
import {
  balanceOf,
  element,
  expectBooksInOrder,
  leg,
  newKey,
  openLedger,
  set,
  title,
  type LedgerDatabase,
} from './ledger-database.js';
import { Memory, word } from './memory.js';

/* A player whose debts are a queue that is paid by hand, beside the rules and beside the real database. */

const originalAmount = 1_000_000n;

/** What was asked of a player, and what became of it. */
interface World {
  player: string;
  /** A transfer of `originalAmount` to the store, of which reversals give back. */
  original: string;
  send(elements: TransferElement[]): Promise<string[]>;
  limit(debtLimit: bigint): Promise<void>;
  thaw(): Promise<void>;
  end(): Promise<{ balance: bigint; frozen: boolean; debts: string[]; payments: string[] }>;
}

/** A player whose debts are a queue, each of which is paid by hand. */
class Model {
  balance = 0n;
  limit = 0n;
  frozen = false;
  readonly said: string[] = [];
  readonly debts: { amount: bigint; paid: bigint }[] = [];
  readonly payments: bigint[] = [];

  take(asked: bigint, policy: Debit['policy'] | 'none'): void {
    const there = this.balance > 0n ? this.balance : 0n;
    const amount = policy === 'available' && asked > there ? there : asked;
    if (policy === 'none' && this.frozen) return void this.said.push('account-frozen');
    if (policy === 'none' && this.balance - amount < -this.limit) return void this.said.push('insufficient-funds');
    if (amount > there) {
      this.debts.push({ amount: amount - there, paid: 0n });
      this.frozen ||= policy === 'freeze';
    }
    this.balance -= amount;
    this.said.push('posted');
  }

  give(amount: bigint): void {
    this.balance += amount;
    this.said.push('posted');
    let left = amount;
    for (const debt of this.debts) {
      const part = left < debt.amount - debt.paid ? left : debt.amount - debt.paid;
      if (part === 0n) continue;
      debt.paid += part;
      left -= part;
      this.payments.push(part);
    }
  }
}

const step = fc.record({
  what: fc.constantFrom(
    'debt',
    'debt',
    'freeze',
    'income',
    'income',
    'income',
    'income',
    'spend',
    'available',
    'limit',
    'thaw',
  ),
  amount: fc.bigInt(1n, 30n),
  income: fc.constantFrom<TransferKind>('transfer', 'exchange', 'paid', 'reversal'),
  forced: fc.constantFrom<TransferKind>('transfer', 'exchange', 'paid'),
  together: fc.boolean(),
});

function incomeOf({ player, original }: World, amount: bigint, kind: TransferKind): TransferElement {
  if (kind !== 'reversal') return element([leg('system:mint', player, amount)], { kind, key: newKey() });
  const parts = [{ leg: 0, of: originalAmount }];
  return element([leg('system:store', player, amount)], { kind, reverses: original, parts });
}

async function holds(world: World, steps: (typeof step extends fc.Arbitrary<infer T> ? T : never)[]): Promise<void> {
  const model = new Model();
  const waiting: TransferElement[] = [];
  const send = async (): Promise<void> => {
    const said = await world.send(waiting.splice(0));
    expect(said).toEqual(model.said.splice(0));
  };
  for (const { what, amount, income, forced, together } of steps) {
    if (what === 'limit' || what === 'thaw') {
      await send();
      if (what === 'limit') await world.limit((model.limit = amount));
      else {
        await world.thaw();
        model.frozen = false;
      }
    } else if (what === 'income') {
      waiting.push(incomeOf(world, amount, income));
      model.give(amount);
    } else if (what === 'spend') {
      waiting.push(spend(world.player, amount));
      model.take(amount, 'none');
    } else {
      const debit = what === 'available' ? writeOff('system:mint') : ({ policy: what } as Debit);
      waiting.push({ ...force(world.player, amount, debit), kind: forced });
      model.take(amount, what as Debit['policy']);
    }
    if (!together) await send();
  }
  await send();
  expect(await world.end()).toEqual({
    balance: model.balance,
    frozen: model.frozen,
    debts: model.debts.map(({ amount, paid }) => `${amount} ${paid}`),
    payments: model.payments.map(String),
  });
}

/** The rules on a memory of their own. */
async function rulesWorld(): Promise<World & { memory: Memory }> {
  const memory = new Memory(new Map());
  const name = accountKey({ title, owner: 'player:ann', asset: 'gold' });
  const change = (to: object): void => {
    const account = memory.accounts.get(name);
    if (account !== undefined) memory.accounts.set(name, { ...account, ...to });
  };
  memory.call([force('bob', originalAmount)]);
  memory.debts.length = 0;
  return Promise.resolve({
    memory,
    player: 'ann',
    original: newId('trf'),
    send: (elements) => Promise.resolve(elements.length === 0 ? [] : memory.call(elements).answers.map(word)),
    limit: (debtLimit) => Promise.resolve(change({ debtLimit })),
    thaw: () => Promise.resolve(change({ state: 'open' })),
    end: () => {
      const account = memory.accounts.get(name);
      const sum = [...memory.accounts.values()].reduce((all, { posted }) => all + posted, 0n);
      expect(sum).toBe(0n);
      const of = (kind: DebtChange['kind']): DebtChange[] => memory.debts.filter((change) => change.kind === kind);
      const paid = of('paid').reduce((all, { amount }) => all + amount, 0n);
      const within = (from: bigint, to: bigint, end: bigint): bigint =>
        end <= from ? 0n : end < to ? end - from : to - from;
      return Promise.resolve({
        balance: account?.posted ?? 0n,
        frozen: account?.state === 'frozen',
        debts: of('made').map(({ before, amount }) => `${amount} ${within(before, before + amount, paid)}`),
        payments: of('paid').flatMap(({ before: start, amount: length }) =>
          of('made').flatMap(({ before, amount }) => {
            const [from, to] = [before > start ? before : start, before + amount];
            const part = (to < start + length ? to : start + length) - from;
            return part > 0n ? String(part) : [];
          }),
        ),
      });
    },
  });
}

let db: LedgerDatabase;
let original: string;
let players = 0;

beforeAll(async () => {
  db = await openLedger();
  original = await idOf(db, force('bystander', originalAmount));
});
afterAll(() => expectBooksInOrder(db).finally(() => db.close()));

/** The real database, with a player of its own. */
function databaseWorld(): World {
  const player = `model-${++players}`;
  return {
    player,
    original,
    send: (elements) => book(db, ...elements),
    limit: async (debtLimit) => void (await set(db, player, { debtLimit })),
    thaw: async () => void (await set(db, player, { state: 'open' })),
    end: async () => {
      const changes = (await changesOf(db, player)).filter((change) => change.startsWith('state'));
      return {
        balance: await balanceOf(db, player),
        frozen: changes.at(-1)?.startsWith('state open frozen') ?? false,
        ...(await owedBy(db, player)),
      };
    },
  };
}

describe('what is owed, and who is frozen for it, is what a queue of debts says', () => {
  it('by the rules', async () => {
    const steps = fc.array(step, { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, async (some) => holds(await rulesWorld(), some)),
      { numRuns: 300 },
    );
  });

  it('in the database', async () => {
    const steps = fc.array(step, { minLength: 1, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(steps, (some) => holds(databaseWorld(), some)),
      { numRuns: 30 },
    );
  });
});

describe('the order in which payments come changes neither the sum that is owed nor how much of each debt is', () => {
  const paid = fc.array(
    fc.tuple(fc.bigInt(1n, 30n), fc.constantFrom<TransferKind>('transfer', 'exchange', 'paid', 'reversal')),
    {
      maxLength: 12,
    },
  );
  const orders = paid.chain((some) =>
    fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length })),
  );
  const debts = fc.array(fc.bigInt(1n, 60n), { minLength: 1, maxLength: 6 });

  async function same(make: () => Promise<World>, owed: bigint[], both: [bigint, TransferKind][][]): Promise<void> {
    const ends = [];
    for (const order of both) {
      const world = await make();
      await world.send(owed.map((amount) => force(world.player, amount)));
      await world.send(order.map(([amount, kind]) => incomeOf(world, amount, kind)));
      const { payments: _, ...end } = await world.end();
      ends.push(end);
    }
    expect(ends[1]).toEqual(ends[0]);
  }

  it.each([
    ['by the rules', rulesWorld as () => Promise<World>, 100],
    ['in the database', () => Promise.resolve(databaseWorld()), 10],
  ])('%s', async (_, make, numRuns) => {
    await fc.assert(
      fc.asyncProperty(debts, orders, (owed, both) => same(make, owed, both)),
      { numRuns },
    );
  });
});
