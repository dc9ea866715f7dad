import { z } from 'zod';
import { instanceOwnerForm, whole } from '../forms.js';
import { code, instanceId, pageOf, text, timestamp } from '../http/shapes.js';
import { propertiesProblem } from './properties.rules.js';

/** The body of a definition. */
export const sentItem = z
  .strictObject({ name: text(200), tradeable: z.boolean().optional().meta({ default: true }) })
  .meta({ id: 'SentItem', examples: [{ name: 'Sword of Dawn' }] });

export const item = z
  .strictObject({ code, name: z.string(), tradeable: z.boolean(), createdAt: timestamp, updatedAt: timestamp })
  .meta({ id: 'Item' });
export const itemPage = pageOf(item).meta({ id: 'ItemPage' });

/** Instances belong to players and to the store. */
const instanceOwner = z
  .string()
  .regex(whole(instanceOwnerForm), 'must be player:<id> or system:store')
  .meta({ id: 'InstanceOwner', examples: ['player:bob'] });

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const properties = z.record(z.string(), scalar).superRefine((value, context) => {
  const problem = propertiesProblem(value);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

/** The body of a mint. */
export const newInstance = z
  .strictObject({ item: code, owner: instanceOwner, properties: properties.optional(), reason: text(200) })
  .meta({ id: 'NewInstance', examples: [{ item: 'sword', owner: 'player:bob', reason: 'quest reward' }] });

export const burnOrder = z
  .strictObject({ reason: text(200) })
  .meta({ id: 'BurnOrder', examples: [{ reason: 'consumed' }] });

export const instance = z
  .strictObject({
    id: instanceId,
    item: code,
    owner: instanceOwner,
    state: z.enum(['owned', 'held', 'burned']),
    properties: z.record(z.string(), scalar),
    version: z.int().meta({ description: 'Counts the movements: 1 is the mint' }),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Instance' });
export const instancePage = pageOf(instance).meta({ id: 'InstancePage' });

export const movement = z
  .strictObject({
    version: z.int(),
    kind: z.enum(['mint', 'hold', 'move', 'release', 'burn']),
    from: z.string().nullable(),
    to: z.string().nullable(),
    cause: z.string().meta({ description: 'The trade that it belongs to, or the reason that was given' }),
    createdAt: timestamp,
  })
  .meta({ id: 'Movement' });
export const movementPage = pageOf(movement).meta({ id: 'MovementPage' });
