import { isDeepStrictEqual } from 'node:util';
import type { Cause } from '../../contracts/nouns.js';
import type { Event, Played } from './interleaving-record.js';
import { hasItems } from '../../workflows/exchange.rules.js';
import type { Deal } from './interleaving-deals.js';
import type { PaymentRow } from './payments-in-memory.js';
import type { Snapshot } from './interleaving-snapshot.js';
import type { StepName } from './interleaving-world.js';

/** What contradicts a property: `false` or nothing, or a text. */
export type Fault = string | false | undefined;

/** One exchange of a schedule, with all that is known of it. */
export interface DealTrace {
  deal: Deal;
  id: string;
  legs: boolean;
  /** What has become of its payment, or undefined where it is not paid in real money. */
  payment: PaymentRow | undefined;
  /** Whether it moves or mints any. */
  items: boolean;
  row: Snapshot['rows'][number] | undefined;
  hold: Snapshot['holds'][number] | undefined;
  outcome: Snapshot['outcomes'][number] | undefined;
  events: Event[];
  played: Played;
}

export const pivotSteps: StepName[] = ['ledgerTransfer', 'ledgerCancel'];
/** The steps by which the pivot of an exchange answers. */
export const pivotStepsOf = ({ payment }: DealTrace): StepName[] =>
  payment === undefined ? pivotSteps : ['paymentAuthorize', 'paymentCapture', 'paymentVoid'];
/** Whether an answer of a pivot with legs says that nothing is done, for ever. */
export const saysNotDone = ({ payment }: DealTrace, { step, answer }: Event): boolean =>
  payment === undefined
    ? pivotSteps.includes(step) && answer?.outcome !== 'posted'
    : step === 'paymentVoid' && answer?.outcome === 'cancelled';
export const closeSteps: StepName[] = ['closeTrades', 'closePurchases'];
export const endSteps: StepName[] = ['inventoryRelease', 'inventoryMove', 'inventoryEndByHand'];

/** What an answer or a row says, without its id. */
export interface Kept {
  outcome: string;
  cause: Cause | null;
}

export const show = (value: unknown): string => JSON.stringify(value) ?? 'nothing';
export const kept = (answer: { outcome: string; cause?: Cause } | undefined): Kept => ({
  outcome: answer?.outcome ?? 'nothing',
  cause: answer?.cause ?? null,
});
export const differ = (what: string, some: readonly unknown[]): Fault =>
  some.some((one) => !isDeepStrictEqual(one, some[0])) && `${what}: ${show(some)}`;

export const happened = (trace: DealTrace, what: Event['what'], ...steps: StepName[]): Event[] =>
  trace.events.filter((event) => event.what === what && steps.includes(event.step));
export const answers = (trace: DealTrace, ...steps: StepName[]): Kept[] =>
  happened(trace, 'took effect', ...steps).map(({ answer }) => kept(answer));
export const stored = (row: { state: string; cause: Cause | null } | undefined): Kept => ({
  outcome: row?.state ?? 'nothing',
  cause: row?.cause ?? null,
});
/** What became of the item that a trade gives. */
export const movementsOf = ({ deal, id, played }: DealTrace): string[] =>
  played.last.movements.filter(({ instance, cause }) => instance === deal.item && cause === id).map(({ kind }) => kind);

export function tracesOf(played: Played): DealTrace[] {
  const { last } = played;
  return played.deals.map((deal) => {
    const { id, legs } = deal.exchange;
    const own = <T extends { id: string }>(list: T[]): T | undefined => list.find((one) => one.id === id);
    const events = played.events.filter((event) => event.id === id);
    return {
      deal,
      id,
      legs: legs.length > 0,
      payment: played.payments.get(id),
      items: hasItems(deal.exchange),
      row: own(last.rows),
      hold: own(last.holds),
      outcome: own(last.outcomes),
      events,
      played,
    };
  });
}
