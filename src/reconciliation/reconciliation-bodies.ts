import type { z } from 'zod';
import { breakTypes } from './break-types.rules.js';
import type { CaseEvent, ShownBreak, ShownCase } from './breaks.reads.js';
import type {
  caseStory,
  foundBreak,
  reconciliation,
  reconciliationCase,
  reconciliationStory,
} from './reconciliation.shapes.js';
import type { RunStory, ShownRun } from './runs.reads.js';

/** A run as it is answered. */
export function runBody(run: ShownRun): z.infer<typeof reconciliation> {
  const { id, kind, title, period, state, verdict, reasons, counts, createdAt, startedAt, finishedAt } = run;
  return {
    id,
    kind,
    ...(title !== null && { title }),
    period,
    state,
    ...(verdict !== null && { verdict }),
    reasons: reasons.map(({ code, detail }) => ({ code, detail })),
    counts,
    createdAt: createdAt.toISOString(),
    ...(startedAt !== null && { startedAt: startedAt.toISOString() }),
    ...(finishedAt !== null && { finishedAt: finishedAt.toISOString() }),
  };
}

/** A run with its evidence as it is answered. */
export function storyBody(story: RunStory): z.infer<typeof reconciliationStory> {
  const { since, cuts, checks, atCheck, looked, changes, chain, bridge, repair, repairs } = story;
  const check = checks[atCheck];
  return {
    ...runBody(story),
    ...(since !== null && { since: since.toISOString() }),
    ...(cuts !== null && {
      cut: Object.fromEntries(
        Object.entries(cuts).map(([name, { at, xmax }]) => [name, { at: at.toISOString(), transaction: xmax }]),
      ),
    }),
    progress: { ...(check !== undefined && { check }), done: atCheck, of: checks.length },
    looked,
    bridge,
    repair,
    repairs,
    continuity: changes as z.infer<typeof reconciliationStory>['continuity'],
    ...(chain !== null && {
      chain: {
        number: chain.number,
        digest: chain.digest.toString('hex'),
        ...(chain.previous !== null && { previous: chain.previous.toString('hex') }),
        hash: chain.hash.toString('hex'),
      },
    }),
  };
}

type Common = Pick<
  z.infer<typeof foundBreak>,
  'type' | 'class' | 'priority' | 'name' | 'title' | 'subject' | 'account' | 'asset' | 'amount' | 'detail' | 'since'
>;

function common(row: ShownBreak | ShownCase, of: keyof typeof breakTypes): Common {
  const { type, title, subject, account, asset, amount, detail, since } = row;
  const { breakClass, priority, name } = breakTypes[of];
  return {
    type,
    class: breakClass,
    priority,
    name,
    title,
    subject,
    ...(account !== null && { account }),
    ...(asset !== null && { asset }),
    ...(amount !== null && { amount }),
    detail,
    since: since.toISOString(),
  };
}

/** A break as it is answered. Of what is pending, class and priority are those that it will have. */
export function breakBody(row: ShownBreak): z.infer<typeof foundBreak> {
  const { id, becomes, breaksAt, isNew, case: found } = row;
  return {
    id,
    ...common(row, becomes ?? row.type),
    ...(becomes !== null && { becomes }),
    ...(breaksAt !== null && { breaksAt: breaksAt.toISOString() }),
    isNew,
    ...(found !== null && { case: found }),
  };
}

/** A case as it is answered. */
export function caseBody(row: ShownCase): z.infer<typeof reconciliationCase> {
  const { id, period, age, owner, openedAt, openedBy, seenAt, seenBy, clearedAt, clearedBy } = row;
  return {
    id,
    ...common(row, row.type),
    period,
    state: clearedAt === null ? 'open' : 'cleared',
    age,
    ...(owner !== null && { owner }),
    openedAt: openedAt.toISOString(),
    openedBy,
    seenAt: seenAt.toISOString(),
    seenBy,
    ...(clearedAt !== null && { clearedAt: clearedAt.toISOString() }),
    ...(clearedBy !== null && { clearedBy }),
  };
}

/** A case with what has happened to it as it is answered. */
export function caseStoryBody(story: { found: ShownCase; events: CaseEvent[] }): z.infer<typeof caseStory> {
  return {
    ...caseBody(story.found),
    events: story.events.map(({ at, event, reconciliation: run, operator, decision, reason }) => ({
      at: at.toISOString(),
      event,
      ...(run !== null && { reconciliation: run }),
      ...(operator !== null && { operator }),
      ...(decision !== null && { decision }),
      ...(reason !== null && { reason }),
    })),
  };
}
