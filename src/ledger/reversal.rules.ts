import type { Refusal } from '../errors.js';
import type { LegReversal, TransferElement, TransferLeg } from './ledger.types.js';

/** What a leg of a transfer is told apart by. */
export function legKey(transfer: string, leg: number): string {
  return `${transfer} ${leg}`;
}

/** What a reversal books, and what of it is given back of which leg; or why it cannot be. */
export type ReversalDecision = { refused: Refusal } | { legs: TransferLeg[]; reversals: LegReversal[] };

/**
 * Decides how much a reversal gives back of each leg. One of a part gives back what it says; one of the whole gives
 * back all that is left. Nobody gives back more than a leg has moved.
 * @param reversed what is given back already, by legKey
 */
export function decideReversal(
  { legs, reverses = '', parts }: TransferElement,
  reversed: ReadonlyMap<string, bigint>,
): ReversalDecision {
  const [booked, reversals]: [TransferLeg[], LegReversal[]] = [[], []];
  for (const [index, asked] of legs.entries()) {
    const { leg, of } = parts?.[index] ?? { leg: index, of: asked.amount };
    const before = reversed.get(legKey(reverses, leg)) ?? 0n;
    const left = of - before;
    if (parts !== undefined && asked.amount > left) return { refused: aboveTheLeg(reverses, leg, left, asked.amount) };
    const amount = parts === undefined ? left : asked.amount;
    if (amount <= 0n) continue;
    booked.push({ ...asked, amount });
    reversals.push({ reverses, leg, of, before, amount });
  }
  if (booked.length > 0) return { legs: booked, reversals };
  return { refused: { code: 'already-reversed', detail: `${reverses} has been reversed already.` } };
}

function aboveTheLeg(transfer: string, leg: number, left: bigint, asked: bigint): Refusal {
  if (left === 0n) return { code: 'already-reversed', detail: `Leg ${leg} of ${transfer} has been reversed already.` };
  const detail = `Of leg ${leg} of ${transfer} ${left} are left to be reversed, and ${asked} were asked for.`;
  return { code: 'reversal-too-large', detail };
}
