import type { Leg, ProviderBooks, TransferRow } from './books.js';

/* What is to be booked of money that has moved at the provider without our asking, by the provider's own books. */

/** The kinds of such movements, by which their transfers say what they are for. */
const kinds = ['outside-refund', 'outside-refund-failed', 'dispute', 'dispute-reinstated', 'dispute-fee'] as const;
export type OutsideKind = (typeof kinds)[number];

/** A movement that is to be booked once. */
export interface WantedMovement {
  title: string;
  kind: OutsideKind;
  /** The provider's id of the refund, or of the movement on the balance. */
  reference: string;
  /** The key that it is booked by. */
  key: string;
  purchase: string;
  leg: Leg;
}

/** Whether a transfer books such a movement. It is for the purchase, and is not what settles it. */
export function isOutsideTransfer({ kind, reason }: Pick<TransferRow, 'kind' | 'reason'>): boolean {
  return kind === 'paid' && kinds.some((one) => one === reason);
}

/**
 * What is to be booked, in the order in which it has moved. A refund that was done and has failed before anybody looked
 * is not booked at all.
 * @param isBooked whether something is booked by a key of a title
 */
export function wantedMovements(
  { intents, refunds, movements }: ProviderBooks,
  isBooked: (titledKey: string) => boolean,
): WantedMovement[] {
  const purchases = new Map(intents.map(({ reference, metadata }) => [reference, String(metadata['purchase'])]));
  const own = new Set(refunds.filter(({ metadata }) => metadata['refund'] !== undefined).map((one) => one.reference));
  const failed = new Set(movements.filter(({ type }) => type === 'refund_failure').map(({ source }) => source));
  const wanted = movements.flatMap((one): WantedMovement[] => {
    const { title, type, source, intent, currency } = one;
    if (own.has(source)) return [];
    const [amount, fee] = [BigInt(one.amount), BigInt(one.fee)];
    const move = (kind: OutsideKind, reference: string, of: bigint): WantedMovement => ({
      title,
      kind,
      reference,
      key: `${kind}/${reference}`,
      purchase: String(purchases.get(intent)),
      leg: legOf(kind, currency.toUpperCase(), of < 0n ? -of : of),
    });
    if (type === 'refund') return [move('outside-refund', source, amount)];
    if (type === 'refund_failure') return [move('outside-refund-failed', source, amount)];
    if (type !== 'adjustment') return [];
    return [
      move(amount < 0n ? 'dispute' : 'dispute-reinstated', one.reference, amount),
      ...(fee === 0n ? [] : [move('dispute-fee', one.reference, fee)]),
    ];
  });
  const isSeen = ({ title, reference }: WantedMovement): boolean =>
    ['outside-refund', 'outside-refund-failed'].some((kind) => isBooked(`${title} ${kind}/${reference}`));
  return wanted.filter((one) => !failed.has(one.reference) || isSeen(one));
}

/** What has left comes off what the provider owes, and goes back to the mint that it came from, or to the fees. */
function legOf(kind: OutsideKind, asset: string, amount: bigint): Leg {
  const [clearing, mint] = ['system:clearing:stripe', 'system:mint'];
  const comesBack = kind === 'outside-refund-failed' || kind === 'dispute-reinstated';
  const [from, to] = comesBack ? [mint, clearing] : [clearing, kind === 'dispute-fee' ? 'system:fees' : mint];
  return { from, to, asset, amount: String(amount) };
}

/** The state that a dispute is kept in, by the provider's word for it. */
export function disputeStateOf(status: string): string {
  const words: Record<string, string> = {
    warning_needs_response: 'inquiry',
    warning_closed: 'inquiry_closed',
    appeal_under_review: 'appealed',
  };
  return words[status] ?? status;
}

/** The ids of the purchases whose money has moved without our asking, or is disputed. */
export function movedOutside({ intents, refunds, disputes }: ProviderBooks): Set<string> {
  const purchases = new Map(intents.map(({ reference, metadata }) => [reference, String(metadata['purchase'])]));
  const about = [...refunds.filter(({ metadata }) => metadata['refund'] === undefined), ...disputes];
  return new Set(about.map(({ intent }) => String(purchases.get(intent))));
}

/**
 * What has gone back of an intent, by its own movements. Fees are none of it. A bank may take what was refunded
 * already, and then more has gone than was captured: that counts as all of it.
 */
export function goneBack(intent: string | null, { intents, movements }: ProviderBooks): bigint {
  const captured = BigInt(intents.find(({ reference }) => reference === intent)?.captured ?? '0');
  const gone = movements
    .filter((one) => one.intent === intent && one.type !== 'charge')
    .reduce((sum, { amount }) => sum - BigInt(amount), 0n);
  return gone < captured ? gone : captured;
}
