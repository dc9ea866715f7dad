import { changedDispute, isOpenDispute } from './disputes.rules.js';
import type { ProviderDispute, ProviderTransaction } from './outside-port.types.js';
import type { OutsideFound, OutsideMovement, OutsideOwner } from './outside.types.js';
import type { ListedRefund } from './provider.types.js';

/*
 * What is booked of money that moves without our asking: an entry for each movement, and none for the rest. A refund
 * goes by its own id, and a dispute by its movements on the balance, never by a status or a cumulative sum.
 */

/** What a look has told of an intent. */
export interface OutsideTold {
  refunds: readonly ListedRefund[];
  disputes: readonly ProviderDispute[];
}

type Draft = Omit<OutsideMovement, 'counted'>;

/** Takes what a look has told, and decides what is booked and kept of it. */
export function afterOutsideLook(owner: OutsideOwner, { refunds, disputes }: OutsideTold): OutsideFound {
  const found: Looked = {
    movements: [],
    disputes: [],
    returned: owner.returned,
    isOpen: false,
    trouble: undefined,
    drafts: [],
  };
  // What is given back of an orphan is booked by its own look.
  if (owner.is === 'payment') for (const refund of refunds) takeRefund(found, owner, refund);
  for (const dispute of disputes) takeDispute(found, owner, dispute);
  const { drafts, ...all } = found;
  // What comes back of what was known makes room for what has left since.
  const backs = drafts.filter((draft) => isBackOfKnown(owner, draft));
  for (const draft of [...backs, ...drafts.filter((one) => !backs.includes(one))]) add(all, owner, draft);
  return all;
}

/** What is found, with the movements that are not counted yet. */
type Looked = OutsideFound & { drafts: Draft[] };

function isBackOfKnown({ movements }: OutsideOwner, { kind, dispute }: Draft): boolean {
  if (kind === 'outside-refund-failed') return true;
  return kind === 'dispute-reinstated' && movements.some((one) => one.kind === 'dispute' && one.dispute === dispute);
}

/** Whether Veltrix has asked for a refund, which its metadata says. */
export function isOwnRefund({ refund, title, purchase }: ListedRefund): boolean {
  return refund !== null || (title !== null && purchase !== null);
}

function takeRefund(found: Looked, owner: OutsideOwner, refund: ListedRefund): void {
  if (isOwnRefund(refund)) return;
  const { reference, amount, currency, status } = refund;
  if (currency !== owner.currency) {
    found.trouble = `The refund ${reference} is in ${currency}, and the payment in ${owner.currency}.`;
    return;
  }
  const evidence = { status, reason: refund.reason };
  const draft = { reference, dispute: null, currency, amount, movedAt: refund.createdAt, evidence };
  switch (status) {
    case 'succeeded':
      found.drafts.push({ ...draft, kind: 'outside-refund' });
      return;
    case 'failed':
    case 'canceled':
      // One that has never been done has moved nothing that is booked.
      if (isKnown(found, owner, 'outside-refund', reference))
        found.drafts.push({ ...draft, kind: 'outside-refund-failed' });
      return;
    case 'pending':
    case 'requires-action':
      found.isOpen = true;
      return;
    case 'other':
      found.trouble = `The refund ${reference} has a status that is not known.`;
  }
}

function takeDispute(found: Looked, owner: OutsideOwner, told: ProviderDispute): void {
  const wrong = mismatch(owner, told);
  if (wrong !== undefined) {
    found.trouble = wrong;
    return;
  }
  const before = owner.disputes.find(({ reference }) => reference === told.reference);
  const dispute = changedDispute(before, told);
  if (dispute !== before) found.disputes.push({ before, dispute });
  if (told.status === 'other') found.trouble = `The dispute ${told.reference} has a status that is not known.`;
  if (isOpenDispute(dispute.state)) found.isOpen = true;
  for (const transaction of inTime(told.transactions)) takeTransaction(found, told, transaction);
}

/** Movements as they have come about: what has come back was taken before. */
function inTime(transactions: readonly ProviderTransaction[]): ProviderTransaction[] {
  const signOf = ({ amount }: ProviderTransaction): number => (amount < 0n ? 0 : 1);
  return [...transactions].sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || signOf(a) - signOf(b));
}

/** A movement of a dispute: the principal by the sign of its amount, and the fee by that of its fee. */
function takeTransaction(
  found: Looked,
  dispute: ProviderDispute,
  { reference, amount, fee, currency, createdAt: movedAt }: ProviderTransaction,
): void {
  const evidence = { status: dispute.said, amount: String(amount), fee: String(fee), currency };
  const draft = { reference, dispute: dispute.reference, movedAt, evidence };
  // An account may be settled in another currency than the one that was paid in, in which the books are.
  const isSame = currency === dispute.currency;
  const principal = { amount: isSame ? absolute(amount) : dispute.amount, currency: dispute.currency };
  if (amount !== 0n && principal.amount > 0n)
    found.drafts.push({ ...draft, ...principal, kind: amount < 0n ? 'dispute' : 'dispute-reinstated' });
  if (fee !== 0n)
    found.drafts.push({
      ...draft,
      currency,
      amount: absolute(fee),
      kind: fee > 0n ? 'dispute-fee' : 'dispute-fee-returned',
    });
}

/** Adds a movement that is not known yet, and moves what has gone back of the payment. */
function add(found: OutsideFound, owner: OutsideOwner, draft: Draft): void {
  if (isKnown(found, owner, draft.kind, draft.reference)) return;
  const counted = owner.is === 'payment' ? countedOf(found, owner, draft) : 0n;
  found.returned += counted;
  found.movements.push({ ...draft, counted });
}

/** No more goes back than was captured, and no more comes back than has gone. */
function countedOf(found: OutsideFound, owner: OutsideOwner, { kind, amount, reference, dispute }: Draft): bigint {
  const all = [...owner.movements, ...found.movements];
  const sum = (some: typeof all): bigint => some.reduce((total, one) => total + one.counted, 0n);
  switch (kind) {
    case 'outside-refund':
    case 'dispute':
      return least(amount, owner.captured - found.returned);
    case 'outside-refund-failed':
      return -least(amount, sum(all.filter((one) => one.dispute === null && one.reference === reference)));
    case 'dispute-reinstated':
      return -least(amount, sum(all.filter((one) => one.dispute === dispute)));
    case 'dispute-fee':
    case 'dispute-fee-returned':
      return 0n;
  }
}

function isKnown(found: OutsideFound, owner: OutsideOwner, kind: Draft['kind'], reference: string): boolean {
  return [...owner.movements, ...found.movements].some((one) => one.kind === kind && one.reference === reference);
}

/** Where a dispute is not of this payment's kind, in words. */
function mismatch({ is, mode, currency }: OutsideOwner, told: ProviderDispute): string | undefined {
  if (told.mode !== mode)
    return `The dispute ${told.reference} is in ${told.mode} mode, and the account in ${mode} mode.`;
  if (is === 'payment' && told.currency !== currency)
    return `The dispute ${told.reference} is in ${told.currency}, and the payment in ${currency}.`;
  return undefined;
}

/** The pause between two looks at what goes on by itself, and the one for what waits for a person. */
const [minPauseMs, maxPauseMs] = [30_000, 3_600_000];

/**
 * When something is looked at again: after half the time that it has been known for, at least 30 seconds and at most an
 * hour. What waits for a person, once an hour.
 */
export function nextLookAt(createdAt: Date, now: Date, isParked: boolean): Date {
  const age = (now.getTime() - createdAt.getTime()) / 2;
  return new Date(now.getTime() + (isParked ? maxPauseMs : Math.min(Math.max(age, minPauseMs), maxPauseMs)));
}

/** How far a walk goes back behind the end of the last one, for what an account tells late. */
const overlapMs = 3_600_000;

/** The time that a walk goes through. Clocks of two machines differ less than walks overlap. */
export function windowOf(walkedUntil: Date, now: Date): { from: Date; to: Date } {
  return { from: new Date(Math.min(walkedUntil.getTime(), now.getTime()) - overlapMs), to: now };
}

function absolute(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
