import { z } from 'zod';
import { operatorActs, sagaStates } from '../../contracts/sagas.js';
import {
  amount,
  assetCode,
  cause,
  code,
  dealId,
  instanceId,
  listQuery,
  pageOf,
  playerId,
  scalar,
  text,
  timestamp,
  transferId,
  workflow,
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
  deal: z.strictObject({ id: dealId, state: z.string(), url: z.string() }).meta({ id: 'SagaDeal' }),
  workflow,
  acceptedAt: timestamp,
};

/** A saga as it is answered. Its id is the id of its deal. */
export const saga = z.strictObject(sagaFields).meta({ id: 'Saga' });
export const sagaPage = pageOf(saga).meta({ id: 'SagaPage' });

const at = timestamp;
const leg = z.strictObject({ from: z.string(), to: z.string(), asset: assetCode, amount }).meta({ id: 'SettledLeg' });
const act = z.enum(operatorActs);

const acceptedEvent = z.strictObject({ at, event: z.literal('accepted') }).meta({ id: 'AcceptedEvent' });

const stepEvent = z
  .strictObject({
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
  })
  .meta({ id: 'StepEvent' });

const paymentEvent = z
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
      .record(z.string(), scalar)
      .optional()
      .meta({ description: 'What came back, or what has shown later what became of it' }),
    changedAt: timestamp,
  })
  .meta({ id: 'PaymentEvent', description: 'A call to the payment provider' });

const transferEvent = z
  .strictObject({ at, event: z.literal('transfer'), id: transferId, legs: z.array(leg) })
  .meta({ id: 'TransferEvent' });

const movementEvent = z
  .strictObject({
    at,
    event: z.literal('movement'),
    instance: instanceId,
    kind: z.string(),
    from: z.string().nullable(),
    to: z.string(),
  })
  .meta({ id: 'MovementEvent' });

const runEvent = z
  .strictObject({
    at,
    event: z.enum(['stuck', 'freed', 'compensating', 'parked', 'ended']),
    workflowId: z.string(),
    step: z.string().optional(),
    why: z.string().optional(),
    owner: z.string().optional(),
  })
  .meta({ id: 'RunEvent', description: 'What a run has told of itself' });

const operatorEvent = z
  .strictObject({ at, event: z.literal('operator'), act, operator: z.string(), reason: z.string() })
  .meta({ id: 'OperatorEvent', description: 'What an operator has asked for' });

const answerEvent = z
  .strictObject({
    at,
    event: z.literal('answer'),
    act,
    operator: z.string(),
    code: z.string(),
    detail: z.string(),
  })
  .meta({ id: 'AnswerEvent', description: 'What the operator was answered' });

const closedEvent = z
  .strictObject({ at, event: z.literal('closed'), state: z.string(), reason: cause.optional() })
  .meta({ id: 'ClosedEvent' });

const event = z
  .discriminatedUnion('event', [
    acceptedEvent,
    stepEvent,
    paymentEvent,
    transferEvent,
    movementEvent,
    runEvent,
    operatorEvent,
    answerEvent,
    closedEvent,
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
    answer: z.strictObject({ code: z.string(), detail: z.string() }).meta({ id: 'ActAnswer' }),
  })
  .meta({ id: 'ActDone' });

/** The query of the list of sagas. */
export const sagasQuery = listQuery.extend({
  state: z.enum(states).optional(),
  kind: code.optional(),
  player: playerId.optional(),
});
