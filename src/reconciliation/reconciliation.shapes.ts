import { z } from 'zod';
import { reconciliationSchedules } from '../../contracts/reconciliation.js';
import { idPrefixes, uuidForm, whole } from '../forms.js';
import { listQuery, pageOf, text, timestamp, titleId } from '../http/shapes.js';
import { breakClasses, breakTypes, priorities, type BreakType } from './break-types.rules.js';
import { runKinds } from './checks.types.js';
import { bridgeLine, chainLink, continuity, cut, progress, repair, total } from './evidence.shapes.js';
import { runStates, verdicts } from './runs.types.js';

export const reconciliationId = z
  .string()
  .regex(whole(`${idPrefixes.reconciliation}_${uuidForm}`), `must be ${idPrefixes.reconciliation}_ and a UUID`)
  .meta({ id: 'ReconciliationId', examples: ['rec_0198c0de-7a11-7000-8000-000000000001'] });

export const caseId = z
  .string()
  .regex(whole(`${idPrefixes.case}_${uuidForm}`), `must be ${idPrefixes.case}_ and a UUID`)
  .meta({ id: 'CaseId', examples: ['cas_0198c0de-7a11-7000-8000-000000000001'] });

const kind = z.enum(runKinds).meta({
  id: 'ReconciliationKind',
  description:
    '`hot` looks at what is open and late, `incremental` at what is new as well, `full` at everything, and `history` ' +
    'also at every stored run',
});

const verdict = z.enum(verdicts).meta({
  id: 'Verdict',
  description:
    'Only `RECONCILED` is green. `INCOMPLETE` says that a side could not be read whole, whatever was found; ' +
    '`RECONCILED_WITH_PENDING` that all that differs is within its time',
});

/** What can be asked for. */
export const newReconciliation = z
  .strictObject({ kind, repair: z.enum(['plan', 'make']).optional() })
  .meta({ id: 'NewReconciliation', examples: [{ kind: 'full' }] });

export const reconciliationsQuery = listQuery.extend({
  kind: z.enum(runKinds).optional(),
  state: z.enum(runStates).optional(),
  verdict: z.enum(verdicts).optional().meta({ description: 'The verdict of the whole run' }),
});

const reason = z
  .strictObject({ code: z.string(), detail: z.string() })
  .meta({ id: 'IncompleteReason', description: 'Why a side was not read whole' });

const members = {
  id: reconciliationId,
  kind,
  title: titleId.optional().meta({ description: 'Missing where it is of all titles' }),
  period: z.string().meta({ examples: ['daily/2026-11-28T02:00:00Z'] }),
  state: z.enum(runStates),
  verdict: verdict.optional().meta({ description: 'Missing until it has finished' }),
  reasons: z.array(reason),
  counts: z
    .record(z.string(), z.int())
    .meta({ description: 'How many breaks there are by type; 34 is what is pending' }),
  createdAt: timestamp,
  startedAt: timestamp.optional(),
  finishedAt: timestamp.optional(),
};

/** A run in a list. */
export const reconciliation = z.strictObject(members).meta({ id: 'Reconciliation' });
export const reconciliationPage = pageOf(reconciliation).meta({ id: 'ReconciliationPage' });

/** A run with its evidence. */
export const reconciliationStory = z
  .strictObject({
    ...members,
    since: timestamp.optional().meta({ description: 'Only what was made since then was looked at; missing for all' }),
    cut: z
      .record(z.string(), cut)
      .optional()
      .meta({ description: 'Where each database was cut: what older transactions have written belongs to the run' }),
    progress,
    looked: z
      .record(z.string(), z.record(z.string(), z.int()))
      .meta({ description: 'How many records each check has looked at' }),
    bridge: z.array(bridgeLine).meta({ description: 'How each opening leads to its closing' }),
    repair: z.enum(['plan', 'make']).meta({ description: 'Whether it makes the repairs that it plans' }),
    repairs: z.array(repair).meta({
      description:
        '`redrive` starts the saga of the deal again, `look` asks the provider again. `stopped`: so many of a type ' +
        'that no one of it is made. At most 1000 are shown',
    }),
    continuity: z.array(continuity),
    chain: chainLink.optional(),
  })
  .meta({ id: 'ReconciliationStory' });

const typeNumbers = Object.keys(breakTypes).map(Number) as BreakType[];
const breakType = z
  .int()
  .refine((number) => typeNumbers.some((one) => one === number), 'must be the number of a type of break')
  .meta({ id: 'BreakType', description: 'The number of the type in docs/reconciliation.md', examples: [7] });

const typeQuery = z.preprocess(
  (sent) => (typeof sent === 'string' && /^[1-9][0-9]?$/.test(sent) ? Number(sent) : sent),
  breakType,
);

const filters = {
  type: typeQuery.optional(),
  class: z.enum(breakClasses).optional(),
  priority: z.enum(priorities).optional(),
  subject: text(200).optional(),
};

export const breaksQuery = listQuery.extend(filters);
export const breaksCsvQuery = z.strictObject(filters);

const breakMembers = {
  type: breakType,
  class: z.enum(breakClasses),
  priority: z.enum(priorities),
  name: z.string().meta({ description: 'What the type is, in words' }),
  title: titleId,
  subject: z.string().meta({ description: 'The id of what it is about', examples: ['pur_0198c0de-…'] }),
  account: z
    .string()
    .optional()
    .meta({ examples: ['system:clearing:stripe'] }),
  asset: z.string().optional().meta({ description: 'The asset, the currency or the item' }),
  amount: total.optional(),
  detail: z.string(),
  since: timestamp,
};

/** A break of a run. */
export const foundBreak = z
  .strictObject({
    id: z.string().meta({ examples: ['brk_0198c0de-7a11-7000-8000-000000000001'] }),
    ...breakMembers,
    becomes: breakType.optional().meta({ description: 'Of what is pending: the type that it will be' }),
    breaksAt: timestamp.optional().meta({ description: 'Of what is pending: from when on it is a break' }),
    isNew: z.boolean().meta({ description: 'Whether no run before has found it' }),
    case: caseId.optional().meta({ description: 'Missing while it is pending' }),
  })
  .meta({ id: 'Break' });
export const breakPage = pageOf(foundBreak).meta({ id: 'BreakPage' });

const linkNumber = z.string().regex(/^[1-9][0-9]{0,17}$/);
const linkToGoOnAt = linkNumber.optional().meta({ description: 'The link to go on at: `next` of the request before' });
export const verifyQuery = z.strictObject({ from: linkToGoOnAt });

export const verification = z
  .strictObject({
    holds: z.boolean(),
    altered: z.array(z.strictObject({ id: reconciliationId, what: z.string() }).meta({ id: 'AlteredRun' })),
    verified: z.int().meta({ description: 'How many runs were looked at: this one and those before it' }),
    next: linkNumber.nullable().meta({ description: 'Where the next request goes on; null where all were looked at' }),
  })
  .meta({ id: 'Verification' });

/** How old a case is, in days. */
export const ages = ['0-1', '2-7', '8-30', 'over-30'] as const;
const decision = z.enum(['assign', 'accept']).meta({
  id: 'CaseDecision',
  description: '`assign`: the operator sees to it; `accept`: they say why it is as it is. It stays until it is gone',
});
const caseStates = ['open', 'cleared'] as const;

const caseFilters = {
  state: z.enum(caseStates).optional(),
  age: z.enum(ages).optional().meta({ description: 'In days since it was opened' }),
  owner: text(200).optional(),
  ...filters,
};
export const casesQuery = listQuery.extend(caseFilters);

const caseMembers = {
  id: caseId,
  ...breakMembers,
  period: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/)
    .meta({ description: 'The day in UTC of what it is about', examples: ['2026-11-28'] }),
  state: z.enum(caseStates),
  age: z.enum(ages),
  owner: z.string().optional(),
  openedAt: timestamp,
  openedBy: reconciliationId,
  seenAt: timestamp,
  seenBy: reconciliationId,
  clearedAt: timestamp.optional(),
  clearedBy: reconciliationId.optional(),
};

/** A case in a list. */
export const reconciliationCase = z.strictObject(caseMembers).meta({ id: 'ReconciliationCase' });
export const casePage = pageOf(reconciliationCase).meta({ id: 'ReconciliationCasePage' });

const caseEvent = z
  .strictObject({
    at: timestamp,
    event: z.enum(['opened', 'opened-again', 'cleared', 'decided']),
    reconciliation: reconciliationId.optional(),
    operator: z.string().optional(),
    decision: decision.optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'CaseEvent' });

/** A case with all that has happened to it. */
export const caseStory = z
  .strictObject({
    ...caseMembers,
    events: z.array(caseEvent),
  })
  .meta({ id: 'ReconciliationCaseStory' });

const csvText = z.string().min(1).max(60_000);

/** Decisions about many cases: those of a filter, or those of a CSV with the columns case, decision and reason. */
export const decisions = z
  .union([
    z
      .strictObject({
        operator: text(200),
        decision,
        reason: text(200),
        filter: z
          .strictObject({ ...caseFilters, type: breakType.optional(), case: caseId.optional() })
          .meta({ id: 'CaseFilter' }),
      })
      .meta({ id: 'DecisionsByFilter' }),
    z.strictObject({ operator: text(200), csv: csvText }).meta({ id: 'DecisionsByCsv' }),
  ])
  .meta({
    id: 'CaseDecisions',
    examples: [{ operator: 'ann', decision: 'assign', reason: 'I see to it.', filter: { type: 7, state: 'open' } }],
  });

export const decided = z.strictObject({ decided: z.int() }).meta({ id: 'DecidedCases' });

/** A line of a CSV of decisions. */
export const decisionLine = z.strictObject({ case: caseId, decision, reason: text(200) });

const scheduleNames = Object.keys(reconciliationSchedules) as (keyof typeof reconciliationSchedules)[];
export const scheduleName = z.enum(scheduleNames).meta({ id: 'ReconciliationScheduleName' });

export const scheduleAct = z
  .strictObject({ operator: text(200), reason: text(200) })
  .meta({ id: 'ScheduleAct', examples: [{ operator: 'ann', reason: 'The provider has an outage.' }] });

export const schedule = z
  .strictObject({
    name: scheduleName,
    kind,
    everySeconds: z.int(),
    paused: z.boolean(),
    note: z.string().optional().meta({ description: 'Who has paused or resumed it, and why' }),
    nextAt: timestamp.optional(),
    lastAt: timestamp.optional(),
    running: z.boolean(),
  })
  .meta({ id: 'ReconciliationSchedule' });
export const schedulesAnswer = z.strictObject({ data: z.array(schedule) }).meta({ id: 'ReconciliationSchedules' });
