import type { SagaNote } from '../../contracts/sagas.js';
import { newId } from '../../src/ids.js';

/** When the notes of a test begin. */
export const start = Date.parse('2026-01-01T00:00:00.000Z');

/** RFC 3339 of so many seconds after the start. */
export const second = (count: number): string => new Date(start + count * 1_000).toISOString();

/** A note of a lone run that is stuck at its move, unless it is said otherwise. */
export function noteOf(deal: string, changes: Partial<SagaNote> = {}): SagaNote {
  return {
    workflowId: `trade/${deal}`,
    runId: 'run-1',
    number: 1,
    at: second(0),
    subjects: [{ id: deal, title: 'arena', kind: 'trade', players: ['ann', 'bob'] }],
    alone: true,
    state: 'stuck',
    stuckAt: {
      step: 'inventoryMove',
      description: `move the items of ${deal}`,
      since: second(-30),
      why: 'The items cannot be reached.',
    },
    owner: null,
    act: null,
    ...changes,
  };
}

/** Notes of a run in their order, each a second after the other. */
export function notesOf(deal: string, ...changes: Partial<SagaNote>[]): SagaNote[] {
  return changes.map((change, index) => noteOf(deal, { number: index + 1, at: second(index), ...change }));
}

export const someDeal = (): string => newId('trd');
