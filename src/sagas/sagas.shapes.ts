import { z } from 'zod';
import { operatorActs, sagaStates } from '../../contracts/sagas.js';
import {
  amount,
  assetCode,
  code,
  dealId,
  instanceId,
  listQuery,
  pageOf,
  playerId,
  text,
  timestamp,
  transferId,
} from '../http/shapes.js';

const states = [...sagaStates, 'ended'] as const;

const sagaFields = {
  id: dealId,
  kind: z.string().meta({ description: 'The kind of its deal', examples: ['trade'] }),
  state: z.enum(states),
  step: z.string().optional().meta({ description: 'The step that it waits for' }),
  description: z.string().optional().meta({ description: 'The same in words' }),
  why: z.string().optional().meta({ description: 'What the step failed with' }),
  since: timestamp.optional(),
  owner: z.string().optional().meta({ description: 'Who is to see to it, where it is parked' }),
  players: z.array(playerId),
  deal: z.strictObject({ id: dealId, state: z.string(), url: z.string() }),
  workflow: z
    .strictObject({ id: z.string(), url: z.string() })
    .meta({ description: 'The run, and its page in the Temporal UI' }),
  acceptedAt: timestamp,
};

/** A saga as it is answered. Its id is the id of its deal. */
export const saga = z.strictObject(sagaFields).meta({ id: 'Saga' });
export const sagaPage = pageOf(saga).meta({ id: 'SagaPage' });

const cause = z.strictObject({ code: z.string(), detail: z.string() });
const at = timestamp;
const leg = z.strictObject({ from: z.string(), to: z.string(), asset: assetCode, amount });
const change = {
  at,
  workflowId: z.string(),
  step: z.string().optional(),
  why: z.string().optional(),
  owner: z.string().optional(),
};
const act = z.enum(operatorActs);

const event = z
  .discriminatedUnion('event', [
    z.strictObject({ at, event: z.literal('accepted') }),
    z.strictObject({
      at,
      event: z.literal('step'),
      step: z.string(),
      description: z.string(),
      workflowId: z.string(),
      attempts: z.int(),
      outcome: z.string().meta({
        description:
          'What the step answered; `pending` while it is tried, `failed` where it was given up, ' +
          '`abandoned` where nobody waits for it any more',
      }),
      reason: cause.optional(),
      lastError: z.string().optional(),
      nextAttemptAt: timestamp.optional(),
    }),
    z
      .strictObject({
        at: timestamp.meta({ description: 'When it was written down, which is before it was sent' }),
        event: z.literal('payment'),
        operation: z.enum(['create', 'confirm', 'capture', 'cancel', 'orphan-cancel', 'orphan-refund', 'refund']).meta({
          description: 'What begins with orphan is about an intent that the purchase does not take',
        }),
        key: z.string().meta({ description: 'The idempotency key that the provider was given' }),
        state: z.enum(['sent', 'succeeded', 'failed', 'unknown', 'resolved']),
        attempts: z.int(),
        sent: z.record(z.string(), z.string()).meta({ description: 'What was sent' }),
        evidence: z
          .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
          .optional()
          .meta({ description: 'What came back, or what has shown later what became of it' }),
        changedAt: timestamp,
      })
      .meta({ description: 'A call to the payment provider' }),
    z.strictObject({ at, event: z.literal('transfer'), id: transferId, legs: z.array(leg) }),
    z.strictObject({
      at,
      event: z.literal('movement'),
      instance: instanceId,
      kind: z.string(),
      from: z.string().nullable(),
      to: z.string(),
    }),
    z.strictObject({ event: z.enum(['stuck', 'freed', 'compensating', 'parked', 'ended']), ...change }),
    z.strictObject({ at, event: z.literal('operator'), act, operator: z.string(), reason: z.string() }),
    z.strictObject({ at, event: z.literal('answer'), act, operator: z.string(), code: z.string(), detail: z.string() }),
    z.strictObject({ at, event: z.literal('closed'), state: z.string(), reason: cause.optional() }),
  ])
  .meta({ id: 'SagaEvent' });

/** A saga with all that happened to it. */
export const sagaStory = z
  .strictObject({
    ...sagaFields,
    steps: z.enum(['read', 'unavailable', 'forgotten']).meta({
      description:
        'Whether the steps could be read in Temporal: ' +
        'it may be away, or have no run of this saga, not yet or not any more',
    }),
    timeline: z.array(event).meta({ description: 'What happened, in this order' }),
  })
  .meta({ id: 'SagaStory' });

/** Who does something to a saga, and why. */
export const operatorAct = z
  .strictObject({ operator: text(200), reason: text(200) })
  .meta({ id: 'OperatorAct', examples: [{ operator: 'olga', reason: 'The item service is up again.' }] });

/** What an act came to. */
export const actDone = z
  .strictObject({
    act,
    answer: z.strictObject({ code: z.string(), detail: z.string() }),
  })
  .meta({ id: 'ActDone' });

/** The query of the list of sagas. */
export const sagasQuery = listQuery.extend({
  state: z.enum(states).optional(),
  kind: code.optional(),
  player: playerId.optional(),
});
