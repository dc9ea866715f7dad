import type { Exchange } from '../../contracts/nouns.js';
import type { SagaWorld, StepName } from '../saga/saga-world.js';

/*
 * A step that the database refuses for one exchange, and for nothing else.
 */

interface BadStep {
  step: StepName;
  /** Where the step writes, and what it writes there for the one. */
  table: string;
  on: string;
  when: (uuid: string) => string;
}

/** By a word for the step. */
export const bad: Record<string, BadStep> = {
  hold: {
    step: 'inventoryHold',
    table: 'inventory.holds',
    on: 'insert',
    when: (uuid) => `new.exchange = 'trd_${uuid}'`,
  },
  transfer: {
    step: 'ledgerTransfer',
    table: 'ledger.outcomes',
    on: 'insert',
    when: (uuid) => `new.key = 'exchange/trd_${uuid}' and new.state <> 'cancelled'`,
  },
  move: {
    step: 'inventoryMove',
    table: 'inventory.holds',
    on: 'update',
    when: (uuid) => `new.exchange = 'trd_${uuid}' and new.state = 'moved'`,
  },
  close: {
    step: 'closeTrades',
    table: 'trades.trades',
    on: 'update',
    when: (uuid) => `new.id = '${uuid}' and new.closed_at is not null`,
  },
  cancel: {
    step: 'ledgerCancel',
    table: 'ledger.outcomes',
    on: 'insert',
    when: (uuid) => `new.key = 'exchange/trd_${uuid}'`,
  },
  release: {
    step: 'inventoryRelease',
    table: 'inventory.holds',
    on: 'update',
    when: (uuid) => `new.exchange = 'trd_${uuid}' and new.state = 'released'`,
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
     for each row when (${one.when(id.slice(4))}) execute function public.refuse_one()`,
  );
  return async () => void (await world.session.query(`drop trigger ${trigger} on ${one.table}`));
}
