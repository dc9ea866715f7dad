import { happened, saysNotDone, show, type DealTrace, type Fault } from './interleaving-traces.js';

/*
 * The properties of the protocol that are about payments, said as the others are.
 */

/** The answers by which a run learns that money is taken. */
const saysCaptured = ['paymentAuthorize', 'paymentCapture', 'paymentVoid'];

/** What must be true of each exchange that is paid in real money. */
export const paidOfEach: Record<string, (trace: DealTrace) => Fault> = {
  'money is taken once at most': ({ payment }) =>
    payment !== undefined && payment.captures > 1 && `it was captured ${payment.captures} times`,

  'nothing is booked by a run that was not told that the money is taken': (trace) =>
    trace.payment !== undefined &&
    happened(trace, 'asked', 'ledgerTransfer').some((transfer) => {
      const before = trace.events.slice(0, trace.events.indexOf(transfer));
      return !before.some(
        ({ what, run, step, answer }) =>
          what === 'told' && run === transfer.run && saysCaptured.includes(step) && answer?.outcome === 'captured',
      );
    }) &&
    'a run that was not told so has asked ledgerTransfer',

  'whose money is taken gets the goods, whatever is terminated': ({ payment, outcome, hold, items, row }) =>
    payment?.state === 'captured' &&
    (outcome?.state !== 'posted' ||
      row?.state !== 'settled' ||
      (items && hold?.state !== 'moved' && hold?.state !== 'ended-by-hand')) &&
    `${show(outcome)}, ${show(hold)}, ${show(row)}`,

  'whose money is not taken gets nothing': ({ payment, outcome, hold, row }) =>
    payment !== undefined &&
    payment.state !== 'captured' &&
    (outcome !== undefined || row?.state === 'settled' || hold?.state === 'moved' || hold?.state === 'held') &&
    `${show(outcome)}, ${show(hold)}, ${show(row)}`,

  'a closed row has a payment that is at its end, or was never begun': (trace) => {
    const { payment, row, hold } = trace;
    if (payment === undefined || row?.closed_at === null) return false;
    const isNeverBegun =
      hold?.state === 'refused' && happened(trace, 'asked', 'paymentAuthorize', 'paymentCapture').length === 0;
    return payment.state !== 'captured' && payment.state !== 'cancelled' && !isNeverBegun && `it is ${payment.state}`;
  },

  'a refused hold asks for no money': (trace) =>
    trace.payment !== undefined &&
    trace.hold?.state === 'refused' &&
    happened(trace, 'asked', 'paymentAuthorize', 'paymentCapture').length > 0 &&
    'the payment was asked',

  'what another step turns back is closed after the void': (trace) => {
    const [close] = happened(trace, 'took effect', 'closePurchases');
    if (trace.payment === undefined || close === undefined || trace.row?.state !== 'compensated') return false;
    const before = trace.events.slice(0, trace.events.indexOf(close));
    return !before.some((event) => event.what === 'took effect' && saysNotDone(trace, event)) && 'it was not voided';
  },
};
