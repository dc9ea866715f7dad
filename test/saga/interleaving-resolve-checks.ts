import { isDeepStrictEqual } from 'node:util';
import {
  answers,
  endSteps,
  happened,
  kept,
  pivotSteps,
  show,
  stored,
  type DealTrace,
  type Fault,
  type Kept,
} from './interleaving-traces.js';
import type { Acted, Event, Played } from './interleaving-record.js';
import type { StepName } from './interleaving-world.js';

/*
 * The properties of the protocol that are about `resolve`, said as the others are.
 */

const open: Kept = { outcome: 'open', cause: null };

/** What the pivot had kept before an event. */
function pivotBefore(trace: DealTrace, event: Event): Kept {
  const before = { ...trace, events: trace.events.slice(0, trace.events.indexOf(event)) };
  const refused = answers(before, 'inventoryHold').filter(({ outcome }) => outcome === 'refused');
  return (trace.legs ? answers(before, ...pivotSteps) : [...refused, ...answers(before, ...endSteps)])[0] ?? open;
}

/** What must be true of each exchange. */
export const resolveOfEach: Record<string, (trace: DealTrace) => Fault> = {
  'whoever asks what is kept is told that, and nothing else': (trace) =>
    happened(trace, 'took effect', trace.legs ? 'ledgerKept' : 'inventoryKept')
      .map((event): Fault => {
        const due = pivotBefore(trace, event);
        return !isDeepStrictEqual(kept(event.answer), due) && `${show(kept(event.answer))} instead of ${show(due)}`;
      })
      .find((fault) => fault),

  'an end by hand is asked by whom the ledger has told what it has kept, and goes by that': (trace) =>
    happened(trace, 'asked', 'inventoryEndByHand').some((end) => {
      const before = trace.events.slice(0, trace.events.indexOf(end));
      const toldBy = (by: StepName): string =>
        before.filter(({ what, run, step }) => what === 'told' && run === end.run && step === by).at(-1)?.answer
          ?.outcome ?? 'open';
      const isCancelled = trace.payment !== undefined && toldBy('paymentKept') === 'cancelled';
      const outcome = isCancelled ? 'cancelled' : toldBy('ledgerKept');
      if (trace.payment !== undefined && outcome === 'posted' && toldBy('paymentKept') !== 'captured') return true;
      return outcome === 'open' || end.given.booked !== (outcome === 'posted');
    }) && 'a run that was not told so has asked inventoryEndByHand',

  'only items beside legs are ended by hand': (trace) =>
    !(trace.legs && trace.items) &&
    happened(trace, 'asked', 'inventoryEndByHand').length > 0 &&
    'inventoryEndByHand was asked',

  'what was ended by hand stays so': (trace) => {
    const [first] = answers(trace, ...endSteps);
    return first?.outcome === 'ended-by-hand' && trace.hold?.state !== 'ended-by-hand' && `it is ${trace.hold?.state}`;
  },
};

function refusedWrongly({ refused }: { refused: string }, acted: Acted, { acted: all, runs, events }: Played): Fault {
  const { run, from, at } = acted;
  const own = events.slice(from, at).filter((event) => event.run === run);
  switch (refused) {
    case 'saga-not-resolvable':
      if (own.some(({ what, step }) => what === 'asked' && step === 'inventoryEndByHand'))
        return 'it was refused, and the items were ended by hand';
      return (
        !own.some(({ what, answer }) => what === 'told' && answer?.outcome === 'open') &&
        'it was refused, and no pivot had said that it is open'
      );
    case 'saga-busy':
      return (
        !all.some(
          (other) =>
            other !== acted &&
            other.act === 'resolve' &&
            other.run === run &&
            other.from <= at &&
            (other.outcome === 'unanswered' || other.at >= from),
        ) && 'it was refused for another, and there is none'
      );
    case 'step-failed-again':
      return (
        all.filter((other) => other.run === run && isDeepStrictEqual(other.outcome, { refused })).length >
          (runs[run]?.gaveUp ?? 0) && 'it was refused although nothing failed'
      );
    default:
      return refused;
  }
}

/** What must be true of a schedule as a whole. */
export const resolveOfTheWhole: Record<string, (played: Played) => Fault> = {
  'whoever resolves is answered what the row says, or why it cannot be': (played) =>
    played.acted
      .map((acted): Fault => {
        const { act, run, outcome } = acted;
        if (act !== 'resolve') return false;
        const { workflow, exchanges } = played.runs[run] as Played['runs'][number];
        if (outcome === 'unanswered') return workflow.state !== 'terminated' && `run ${run} answers nothing`;
        if ('failed' in outcome) return outcome.failed;
        if ('notAdmitted' in outcome) return false;
        if (exchanges.length !== 1) return 'it was to be refused';
        if ('refused' in outcome) return refusedWrongly(outcome, acted, played);
        const closing = outcome.answered;
        const row = stored(played.last.rows.find(({ id }) => id === closing.id));
        return (
          !isDeepStrictEqual({ outcome: closing.state, cause: 'cause' in closing ? closing.cause : null }, row) &&
          `${show(closing)} of ${show(row)}`
        );
      })
      .find((fault) => fault),
};
