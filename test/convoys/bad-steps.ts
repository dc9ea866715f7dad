import type { Exchange } from '../../contracts/nouns.js';
import type { SagaWorld, StepName } from '../saga/saga-world.js';

/*
 * A step that the database refuses for one exchange, of a trade or of a purchase, and for nothing else. The close is a
 * trade's.
 */

interface BadStep {
  step: StepName;
  /** Where the step writes, and what it writes there for the one. */
  table: string;
  on: string;
  when: (id: string) => string;
}

/** By a word for the step. */
export const bad: Record<string, BadStep> = {
  hold: {
    step: 'inventoryHold',
    table: 'inventory.holds',
    on: 'insert',
    when: (id) => `new.exchange = '${id}'`,
  },
  transfer: {
    step: 'ledgerTransfer',
    table: 'ledger.outcomes',
    on: 'insert',
    when: (id) => `new.key = 'exchange/${id}' and new.state <> 'cancelled'`,
  },
  move: {
    step: 'inventoryMove',
    table: 'inventory.holds',
    on: 'update',
    when: (id) => `new.exchange = '${id}' and new.state = 'moved'`,
  },
  close: {
    step: 'closeTrades',
    table: 'trades.trades',
    on: 'update',
    when: (id) => `new.id = '${id.slice(4)}' and new.closed_at is not null`,
  },
  cancel: {
    step: 'ledgerCancel',
    table: 'ledger.outcomes',
    on: 'insert',
    when: (id) => `new.key = 'exchange/${id}'`,
  },
  release: {
    step: 'inventoryRelease',
    table: 'inventory.holds',
    on: 'update',
    when: (id) => `new.exchange = '${id}' and new.state = 'released'`,
  },
};

/** Makes the function that refuses. */
export async function allowBadOnes(world: SagaWorld): Promise<void> {
  await world.session.query(
    `create function public.refuse_one() returns trigger language plpgsql as $$
     begin raise exception 'this one is bad'; end $$`,
  );
}

/** Makes a step, by its word, fail for one exchange. @returns what takes that back */
export async function refuseFor(world: SagaWorld, word: string, { id }: Exchange): Promise<() => Promise<void>> {
  const one = bad[word];
  if (one === undefined) throw new Error(`There is no bad step ${word}.`);
  const trigger = `refuse_${word}_${id.slice(-12)}`;
  await world.session.query(
    `create trigger ${trigger} before ${one.on} on ${one.table}
     for each row when (${one.when(id)}) execute function public.refuse_one()`,
  );
  return async () => void (await world.session.query(`drop trigger ${trigger} on ${one.table}`));
}
