import type { Finding } from './checks.types.js';
import { grace } from './grace.rules.js';

/** A run that Temporal knows. */
export interface SagaRun {
  workflowId: string;
  startTime: Date;
  isRunning: boolean;
  /** The deal that it settles alone; null where it is a convoy. */
  deal: string | null;
  /** Null where it is of several titles. */
  title: string | null;
}

/** What the row of a deal says. */
export interface DealOfRun {
  id: string;
  title: string;
  closedAt: Date | null;
  workflowId: string | null;
}

const named = /^[^/]+\/((?:trd|pur|rfd)_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\/|$)/;

/** The deal by which a run is named: its own one, or the first of its convoy. */
export function dealOfEnded({ workflowId }: Pick<SagaRun, 'workflowId'>): string | null {
  return named.exec(workflowId)?.[1] ?? null;
}

/**
 * What is wrong with a run: its deal is not there, or was closed long ago and it runs all the same.
 * @param lastClosed when the last deal of a convoy was closed that has no open one, by the id of its workflow
 */
export function findingOf(
  run: SagaRun,
  deals: ReadonlyMap<string, DealOfRun>,
  lastClosed: ReadonlyMap<string, Date>,
  now: Date,
): Finding | undefined {
  const { workflowId, startTime: since, deal, isRunning } = run;
  const finding = (title: string, subject: string, detail: string): Finding => ({
    type: 30,
    title,
    subject,
    detail,
    since,
    place: workflowId,
  });
  // A repair starts the saga of a deal. Of a deal that is not there none can be started, so the run is named instead.
  if (!isRunning) {
    const first = dealOfEnded(run);
    if (first === null || deals.has(first)) return undefined;
    return finding(run.title ?? '', workflowId, `${workflowId} has run, and there is no ${first}.`);
  }
  if (deal === null) {
    const hasOpen = [...deals.values()].some((one) => one.workflowId === workflowId && one.closedAt === null);
    const closedAt = lastClosed.get(workflowId);
    if (hasOpen || (closedAt !== undefined && isJustClosed(closedAt, now))) return undefined;
    return finding(run.title ?? '', workflowId, 'The convoy runs, and none of its deals is open.');
  }
  const row = deals.get(deal);
  if (row === undefined) return finding(run.title ?? '', workflowId, `${workflowId} runs, and there is no such deal.`);
  if (row.closedAt === null || isJustClosed(row.closedAt, now)) return undefined;
  return finding(row.title, deal, `${workflowId} runs, and the deal was closed at ${row.closedAt.toISOString()}.`);
}

/** A run is told after its deals were closed, and lets others know before it ends. */
function isJustClosed(closedAt: Date, now: Date): boolean {
  return closedAt.getTime() + grace.sagaMs > now.getTime();
}
