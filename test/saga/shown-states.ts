import { until } from '../e2e/processes.js';
import { workflowUrl } from '../../src/temporal/ui.js';
import type { Exchange } from '../../contracts/nouns.js';
import { whyOf, type DealShown, type Fates, type RunShown, type ShownWorld } from './shown-world.js';
import type { StepName } from './saga-world.js';

/*
 * What is to be shown of a run and of its deals in each state, by every way there is to look at them.
 */

/** What a step does, in the words that are shown, and the acts that lead on from it where there are legs and items. */
const words: Partial<Record<StepName, { says: string; acts: string[] }>> = {
  inventoryHold: { says: 'hold the items of', acts: ['retry', 'compensate'] },
  ledgerTransfer: { says: 'book the legs of', acts: ['retry', 'compensate'] },
  inventoryMove: { says: 'move the items of', acts: ['retry', 'resolve'] },
  closeTrades: { says: 'close', acts: ['retry'] },
  ledgerCancel: { says: 'cancel the legs of', acts: ['retry'] },
  inventoryRelease: { says: 'give back the items of', acts: ['retry', 'resolve'] },
};

/** How a run fares. */
export interface Stage {
  state: 'running' | 'stuck' | 'compensating' | 'parked' | 'ended';
  /** The step that is under way, or that it stands at. */
  step?: StepName;
  owner?: string;
  /** What the step has failed with, where it is not what a step fails with by its fate. */
  why?: string;
  /** The state of its run that was shown last, where it has ended. */
  last?: string;
  /** What its rows say, where it has ended. */
  closed?: { state: string; reason?: string };
  /** What an operator may do, where it is not what the step allows by itself. */
  acts?: string[];
  /** How many exchanges the step is asked about, where some of the run have left. */
  asked?: number;
}

/** The exchanges of one run, and what was told of each so far. */
export interface Party {
  world: ShownWorld;
  workflowId: string;
  exchanges: readonly Exchange[];
  /** How many exchanges the run has; those that have left are not looked at with it. */
  size: number;
  fates: Fates;
  told: unknown[];
  steps: string[];
  memo: Record<string, unknown>;
}

const standsIn = ({ state }: Stage): boolean => state === 'stuck' || state === 'parked';
const saysOf = ({ step, asked }: Stage, { size, exchanges }: Party): string =>
  `${(step && words[step]?.says) ?? ''} ${size === 1 ? exchanges[0]?.id : `${asked ?? size} exchanges`}`;
const whyOfStage = ({ why, step }: Stage): string => why ?? whyOf(step ?? '');

/** The entries of a timeline, as they are to be told. */
export const told = {
  stands: (by: string, { state, owner, ...stage }: Stage): unknown => ({
    event: state,
    workflowId: by,
    step: stage.step,
    why: whyOfStage({ state, ...stage }),
    ...(owner !== undefined && { owner }),
  }),
  is: (by: string, event: 'freed' | 'compensating' | 'ended', owner?: string): unknown => ({
    event,
    workflowId: by,
    ...(owner !== undefined && { owner }),
  }),
  asks: (operator: string, act: string): unknown => ({ event: 'operator', act, operator, reason: `I am ${operator}.` }),
  answer: (operator: string, act: string, code: string, detail: string): unknown => ({
    event: 'answer',
    act,
    operator,
    code,
    detail,
  }),
};

const factOf = (entry: unknown): string => {
  const { event } = entry as { event: string };
  return `saga.${{ operator: 'operated', answer: 'answered' }[event] ?? event}`;
};

function runIn(stage: Stage, party: Party): RunShown {
  const { exchanges, size, memo } = party;
  const [first] = exchanges as [Exchange];
  const { state, step, last } = stage;
  const players = [...new Set([...first.legs, ...first.moves].flatMap(({ from, to }) => [from, to]))].map((owner) =>
    owner.replace('player:', ''),
  );
  const about = size === 1 ? { SagaKind: 'trade', BusinessId: first.id, Player: players } : { SagaKind: 'convoy' };
  const attributes = {
    ...about,
    Title: 'arena',
    SagaState: state === 'ended' ? last : state,
    ...(standsIn(stage) && { SagaStep: step, StuckSince: '<since>' }),
  };
  return state === 'ended'
    ? { status: 'COMPLETED', attributes, memo }
    : { status: 'RUNNING', attributes, memo, details: detailsIn(stage, party) };
}

function detailsIn(stage: Stage, party: Party): string {
  const { state, step } = stage;
  if (!standsIn(stage)) return `Under way: ${saysOf(stage, party)}.`;
  const acts = (stage.acts ?? (step && words[step]?.acts) ?? []).map((act) => `\`${act}\``).join(' or ');
  const steering = `It is tried again by itself; see Pending Activities. To steer it: ${acts}; docs/operations.md.`;
  const outage =
    'It fails for all exchanges of this convoy: an outage. The convoy goes on by itself when that is over.';
  const what = state === 'parked' ? 'Parked, because an undo cannot be done,' : 'Stuck';
  const next = party.size === 1 ? steering : outage;
  return `**${what}** since <since> at \`${step}\` (${saysOf(stage, party)}): ${whyOfStage(stage)}\n\n${next}`;
}

function dealIn(stage: Stage, party: Party, { id, legs, moves }: Exchange): DealShown {
  const { state, owner, step, closed } = stage;
  const tradeState = closed?.state ?? (standsIn(stage) ? 'stuck' : 'accepted');
  const players = [...new Set([...legs, ...moves].flatMap(({ from, to }) => [from, to]))].map((one) =>
    one.replace('player:', ''),
  );
  return {
    trade: { state: tradeState, reason: closed?.reason },
    tradeLists: [tradeState],
    saga: {
      id,
      kind: 'trade',
      state,
      ...(standsIn(stage) && { step, description: saysOf(stage, party), why: whyOfStage(stage), since: '<since>' }),
      ...(state !== 'running' && state !== 'ended' && owner !== undefined && { owner }),
      players,
      deal: { id, state: tradeState, url: `/v1/trades/${id}` },
      workflow: { id: party.workflowId, url: workflowUrl(party.world.saga.config, party.workflowId) },
    },
    // A saga that was never told of is not looked for when it is over.
    sagaLists: state === 'ended' && party.told.length === 0 ? [] : [state],
    told: party.told,
    facts: party.told.map(factOf),
    steps: party.steps,
  };
}

/**
 * Holds that the party is shown in a stage, with what was told of it on the way there, and that the step is among its
 * steps.
 */
export async function expectStage(what: string, party: Party, stage: Stage, ...news: unknown[]): Promise<void> {
  party.told.push(...news);
  const doing = `${stage.step} by ${party.workflowId}`;
  if (stage.step !== undefined && !party.steps.includes(doing)) party.steps.push(doing);
  await party.world.expectShown(what, party.workflowId, party.exchanges, {
    run: runIn(stage, party),
    deals: party.exchanges.map((exchange) => dealIn(stage, party, exchange)),
  });
}

/**
 * Waits until an attempt has failed since the run stands there, so that no attempt of the run's own comes between a
 * cure and an act.
 */
export async function waitsAgain({ world, workflowId }: Party): Promise<void> {
  await until('it waits again', async () => {
    const { raw } = await world.saga.client.workflow.getHandle(workflowId).describe();
    return (raw.pendingActivities ?? []).some(
      ({ attempt, activityType }) => (attempt ?? 0) > 1 && activityType?.name !== 'noteSaga',
    );
  });
}
