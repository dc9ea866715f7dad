import { isDeepStrictEqual } from 'node:util';
import type { Played } from './interleaving-record.js';
import { answers, closeSteps, endSteps, happened, show, type DealTrace, type Fault } from './interleaving-traces.js';

/*
 * The properties of the protocol that are about kinds of deals and about what is minted, said as the others are.
 */

/** Whether the pivot has been passed: the ledger's, or the inventory's for items alone. */
const isBooked = ({ legs, outcome, hold }: DealTrace): boolean =>
  legs ? outcome?.state === 'posted' : hold?.state === 'moved';

/** Whether the first step at the hold of what mints ended it before it was made. */
export const endedBeforeHold = (trace: DealTrace): boolean => {
  const [first] = happened(trace, 'took effect', 'inventoryHold', ...endSteps);
  return trace.deal.minted.length > 0 && first !== undefined && first.step !== 'inventoryHold';
};

/** Whether its hold was made, so that what it mints was reserved. */
export const wasReserved = (trace: DealTrace): boolean =>
  trace.deal.minted.length > 0 &&
  !endedBeforeHold(trace) &&
  answers(trace, 'inventoryHold').some(({ outcome }) => outcome === 'ok');

/** What must be true of each exchange. */
export const mintsOfEach: Record<string, (trace: DealTrace) => Fault> = {
  'it is closed by the step of its kind': ({ deal, events }) =>
    events.some(
      ({ step }) => closeSteps.includes(step) && step !== (deal.plan.buys ? 'closePurchases' : 'closeTrades'),
    ) && 'the step of another kind was asked',

  'what it mints is minted if the pivot is booked, once, and else not at all': (trace) => {
    const { deal, id, played } = trace;
    const due = isBooked(trace) ? deal.minted.map(() => ['mint', id]) : [];
    const found = played.last.movements
      .filter(({ instance }) => deal.minted.includes(instance))
      .map(({ kind, cause }) => [kind, cause]);
    return !isDeepStrictEqual(found, due) && `${show(found)} instead of ${show(due)}`;
  },

  'what is ended before its hold is never held, and a late hold finds the tombstone': (trace) => {
    if (!endedBeforeHold(trace)) return false;
    const state = trace.hold?.state ?? 'not there';
    // After an end by hand a hold is told that it is made, and the run finds the pivot at its end.
    const late = answers(trace, 'inventoryHold').filter(({ outcome }) => outcome !== 'tombstone');
    return state !== 'ended-by-hand' && (state !== 'tombstone' || late.length > 0) && `it is ${state}, ${show(late)}`;
  },
};

/** What must be true of a schedule as a whole. */
export const mintsOfTheWhole: Record<string, (played: Played, all: DealTrace[]) => Fault> = {
  'of a limited item nothing stays reserved, and as many are issued as were booked': ({ last }, all) =>
    last.editions
      .map((edition): Fault => {
        const booked = all.filter((trace) => trace.deal.edition === edition.code && isBooked(trace)).length;
        const serials = Array.from({ length: booked }, (_, number) => number + 1);
        const due = { ...edition, issued: booked, reserved: 0, serials };
        return (
          (booked > edition.max || !isDeepStrictEqual(edition, due)) && `${show(edition)}, and due is ${show(due)}`
        );
      })
      .find((fault) => fault),
};
