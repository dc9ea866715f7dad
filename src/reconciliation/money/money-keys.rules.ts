import type { IntentBundle, PaymentRow } from './money-bundle.types.js';

/* The keys under which the ledger keeps what is booked of a purchase in real money. Each movement has its own. */

export const keys = {
  exchange: (id: string) => `exchange/${id}`,
  fee: (purchase: string) => `fee/${purchase}`,
  lateCapture: (intent: string) => `late-capture/${intent}`,
  lateRefund: (intent: string) => `late-refund/${intent}`,
  lateFee: (intent: string) => `late-fee/${intent}`,
  outside: (kind: string, reference: string) => `${kind}/${reference}`,
};

/** Every key that may keep something of a purchase, by what is kept here and by what the provider says. */
export function keysOf(
  { id, reference, refunds, orphans, movements }: PaymentRow,
  intents: readonly IntentBundle[],
): string[] {
  const late = [reference, ...orphans.map((one) => one.reference), ...intents.map(({ intent }) => intent.id)];
  const asked = [
    ...refunds.map((one) => one.id),
    ...intents.flatMap((one) => one.refunds.flatMap(({ refund }) => refund ?? [])),
  ];
  return [
    ...new Set([
      keys.exchange(id),
      keys.fee(id),
      ...asked.map(keys.exchange),
      ...late.flatMap((intent) =>
        intent === null ? [] : [keys.lateCapture(intent), keys.lateRefund(intent), keys.lateFee(intent)],
      ),
      ...movements.map((one) => keys.outside(one.kind, one.reference)),
      ...intents.flatMap(keysOfIntent),
    ]),
  ];
}

function keysOfIntent({ refunds, disputes }: IntentBundle): string[] {
  return [
    ...refunds.flatMap(({ id }) => ['outside-refund', 'outside-refund-failed'].map((kind) => keys.outside(kind, id))),
    ...disputes.flatMap(({ transactions }) =>
      transactions.flatMap(({ id }) =>
        ['dispute', 'dispute-reinstated', 'dispute-fee', 'dispute-fee-returned'].map((kind) => keys.outside(kind, id)),
      ),
    ),
  ];
}

/** The refunds that the ledger may have booked of a purchase. */
export function refundIdsOf({ refunds }: PaymentRow, intents: readonly IntentBundle[]): string[] {
  const told = intents.flatMap((one) => one.refunds.flatMap(({ refund }) => refund ?? []));
  return [...new Set([...refunds.map(({ id }) => id), ...told])];
}
