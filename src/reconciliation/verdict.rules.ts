import type { Finding, Reason } from './checks.types.js';
import type { Continuity, StoredRun, Verdict } from './runs.types.js';

/** Whether a finding is not a break yet. */
export function isPending({ breaksAt }: Pick<Finding, 'breaksAt'>, now: Date): boolean {
  return breaksAt !== undefined && breaksAt > now;
}

/** What a run came to, by how much it has found. What could not be read whole is never green, whatever was found. */
export function verdictOf(found: { reasons: number; breaks: number; pending: number }): Verdict {
  if (found.reasons > 0) return 'INCOMPLETE';
  if (found.breaks > 0) return 'BREAKS';
  return found.pending > 0 ? 'RECONCILED_WITH_PENDING' : 'RECONCILED';
}

/** What a break is one and the same by, whichever run finds it and whatever it amounts to. */
export function fingerprintOf({ title, subject, account, asset }: Finding): string {
  return JSON.stringify([title, subject, account ?? null, asset ?? null]);
}

/** By what a finding is told once in a run, and in which order. */
export function confirmedKey(finding: Finding): string {
  return `[${finding.type},${fingerprintOf(finding).slice(1)}`;
}

/** Whether what is open now is what was open before with what has come and gone. */
export function isContinuous({ before, opened, cleared, changed, after }: Continuity): boolean {
  return (
    after.cases === before.cases + opened.cases - cleared.cases &&
    after.amount === before.amount + opened.amount - cleared.amount + changed
  );
}

/** How many records a run has looked at. */
export function lookedAt({ looked }: Pick<StoredRun, 'looked'>): number {
  const sums = Object.values(looked).flatMap((counts) => Object.values(counts));
  return sums.reduce((sum, one) => sum + one, 0);
}

/** One reason of each kind, title and sentence. */
export function distinct(reasons: readonly Reason[]): Reason[] {
  return [...new Map(reasons.map((one) => [JSON.stringify([one.title, one.code, one.detail]), one]))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, one]) => one);
}
