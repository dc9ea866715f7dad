import { z } from 'zod';
import { instanceOwnerForm, whole } from '../forms.js';
import { code, instanceId, pageOf, scalar, text, timestamp } from '../http/shapes.js';
import { maxBytes, propertiesProblem, propertyName } from './properties.rules.js';

/** A limit that fits an `int` of PostgreSQL with room to count. */
const maxLimit = 1_000_000_000;

/** The body of a definition. */
export const sentItem = z
  .strictObject({
    name: text(200),
    tradeable: z.boolean().optional().meta({ description: 'True where it is missing' }),
    limit: z
      .int()
      .min(1)
      .max(maxLimit)
      .optional()
      .meta({ description: 'How many instances may ever be minted. It can be lowered, and else never changes.' }),
    retired: z
      .boolean()
      .optional()
      .meta({ description: 'Whether no more instances are minted; false where it is missing' }),
  })
  .meta({ id: 'SentItem', examples: [{ name: 'Sword of Dawn' }, { name: 'Founder’s Crown', limit: 100 }] });

export const item = z
  .strictObject({
    code,
    name: z.string(),
    tradeable: z.boolean(),
    limit: z.int().optional(),
    retired: z.boolean(),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Item' });
export const itemPage = pageOf(item).meta({ id: 'ItemPage' });

/** Instances belong to players and to the store. */
const instanceOwner = z
  .string()
  .regex(whole(instanceOwnerForm), 'must be player:<id> or system:store')
  .meta({ id: 'InstanceOwner', examples: ['player:bob'] });

const properties = z
  .record(z.string(), scalar)
  .superRefine((value, context) => {
    const problem = propertiesProblem(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  })
  .meta({
    id: 'Properties',
    description:
      `At most ${maxBytes} bytes of JSON without white space. Numbers are such that a double holds exactly, ` +
      'and text has no U+0000 and no lone surrogate',
    propertyNames: { type: 'string', pattern: propertyName.source },
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
    properties,
    serial: z.int().optional().meta({ description: 'Its number among the instances of a limited item, from 1' }),
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
    cause: z.string().meta({ description: 'The deal that it belongs to, or the reason that was given' }),
    createdAt: timestamp,
  })
  .meta({ id: 'Movement' });
export const movementPage = pageOf(movement).meta({ id: 'MovementPage' });
