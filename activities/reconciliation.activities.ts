import { activityInfo, ApplicationFailure, heartbeat } from '@temporalio/activity';
import {
  runNotThereError,
  type PaymentToLookAt,
  type ReconciliationActivities,
  type RepairActivities,
} from '../contracts/reconciliation.js';
import type { RedriveService } from '../src/exchanges/redrive.service.js';
import type { LooksAgain } from '../src/payments/looks-again.service.js';
import type { ReconciliationService } from '../src/reconciliation/reconciliation.service.js';
import type { PeriodsService } from '../src/reconciliation/periods.service.js';
import { RunNotThere } from '../src/reconciliation/runs.types.js';

const heartbeatEveryMs = 3_000;
const pauseMs = 200;

/** For how long one activity looks, and how long it waits for transactions of before the cut. */
const [lookMs, waitMs] = [10_000, 90_000];

/** How many repairs are made together. */
const repairsAtOnce = 500;

/** What the runs of reconciliation do. Its heartbeat tells Temporal soon that the worker of a run is gone. */
export function reconciliationActivities(
  runs: Pick<
    ReconciliationService,
    'begin' | 'lookOn' | 'progress' | 'skip' | 'note' | 'finish' | 'planned' | 'repaired'
  >,
  periods: Pick<PeriodsService, 'accept'>,
): ReconciliationActivities {
  return {
    reconciliationAccept: (schedule, at) =>
      beating(() => periods.accept(schedule, new Date(at), workflowIdOfActivity())),
    reconciliationBegin: (run) =>
      beating(async () => {
        const until = performance.now() + waitMs;
        const isBehind = await runs.begin(run, async () => {
          await new Promise((resolve) => setTimeout(resolve, pauseMs));
          return performance.now() < until;
        });
        if (!isBehind)
          await runs.note(run, {
            code: 'changed-while-read',
            detail: `Transactions of before the cut have gone on for more than ${waitMs / 1_000} s.`,
            title: null,
          });
      }),
    reconciliationLook: (run) =>
      beating(() => {
        const until = performance.now() + lookMs;
        return runs.lookOn(run, () => performance.now() < until);
      }),
    reconciliationProgress: (run) => beating(() => runs.progress(run)),
    reconciliationSkip: (run, check, why) => beating(() => runs.skip(run, check, why)),
    reconciliationFinish: (run) => beating(() => runs.finish(run)),
    async reconciliationRepairs(run, after) {
      const planned = await runs.planned(run, after, repairsAtOnce);
      const of = (action: 'redrive' | 'look'): PaymentToLookAt[] => {
        const some = planned.filter((one) => one.action === action);
        return [...new Map(some.map(({ subject: id, title, intents }) => [id, { id, title, intents }])).values()];
      };
      const redrive = of('redrive').map(({ id, title }) => ({ id, title }));
      const next = planned.length === repairsAtOnce ? (planned.at(-1)?.number ?? null) : null;
      return { redrive, look: of('look'), next };
    },
    reconciliationRepaired: (run, action, subjects) => runs.repaired(run, action, subjects),
  };
}

function workflowIdOfActivity(): string {
  const { workflowExecution } = activityInfo();
  if (workflowExecution === undefined) throw new Error('No workflow has asked for this.');
  return workflowExecution.workflowId;
}

/** @throws ApplicationFailure of the type `RunNotThere`, which is not tried again, where the run is not there */
async function beating<T>(act: () => Promise<T>): Promise<T> {
  const beat = setInterval(heartbeat, heartbeatEveryMs);
  try {
    return await act();
  } catch (error) {
    if (error instanceof RunNotThere) throw ApplicationFailure.nonRetryable(error.message, runNotThereError);
    throw error;
  } finally {
    clearInterval(beat);
  }
}

/** What repairs call. */
export function repairActivities(
  redrive: Pick<RedriveService, 'start'>,
  looks: Pick<LooksAgain, 'note'>,
): RepairActivities {
  return {
    redriveDeals: (deals) => redrive.start(deals),
    paymentLookAgain: (payments) => looks.note(payments),
  };
}
