import { z } from 'zod';
import { assetCode, code, listQuery, sentTimestamp, timestamp } from '../http/shapes.js';
import { dayMs } from './integrity.rules.js';

const midnight = sentTimestamp.refine(
  (moment) => new Date(moment).getTime() % dayMs === 0,
  'must be at midnight in UTC: totals are kept by whole days',
);

/** What the report can be narrowed by. */
export const integrityQuery = listQuery
  .extend({
    asset: assetCode.optional().meta({ description: 'This asset, and no item that is not named' }),
    item: code.optional().meta({ description: 'This item, and no asset that is not named' }),
    from: midnight.optional().meta({ description: 'The first day of faucets and sinks, by its midnight in UTC' }),
    to: midnight.optional().meta({ description: 'The day before which they end, by its midnight in UTC' }),
  })
  .superRefine(({ from, to }, context) => {
    if (from !== undefined && to !== undefined && new Date(from) >= new Date(to))
      context.addIssue({ code: 'custom', path: ['to'], message: 'must be after from' });
  });

/** A sum of amounts. It can have more digits than a balance, over time or where the books do not hold. */
const total = z
  .string()
  .regex(/^(0|-?[1-9][0-9]*)$/)
  .meta({ id: 'Total', description: 'Minor units, or instances, as a decimal string', examples: ['250'] });

const flowOfReason = z
  .strictObject({
    reason: z.string().optional().meta({ description: 'Missing for all other reasons together' }),
    amount: total,
  })
  .meta({ id: 'FlowOfReason' });
const flow = z.array(flowOfReason).meta({ id: 'Flow' });

const brokenCheck = z
  .strictObject({
    check: z.enum(['sum', 'faucets', 'sinks', 'entries', 'instances']),
    expected: total,
    found: total,
  })
  .meta({ id: 'BrokenCheck' });
const breaks = z
  .array(brokenCheck)
  .meta({ id: 'Breaks', description: 'What does not hold, each with the two numbers that ought to be the same' });

const assetIntegrity = z
  .strictObject({
    asset: assetCode,
    holds: z.boolean(),
    supply: total.meta({ description: 'What all owners but system:mint have together' }),
    sum: total.meta({ description: 'What all owners have together, system:mint included: 0' }),
    faucets: flow.meta({ description: 'What has left system:mint in the period, by reason, the largest first' }),
    sinks: flow.meta({ description: 'What came back to system:mint in the period, by reason, the largest first' }),
    breaks,
  })
  .meta({ id: 'AssetIntegrity' });

const itemIntegrity = z
  .strictObject({
    item: code,
    holds: z.boolean(),
    minted: total,
    burned: total,
    owned: total,
    held: total,
    breaks,
  })
  .meta({ id: 'ItemIntegrity', description: 'minted − burned = owned + held' });

/** What the books of a title say about themselves. */
export const integrity = z
  .strictObject({
    holds: z.boolean().meta({ description: 'Whether all that was asked for holds, on all pages' }),
    at: timestamp.meta({ description: 'When the later of the snapshots was taken' }),
    snapshots: z
      .strictObject({ ledger: timestamp.optional(), inventory: timestamp.optional() })
      .meta({ id: 'Snapshots', description: 'When each was taken; missing where nothing was asked of it' }),
    entriesCheckedSince: timestamp.optional().meta({
      description: 'Since then every entry was looked at; missing before the check has come through once',
    }),
    assets: z.array(assetIntegrity),
    items: z.array(itemIntegrity),
    next: z.string().nullable(),
  })
  .meta({ id: 'Integrity' });
