import { happened, type DealTrace } from './interleaving-traces.js';
import type { Played } from './interleaving-record.js';

/*
 * What must come up of payments for their properties to say anything.
 */

const some = (isMet: (trace: DealTrace) => boolean) => (_: Played, traces: DealTrace[]) => traces.some(isMet);
const told = (
  trace: DealTrace,
  step: 'paymentAuthorize' | 'paymentCapture' | 'paymentVoid',
  outcome: string,
): boolean => happened(trace, 'took effect', step).some(({ answer }) => answer?.outcome === outcome);

export const situationsOfPayments: Record<string, (played: Played, traces: DealTrace[]) => boolean> = {
  'a payment waits, and is captured later': some(
    (trace) => told(trace, 'paymentAuthorize', 'waits') && trace.payment?.state === 'captured',
  ),
  'a payment waits, and is turned back': some(
    (trace) => told(trace, 'paymentAuthorize', 'waits') && trace.payment?.state === 'cancelled',
  ),
  'a payment is declined': some(({ row }) => row?.cause?.code === 'payment-declined'),
  'a payment is turned back, and was captured all the same': some(
    (trace) => told(trace, 'paymentAuthorize', 'turned-back') && trace.payment?.state === 'captured',
  ),
  'a void comes after the capture': some((trace) => told(trace, 'paymentVoid', 'captured')),
  'a capture comes after the void': some((trace) => told(trace, 'paymentCapture', 'turned-back')),
  'a payment is authorised after the void': some((trace) =>
    happened(trace, 'took effect', 'paymentVoid', 'paymentAuthorize')
      .map(({ step }) => step)
      .join()
      .startsWith('paymentVoid,paymentAuthorize'),
  ),
  'a purchase is compensated by an operator': some(
    ({ payment, row }) => payment !== undefined && row?.cause?.code === 'compensated-by-operator',
  ),
  'a purchase whose money is taken is resolved': ({ acted }, traces) =>
    traces.some(
      ({ id, payment, hold }) =>
        payment?.state === 'captured' &&
        hold?.state === 'ended-by-hand' &&
        acted.some(
          ({ act, outcome }) =>
            act === 'resolve' && typeof outcome === 'object' && 'answered' in outcome && outcome.answered.id === id,
        ),
    ),
};
