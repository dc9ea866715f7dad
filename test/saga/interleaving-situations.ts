import { answers, happened, type DealTrace } from './interleaving-checks.js';
import type { Played } from './interleaving.js';
import type { StepName } from './interleaving-world.js';

/*
 * What must come up for the properties to say anything. Each is asked of every schedule that was played.
 */

const some = (isMet: (trace: DealTrace) => boolean) => (_: Played, traces: DealTrace[]) => traces.some(isMet);
const told = ({ acted }: Played, state: string): boolean => acted.some(({ outcome }) => typeof outcome === 'object' && 'answered' in outcome && outcome.answered.state === state);

/** Whether a run that the exchange has left was told so at this step. */
const leftAt = ({ runs, events }: Played, id: string, step: StepName): boolean =>
  runs.some(({ left }, number) => left.has(id) && events.some(({ run, what, step: at, id: whose, answer }) => run === number && what === 'told' && at === step && whose === id && answer?.outcome === 'failed'));

export const situations: Record<string, (played: Played, traces: DealTrace[]) => boolean> = {
  'a hold is asked by two runs': some((trace) => new Set(happened(trace, 'asked', 'inventoryHold').map(({ run }) => run)).size > 1),
  'a hold is answered by a tombstone': some((trace) => answers(trace, 'inventoryHold').some(({ outcome }) => outcome === 'tombstone')),
  'a refused hold is released': some((trace) => answers(trace, 'inventoryRelease').some(({ outcome }) => outcome === 'refused')),
  'a transfer comes after a cancel': some((trace) => happened(trace, 'took effect', 'ledgerCancel', 'ledgerTransfer').map(({ step }) => step).join().startsWith('ledgerCancel,ledgerTransfer')),
  'a cancel comes after a transfer': some((trace) => answers(trace, 'ledgerCancel').some(({ outcome }) => outcome === 'posted')),
  'a move of items alone comes after the release': some((trace) => !trace.legs && answers(trace, 'inventoryMove').some(({ outcome }) => outcome === 'released')),
  'a release of items alone comes after the move': some((trace) => answers(trace, 'inventoryRelease').some(({ outcome }) => outcome === 'moved')),
  'an attempt comes after the close': some((trace) => {
    const places = trace.events.flatMap(({ what, step }, place) => (what === 'took effect' && step === 'closeTrades' ? [place] : []));
    return trace.events.slice((places[0] ?? trace.events.length) + 1).some(({ what, step }) => what === 'took effect' && step !== 'closeTrades');
  }),
  'a row is closed twice': some((trace) => happened(trace, 'took effect', 'closeTrades').length > 1),
  'a sweep finds an open row': ({ swept }) => swept > 0,
  'an operator is told that it is compensated': (played) => told(played, 'compensated'),
  'an operator is told that it is settled': (played) => told(played, 'settled'),
  'an operator is told that it is refused': (played) => told(played, 'refused'),
  'two operators are answered': ({ acted }) => acted.filter(({ outcome }) => typeof outcome === 'object' && 'answered' in outcome).length > 1,
  'a run is turned back before its first step': ({ runs, acted, events }) =>
    runs.some(({ plan }, number) => plan.early === true && acted.some(({ run, act }) => run === number && act !== 'compensate-without-a-reason') && events.find(({ run }) => run === number)?.step === 'ledgerCancel'),
  'an operator is not let in': ({ acted }) => acted.some(({ outcome }) => typeof outcome === 'object' && 'notAdmitted' in outcome && outcome.notAdmitted !== 'The run is over.'),
  'a run is cancelled in the middle': ({ acted }) => acted.some(({ act }) => act === 'cancel'),
  'an exchange leaves at its hold': (_, traces) => traces.some(({ id, played }) => leftAt(played, id, 'inventoryHold')),
  'an exchange leaves at its pivot': (_, traces) => traces.some(({ id, played }) => leftAt(played, id, 'ledgerTransfer')),
  'an exchange leaves at its move': (_, traces) => traces.some(({ id, played }) => leftAt(played, id, 'inventoryMove')),
  'an exchange leaves at its close': (_, traces) => traces.some(({ id, played }) => leftAt(played, id, 'closeTrades')),
  'an exchange leaves at an undo': (_, traces) => traces.some(({ id, played }) => leftAt(played, id, 'ledgerCancel') || leftAt(played, id, 'inventoryRelease')),
  'of two that compete, the second settles': (_, traces) => traces.length === 2 && traces[0]?.row?.state === 'refused' && traces[1]?.row?.state === 'settled',
};
