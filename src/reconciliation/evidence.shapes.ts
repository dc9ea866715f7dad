import { z } from 'zod';
import { titleId, timestamp } from '../http/shapes.js';
import { breakClasses } from './break-types.rules.js';

/** A sum of amounts, which can have more digits than a balance. */
export const total = z
  .string()
  .regex(/^(0|-?[1-9][0-9]*)$/)
  .meta({ id: 'Sum', description: 'Minor units, or instances, as a decimal string', examples: ['250'] });

/** Where a database was cut. */
export const cut = z.strictObject({ at: timestamp, transaction: z.string() }).meta({ id: 'Cut' });

/** How far a run is. */
export const progress = z
  .strictObject({
    check: z.string().optional().meta({ description: 'The check that it is at' }),
    done: z.int(),
    of: z.int(),
  })
  .meta({ id: 'ReconciliationProgress' });

/** How one opening leads to its closing. */
export const bridgeLine = z
  .strictObject({
    title: titleId,
    account: z.string().meta({ description: '`asset` for what all owners but the mint have of it' }),
    asset: z.string(),
    opening: total,
    movements: z.record(z.string(), total).meta({ description: 'What has moved since, by what moved it' }),
    closing: total,
    residual: total.meta({ description: 'What the movements do not explain: 0' }),
  })
  .meta({ id: 'BridgeLine' });

/** What is safe to be repaired, and what became of it. */
export const repair = z
  .strictObject({
    type: z.int(),
    action: z.enum(['redrive', 'look']),
    title: titleId,
    subject: z.string(),
    state: z.enum(['planned', 'made', 'stopped']),
  })
  .meta({ id: 'Repair' });

const casesAndAmount = z.strictObject({ cases: z.int(), amount: total }).meta({ id: 'CasesAndAmount' });
/** How the open cases of a class before the run lead to those after it. */
export const continuity = z
  .strictObject({
    class: z.enum(breakClasses),
    before: casesAndAmount,
    opened: casesAndAmount,
    cleared: casesAndAmount,
    changed: total,
    after: casesAndAmount,
  })
  .meta({ id: 'Continuity' });

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** The link of a run in the chain of all runs. */
export const chainLink = z.strictObject({ number: z.string(), digest: hash, previous: hash.optional(), hash }).meta({
  id: 'ChainLink',
  description: 'The link of the run: of what it has looked at and found, and of the run before',
});
