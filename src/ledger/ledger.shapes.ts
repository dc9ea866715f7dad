import { z } from 'zod';
import { amount, assetCode, balanceAmount, code, owner, pageOf, text, timestamp, transferId } from '../http/shapes.js';
import { maxLegs, maxWriteOffLegs } from './element.rules.js';

/** The body of a definition. */
export const sentAsset = z
  .strictObject({
    name: text(200),
    kind: z.enum(['currency', 'stackable']),
    scale: z.int().min(0).max(18).optional().meta({
      description: 'How many decimals the minor unit is away from what people call one of it; 0 where it is missing',
    }),
    maxBalance: amount.optional().meta({ description: 'The most that a player can come to hold, in minor units' }),
    tradeable: z.boolean().optional().meta({ description: 'True where it is missing' }),
  })
  .meta({ id: 'SentAsset', examples: [{ name: 'Gold', kind: 'currency' }] });

export const asset = z
  .strictObject({
    code: assetCode,
    name: z.string(),
    kind: z.enum(['currency', 'stackable']),
    scale: z.int(),
    maxBalance: amount.optional(),
    tradeable: z.boolean(),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Asset' });
export const assetPage = pageOf(asset).meta({ id: 'AssetPage' });

const leg = z.strictObject({ from: owner, to: owner, asset: code, amount }).meta({ id: 'Leg' });

/** A leg as it was booked: accounts of a provider, which no caller can name, are answered all the same. */
const bookedLeg = z
  .strictObject({
    from: z.string(),
    to: z.string(),
    asset: assetCode,
    amount,
    reversed: amount.optional().meta({ description: 'How much of it is reversed by now; missing where nothing is' }),
  })
  .meta({ id: 'BookedLeg' });

const debit = z
  .union([
    z.strictObject({ policy: z.enum(['refuse', 'debt', 'freeze']) }).meta({ id: 'WholeDebit' }),
    z
      .strictObject({
        policy: z.literal('available'),
        writeOff: z.enum(['system:mint', 'system:store', 'system:fees']),
      })
      .meta({ id: 'AvailableDebit' }),
  ])
  .meta({
    id: 'Debit',
    description:
      'What becomes of a leg from a player who has too little. By `debt` and `freeze` they owe the rest, and ' +
      '`freeze` freezes all their accounts as well; by `available` it is written off. All three need ' +
      '`transfers:force`.',
  });

/** The body of a transfer. */
export const newTransfer = z
  .strictObject({
    legs: z
      .array(leg)
      .min(1)
      .max(maxLegs)
      .meta({
        description:
          'No two legs have the same `from`, `to` and `asset`, and none has one owner as both. ' +
          `Where a debit writes off, there are at most ${maxWriteOffLegs}, and none from a player to \`writeOff\``,
      }),
    reason: text(200),
    reference: text(200).optional(),
    debit: debit.optional(),
  })
  .superRefine(({ legs, debit: asked }, context) => {
    const writeOff = asked?.policy === 'available' ? asked.writeOff : undefined;
    if (writeOff !== undefined && legs.length > maxWriteOffLegs)
      context.addIssue({
        code: 'custom',
        path: ['legs'],
        message: `must be at most ${maxWriteOffLegs} where losses are written off`,
      });
    const seen = new Set<string>();
    for (const [index, { from, to, asset: moved }] of legs.entries()) {
      if (from === to)
        context.addIssue({ code: 'custom', path: ['legs', index, 'to'], message: 'must be another owner than from' });
      if (to === writeOff && from.startsWith('player:'))
        context.addIssue({
          code: 'custom',
          path: ['legs', index, 'to'],
          message: 'must be another owner than writeOff',
        });
      const name = `${from} ${to} ${moved}`;
      if (seen.has(name))
        context.addIssue({ code: 'custom', path: ['legs', index], message: 'is there twice; add the amounts up' });
      seen.add(name);
    }
  })
  .meta({
    id: 'NewTransfer',
    examples: [
      { legs: [{ from: 'system:mint', to: 'player:alice', asset: 'gold', amount: '1000' }], reason: 'welcome' },
    ],
  });

const reversedLeg = z
  .strictObject({
    leg: z
      .int()
      .min(0)
      .max(maxLegs - 1),
    amount,
  })
  .meta({ id: 'ReversedLeg' });

export const reversalOrder = z
  .strictObject({
    reason: text(200),
    amount: amount.optional().meta({ description: 'So much of the one leg that the transfer has' }),
    legs: z
      .array(reversedLeg)
      .min(1)
      .max(maxLegs)
      .optional()
      .meta({
        description:
          'So much of each of these legs, which are counted from 0; what is not named stays. No leg is named twice, ' +
          'and there is no `amount` beside them',
      }),
  })
  .superRefine(({ amount: whole, legs = [] }, context) => {
    if (whole !== undefined && legs.length > 0)
      context.addIssue({ code: 'custom', path: ['amount'], message: 'must be left out where there are legs' });
    for (const [index, { leg: place }] of legs.entries()) {
      if (legs.findIndex((other) => other.leg === place) < index)
        context.addIssue({ code: 'custom', path: ['legs', index, 'leg'], message: 'is there twice' });
    }
  })
  .meta({
    id: 'ReversalOrder',
    examples: [{ reason: 'granted by mistake' }, { reason: 'half of it', legs: [{ leg: 0, amount: '500' }] }],
  });

const transferFields = {
  id: transferId,
  sequence: z.int().meta({ description: 'Grows with the versions of every account', examples: [42] }),
  kind: z.enum(['transfer', 'exchange', 'paid', 'reversal']),
  legs: z.array(bookedLeg),
  reason: z.string(),
  reference: z.string().optional(),
  reverses: transferId.optional(),
  forced: z
    .enum(['debt', 'freeze', 'available'])
    .optional()
    .meta({ description: 'The policy of its debit; missing where it was not forced' }),
  createdAt: timestamp,
};

export const transfer = z.strictObject(transferFields).meta({ id: 'Transfer' });
export const transferPage = pageOf(transfer).meta({ id: 'TransferPage' });

const balanceAfter = z
  .strictObject({ owner: z.string(), asset: assetCode, posted: balanceAmount, available: balanceAmount })
  .meta({ id: 'BalanceAfter' });

/** A transfer as its request is answered: with what every touched account held right after it. */
export const postedTransfer = z
  .strictObject({ ...transferFields, balances: z.array(balanceAfter) })
  .meta({ id: 'PostedTransfer' });

export const entry = z
  .strictObject({
    asset: assetCode,
    version: z.int(),
    amount: balanceAmount.meta({ description: 'Negative where it was taken' }),
    posted: balanceAmount.meta({ description: 'What the account held right after it' }),
    available: balanceAmount,
    transfer: transferId,
    createdAt: timestamp,
  })
  .meta({ id: 'Entry' });
export const entryPage = pageOf(entry).meta({ id: 'EntryPage' });
