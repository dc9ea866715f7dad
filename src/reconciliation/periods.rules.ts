import type { ReconciliationScheduleName } from '../../contracts/reconciliation.js';

const hourMs = 3_600_000;

/** How far apart the runs of schedules are whose missed periods are made up for, one by one. */
const madeUpFor: Partial<Record<ReconciliationScheduleName, number>> = { daily: 24 * hourMs };

/** How many missed periods are made up for at most. */
export const maxMissed = 31;

/** The name of the period for which a schedule has started: by its moment to the second. */
export function periodName(schedule: ReconciliationScheduleName, at: Date): string {
  return `${schedule}/${at.toISOString().slice(0, 19)}Z`;
}

/**
 * The periods that a schedule has to make at a moment, the oldest first. Of what is missed every day has a run of its
 * own; what is made every hour or every few minutes says all that the missed ones would have said.
 * @param last the newest period of the schedule that has a run, or undefined before the first
 */
export function periodsDue(schedule: ReconciliationScheduleName, at: Date, last: string | undefined): string[] {
  const everyMs = madeUpFor[schedule];
  const lastAt = last === undefined ? Number.NaN : Date.parse(last.slice(schedule.length + 1));
  const missed: string[] = [];
  if (everyMs !== undefined && !Number.isNaN(lastAt)) {
    const first = Math.max(lastAt + everyMs, at.getTime() - maxMissed * everyMs);
    for (let moment = first; moment < at.getTime() - everyMs / 2; moment += everyMs)
      missed.push(periodName(schedule, new Date(moment)));
  }
  return [...missed, periodName(schedule, at)];
}
