import { z } from 'zod';
import { amount, currency, listQuery, pageOf, purchaseId, timestamp } from '../http/shapes.js';
import { provider } from './accounts.shapes.js';
import { disputeStates } from './disputes.rules.js';

/** The provider's id of a dispute, as it is in a path. */
export const disputeId = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be the id that the provider has given the dispute')
  .meta({ id: 'DisputeId', examples: ['dp_1OfTheProvider'] });

const disputeState = z.enum(disputeStates).meta({
  id: 'DisputeState',
  description:
    'An `inquiry` moves no money. `lost` may still be `appealed`, and be won. ' +
    'What has moved is in `movements`, whatever the state says',
});

const members = {
  id: disputeId,
  provider,
  purchase: purchaseId,
  state: disputeState,
  amount,
  currency,
  reason: z.string().optional().meta({ description: "Why, in the provider's word" }),
  dueBy: timestamp.optional().meta({ description: 'Until when evidence can be given, at the provider' }),
  hasEvidence: z.boolean(),
  openedAt: timestamp,
  closedAt: timestamp.optional(),
  updatedAt: timestamp,
};

/** A dispute in a list. */
export const dispute = z.strictObject(members).meta({ id: 'Dispute' });
export const disputePage = pageOf(dispute).meta({ id: 'DisputePage' });

const movement = z
  .strictObject({
    kind: z.enum(['dispute', 'dispute-reinstated', 'dispute-fee', 'dispute-fee-returned']),
    reference: z.string().meta({ description: "The provider's id of the movement on its balance" }),
    amount,
    currency,
    movedAt: timestamp,
    booked: z.boolean().meta({ description: 'Whether the ledger has a transfer for it' }),
    goodsWait: z.boolean().meta({
      description:
        'Whether the goods of the purchase wait to follow it. `GET /v1/refunds?found=` with the id of the ' +
        'dispute lists what has followed',
    }),
  })
  .meta({ id: 'DisputeMovement' });

const event = z
  .strictObject({ id: z.string(), type: z.string(), createdAt: timestamp, receivedAt: timestamp })
  .meta({ id: 'DisputeEvent' });

/** A dispute with all that has happened. */
export const disputeStory = z
  .strictObject({
    ...members,
    movements: z
      .array(movement)
      .meta({ description: 'The money that it has moved, in the order in which that was found' }),
    events: z
      .array(event)
      .meta({ description: 'What the provider has sent about disputes of the payment; nothing goes by it alone' }),
  })
  .meta({ id: 'DisputeStory' });

/** The query of the list of disputes. */
export const disputesQuery = listQuery.extend({ purchase: purchaseId.optional(), state: disputeState.optional() });
