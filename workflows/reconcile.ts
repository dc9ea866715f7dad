import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { continueAsNew, proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { ExchangeRef } from '../contracts/nouns.js';
import {
  runNotThereError,
  type PlannedRepairs,
  type ReconcileInput,
  type ReconciliationActivities,
  type ReconciliationEnd,
  type ReconciliationProgress,
  type RepairActivities,
} from '../contracts/reconciliation.js';

const heartbeatTimeout = '15 seconds';

/** What must be done before the run can end. It is tried until the database is there. */
const certain = proxyActivities<ReconciliationActivities>({
  startToCloseTimeout: '3 minutes',
  heartbeatTimeout,
  retry: { initialInterval: '1 second', maximumInterval: '60 seconds' },
});

/** A run with very many cases takes long to end. */
const ending = proxyActivities<Pick<ReconciliationActivities, 'reconciliationFinish'>>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout,
  retry: { initialInterval: '1 second', maximumInterval: '60 seconds' },
});

/** A look that fails for so long is given up, with its check. */
const bounded = proxyActivities<Pick<ReconciliationActivities, 'reconciliationLook'>>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout,
  retry: { initialInterval: '1 second', maximumInterval: '10 seconds', maximumAttempts: 12 },
});

const repairing = proxyActivities<RepairActivities>({
  startToCloseTimeout: '2 minutes',
  retry: { initialInterval: '1 second', maximumInterval: '10 seconds', maximumAttempts: 5 },
});

/** After so many looks the workflow goes on as new, so that its history stays short over data of any size. */
const looksOfRun = 200;

/**
 * Makes a run of reconciliation, or all that a schedule has to make, one after the other. A run that is not there, as
 * after a restore, is passed over where others come after it.
 * @returns what the last of them came to
 * @throws ActivityFailure where the last of them is not there
 */
export async function reconcile(input: ReconcileInput): Promise<ReconciliationEnd> {
  const [first, ...others] = await runsOf(input);
  if (first === undefined) throw ApplicationFailure.nonRetryable('There is no run to make.');
  try {
    const end = await make(first, others, 'begun' in input && input.begun);
    if (others.length === 0) return end;
  } catch (error) {
    if (others.length === 0 || !isNotThere(error)) throw error;
  }
  return continueAsNew<typeof reconcile>({ runs: others, begun: false });
}

/** Makes one run. @param others those that come after it, for when it goes on as new */
async function make(first: string, others: string[], hasBegun: boolean): Promise<ReconciliationEnd> {
  if (!hasBegun) await certain.reconciliationBegin(first);
  for (let looks = 0; ; looks++) {
    const progress = await look(first);
    setCurrentDetails(detailsOf(first, progress, others.length));
    if (progress.done) break;
    if (looks === looksOfRun) return continueAsNew<typeof reconcile>({ runs: [first, ...others], begun: true });
  }
  const end = await ending.reconciliationFinish(first);
  await repair(first);
  setCurrentDetails(`**${end.verdict}**: ${end.breaks} breaks, ${end.pending} pending. \`${first}\``);
  return end;
}

/** Whether an activity has said that its run is not there. */
function isNotThere(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === runNotThereError
  );
}

/**
 * Makes what the run has planned. A repair that cannot be made is left to the next run, which finds its break again.
 */
async function repair(run: string): Promise<void> {
  const made = async <Ref extends ExchangeRef>(
    action: 'redrive' | 'look',
    planned: Ref[],
    make: (refs: Ref[]) => Promise<string[]>,
  ): Promise<void> => {
    if (planned.length === 0) return;
    const done = await make(planned).catch((error: unknown) => {
      if (error instanceof ActivityFailure) return [];
      throw error;
    });
    if (done.length > 0) await certain.reconciliationRepaired(run, action, done);
  };
  for (let after: number | null = 0; after !== null;) {
    const planned: PlannedRepairs = await certain.reconciliationRepairs(run, after);
    await made('redrive', planned.redrive, repairing.redriveDeals);
    await made('look', planned.look, repairing.paymentLookAgain);
    after = planned.next;
  }
}

async function runsOf(input: ReconcileInput): Promise<string[]> {
  if ('run' in input) return [input.run];
  if ('runs' in input) return input.runs;
  return certain.reconciliationAccept(input.schedule, scheduledFor().toISOString());
}

/** The moment for which a schedule has started this. Started by hand, it is now. */
function scheduledFor(): Date {
  const [at] = workflowInfo().searchAttributes['TemporalScheduledStartTime'] ?? [];
  return at instanceof Date ? at : workflowInfo().startTime;
}

async function look(run: string): Promise<ReconciliationProgress> {
  try {
    return await bounded.reconciliationLook(run);
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isNotThere(error)) throw error;
    const progress = await certain.reconciliationProgress(run);
    if (progress.check !== null)
      await certain.reconciliationSkip(run, progress.check, error.cause?.message ?? error.message);
    return { ...progress, done: false };
  }
}

function detailsOf(run: string, { check, at, of, looked }: ReconciliationProgress, left: number): string {
  const where = check === null ? 'All checks are through.' : `At \`${check}\`, ${at + 1} of ${of}.`;
  const more = left === 0 ? '' : ` ${left} missed periods come after it.`;
  return `${where} ${looked} records looked at. \`${run}\`${more}`;
}
