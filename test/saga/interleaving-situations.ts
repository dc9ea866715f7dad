import { answers, closeSteps, happened, movementsOf, type DealTrace } from './interleaving-traces.js';
import type { Played } from './interleaving-record.js';
import { endedBeforeHold, wasReserved } from './interleaving-mint-checks.js';
import type { StepName } from './interleaving-world.js';

/*
 * What must come up for the properties to say anything. Each is asked of every schedule that was played.
 */

const some = (isMet: (trace: DealTrace) => boolean) => (_: Played, traces: DealTrace[]) => traces.some(isMet);
const told = ({ acted }: Played, state: string): boolean =>
  acted.some(({ outcome }) => typeof outcome === 'object' && 'answered' in outcome && outcome.answered.state === state);

/** Whether an operator was answered who resolved such an exchange, and to whom the pivot said this. */
const resolvedAs =
  (state: string, isMet: (trace: DealTrace) => boolean) =>
  ({ acted }: Played, traces: DealTrace[]): boolean =>
    traces.some(
      (trace) =>
        acted.some(
          ({ act, outcome }) =>
            act === 'resolve' &&
            typeof outcome === 'object' &&
            'answered' in outcome &&
            outcome.answered.id === trace.id &&
            outcome.answered.state === state,
        ) && isMet(trace),
    );

const resolveRefused = ({ acted }: Played, code: string): boolean =>
  acted.some(
    ({ act, outcome }) =>
      act === 'resolve' && typeof outcome === 'object' && 'refused' in outcome && outcome.refused === code,
  );

const heldUntilByHand = (trace: DealTrace): boolean =>
  trace.hold?.state === 'ended-by-hand' && movementsOf(trace).length > 0;

/** Whether this step takes effect after an end by hand has ended the hold. */
const comesAfterEndByHand = (trace: DealTrace, step: StepName): boolean => {
  const byHand = trace.events.findIndex(
    ({ what, step: at, answer }) =>
      what === 'took effect' && at === 'inventoryEndByHand' && answer?.outcome === 'ended-by-hand',
  );
  return byHand >= 0 && trace.events.slice(byHand).some(({ what, step: at }) => what === 'took effect' && at === step);
};

/** Whether a run that the exchange has left was told so at this step. */
const leftAt = ({ runs, events }: Played, id: string, step: StepName): boolean =>
  runs.some(
    ({ left }, number) =>
      left.has(id) &&
      events.some(
        ({ run, what, step: at, id: whose, answer }) =>
          run === number && what === 'told' && at === step && whose === id && answer?.outcome === 'failed',
      ),
  );

export const situations: Record<string, (played: Played, traces: DealTrace[]) => boolean> = {
  'a hold is asked by two runs': some(
    (trace) => new Set(happened(trace, 'asked', 'inventoryHold').map(({ run }) => run)).size > 1,
  ),
  'a hold is answered by a tombstone': some((trace) =>
    answers(trace, 'inventoryHold').some(({ outcome }) => outcome === 'tombstone'),
  ),
  'a refused hold is released': some((trace) =>
    answers(trace, 'inventoryRelease').some(({ outcome }) => outcome === 'refused'),
  ),
  'a transfer comes after a cancel': some((trace) =>
    happened(trace, 'took effect', 'ledgerCancel', 'ledgerTransfer')
      .map(({ step }) => step)
      .join()
      .startsWith('ledgerCancel,ledgerTransfer'),
  ),
  'a cancel comes after a transfer': some((trace) =>
    answers(trace, 'ledgerCancel').some(({ outcome }) => outcome === 'posted'),
  ),
  'a move of items alone comes after the release': some(
    (trace) => !trace.legs && answers(trace, 'inventoryMove').some(({ outcome }) => outcome === 'released'),
  ),
  'a release of items alone comes after the move': some((trace) =>
    answers(trace, 'inventoryRelease').some(({ outcome }) => outcome === 'moved'),
  ),
  'an attempt comes after the close': some((trace) => {
    const places = trace.events.flatMap(({ what, step }, place) =>
      what === 'took effect' && closeSteps.includes(step) ? [place] : [],
    );
    return trace.events
      .slice((places[0] ?? trace.events.length) + 1)
      .some(({ what, step }) => what === 'took effect' && !closeSteps.includes(step));
  }),
  'a row is closed twice': some((trace) => happened(trace, 'took effect', ...closeSteps).length > 1),
  'a sweep finds an open row': ({ swept }) => swept > 0,
  'an operator is told that it is compensated': (played) => told(played, 'compensated'),
  'an operator is told that it is settled': (played) => told(played, 'settled'),
  'an operator is told that it is refused': (played) => told(played, 'refused'),
  'two operators are answered': ({ acted }) =>
    acted.filter(({ outcome }) => typeof outcome === 'object' && 'answered' in outcome).length > 1,
  'a run is turned back before its first step': ({ runs, acted, events }) =>
    runs.some(
      ({ plan }, number) =>
        plan.early === true &&
        acted.some(({ run, act }) => run === number && act !== 'compensate-without-a-reason') &&
        events.find(({ run }) => run === number)?.step === 'ledgerCancel',
    ),
  'an operator is not let in': ({ acted }) =>
    acted.some(
      ({ outcome }) =>
        typeof outcome === 'object' && 'notAdmitted' in outcome && outcome.notAdmitted !== 'The run is over.',
    ),
  'a run is cancelled in the middle': ({ acted }) => acted.some(({ act }) => act === 'cancel'),
  'an exchange leaves at its hold': (_, traces) => traces.some(({ id, played }) => leftAt(played, id, 'inventoryHold')),
  'an exchange leaves at its pivot': (_, traces) =>
    traces.some(({ id, played }) => leftAt(played, id, 'ledgerTransfer')),
  'an exchange leaves at its move': (_, traces) => traces.some(({ id, played }) => leftAt(played, id, 'inventoryMove')),
  'an exchange leaves at its close': (_, traces) =>
    traces.some(({ id, played }) => closeSteps.some((step) => leftAt(played, id, step))),
  'an exchange leaves at an undo': (_, traces) =>
    traces.some(({ id, played }) => leftAt(played, id, 'ledgerCancel') || leftAt(played, id, 'inventoryRelease')),
  'of two that compete, the second settles': (_, traces) =>
    traces.length === 2 && traces[0]?.row?.state === 'refused' && traces[1]?.row?.state === 'settled',
  'a saga with an open hold is resolved as settled': resolvedAs('settled', heldUntilByHand),
  'a saga with an open hold is resolved as compensated': resolvedAs('compensated', heldUntilByHand),
  'a saga with an open hold is resolved as refused': resolvedAs('refused', heldUntilByHand),
  'a saga that has never held anything is resolved': resolvedAs(
    'compensated',
    (trace) => trace.hold?.state === 'ended-by-hand' && !trace.deal.plan.buys && movementsOf(trace).length === 0,
  ),
  'a saga whose items were moved before is resolved': resolvedAs(
    'settled',
    ({ legs, hold }) => legs && hold?.state === 'moved',
  ),
  'a saga whose items were given back before is resolved': resolvedAs(
    'compensated',
    ({ legs, hold }) => legs && hold?.state === 'released',
  ),
  'a saga whose hold was refused is resolved': resolvedAs('refused', ({ hold }) => hold?.state === 'refused'),
  'items alone are resolved as settled': resolvedAs('settled', ({ legs }) => !legs),
  'items alone are resolved as compensated': resolvedAs('compensated', ({ legs }) => !legs),
  'legs alone are resolved as settled': resolvedAs('settled', ({ items }) => !items),
  'legs alone are resolved as compensated': resolvedAs('compensated', ({ items }) => !items),
  'a saga is resolved whose release never answers': (played, traces) =>
    ['compensated', 'refused'].some((state) =>
      resolvedAs(state, (trace) =>
        happened(trace, 'asked', 'inventoryRelease').some(
          ({ run }) => played.runs[run]?.plan.failing?.step === 'inventoryRelease',
        ),
      )(played, traces),
    ),
  'resolve is refused while the pivot is open': (played) => resolveRefused(played, 'saga-not-resolvable'),
  'resolve is refused while the pivot is open, and items are held': (_, traces) =>
    traces.some(
      (trace) =>
        answers(trace, 'inventoryHold')[0]?.outcome === 'ok' &&
        happened(trace, 'told', 'ledgerKept').some(
          (told) =>
            told.answer?.outcome === 'open' &&
            trace.events.findIndex(({ what, step }) => what === 'took effect' && step === 'inventoryHold') <
              trace.events.indexOf(told),
        ),
    ),
  'resolve is given up': (played) => resolveRefused(played, 'step-failed-again'),
  'of two who resolve, one is told of the other': (played) => resolveRefused(played, 'saga-busy'),
  'one resolves and another compensates, and both are answered': ({ acted, runs }) =>
    runs.some((_, number) =>
      ['resolve', 'compensate'].every((name) =>
        acted.some(
          ({ run, act, outcome }) =>
            run === number && act === name && typeof outcome === 'object' && 'answered' in outcome,
        ),
      ),
    ),
  'a hold comes after the end by hand': some((trace) => comesAfterEndByHand(trace, 'inventoryHold')),
  'a move comes after the end by hand': some((trace) => comesAfterEndByHand(trace, 'inventoryMove')),
  'a release comes after the end by hand': some((trace) => comesAfterEndByHand(trace, 'inventoryRelease')),
  'what mints is refused since the item is sold out': some(({ row }) => row?.cause?.code === 'item-sold-out'),
  'of two that want the last one, one settles': (_, traces) =>
    traces.some(
      ({ deal, row }) =>
        row?.state === 'settled' &&
        traces.some((other) => other.deal.edition === deal.edition && other.row?.cause?.code === 'item-sold-out') &&
        deal.edition !== undefined,
    ),
  'what was reserved is given back': some((trace) => wasReserved(trace) && trace.hold?.state === 'released'),
  'what was reserved is given back and reserved by another': (_, traces) =>
    traces.some(
      (trace) =>
        wasReserved(trace) &&
        trace.hold?.state === 'released' &&
        traces.some((other) => other.deal.edition === trace.deal.edition && other.hold?.state === 'moved'),
    ),
  'a hold of what mints comes after the end': some(
    (trace) => endedBeforeHold(trace) && answers(trace, 'inventoryHold').length > 0,
  ),
  'what was reserved is minted by hand': resolvedAs(
    'settled',
    (trace) => wasReserved(trace) && trace.hold?.state === 'ended-by-hand',
  ),
  'what was reserved is given back by hand': (played, traces) =>
    ['compensated', 'refused'].some((state) =>
      resolvedAs(state, (trace) => wasReserved(trace) && trace.hold?.state === 'ended-by-hand')(played, traces),
    ),
};
