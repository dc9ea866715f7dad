/**
 * The states of a run, and what leads from each to the next. An event that a state has no place for changes nothing.
 *
 * | from      | turn back | booked    | resolve | closed |
 * |-----------|-----------|-----------|---------|--------|
 * | forward   | back      |           | by hand | ended  |
 * | back      |           | finishing | by hand | ended  |
 * | finishing |           |           | by hand | ended  |
 * | by hand   |           |           |         | ended  |
 *
 * - `turn back` is an operator's `compensate`, or a cancellation of the workflow.
 * - `booked` is the pivot's answer to it: the exchange is settled all the same.
 * - `resolve` is an operator's.
 * - `closed` is the last row's close.
 */
export type RunState = 'forward' | 'back' | 'finishing' | 'by hand' | 'ended';
export type RunEvent = 'turn back' | 'booked' | 'resolve' | 'closed';

const table: Record<RunState, Partial<Record<RunEvent, RunState>>> = {
  forward: { 'turn back': 'back', resolve: 'by hand', closed: 'ended' },
  back: { booked: 'finishing', resolve: 'by hand', closed: 'ended' },
  finishing: { resolve: 'by hand', closed: 'ended' },
  'by hand': { closed: 'ended' },
  ended: {},
};

/** The state after an event. */
export function next(from: RunState, event: RunEvent): RunState {
  return table[from][event] ?? from;
}
