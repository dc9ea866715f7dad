import { z } from 'zod';
import { amount, assetCode, balanceAmount, pageOf, text, timestamp, transferId } from '../http/shapes.js';
import type { PlayerBalance } from './ledger.types.js';

const state = z.enum(['open', 'frozen', 'closed']).meta({ id: 'AccountState' });
const debtLimit = z
  .string()
  .regex(
    /^(0|[1-9][0-9]{0,17})$/,
    'must be 0, or a decimal string of 1 to 18 digits without sign, point or leading zero',
  )
  .meta({ id: 'DebtLimit', description: 'How far below zero an account may go, in minor units', examples: ['100'] });
const operated = { operator: text(200), reason: text(200) };

export const stateOrder = z
  .strictObject({ state, ...operated })
  .meta({ id: 'StateOrder', examples: [{ state: 'frozen', operator: 'olga', reason: 'The card was stolen.' }] });

export const debtLimitOrder = z
  .strictObject({ debtLimit, ...operated })
  .meta({ id: 'DebtLimitOrder', examples: [{ debtLimit: '100', operator: 'olga', reason: 'A player of ten years.' }] });

export const balance = z
  .strictObject({
    asset: assetCode,
    posted: balanceAmount,
    held: balanceAmount,
    available: balanceAmount,
    version: z.int().meta({ description: 'How many entries the account has', examples: [3] }),
    state,
    debtLimit,
  })
  .meta({ id: 'Balance' });
/** Every balance of a player. There are as many as the title has assets at most, so it is one answer. */
export const balances = z.strictObject({ data: z.array(balance) }).meta({ id: 'Balances' });

export const accountChange = z
  .strictObject({
    setting: z.enum(['state', 'debtLimit']),
    from: z.string(),
    to: z.string(),
    operator: z.string(),
    reason: z.string(),
    createdAt: timestamp,
  })
  .meta({ id: 'AccountChange' });
export const accountChangePage = pageOf(accountChange).meta({ id: 'AccountChangePage' });

export const debt = z
  .strictObject({
    asset: assetCode,
    transfer: transferId.meta({ description: 'What has made the debt' }),
    reason: z.string(),
    reference: z.string().optional(),
    amount,
    paid: balanceAmount,
    state: z.enum(['open', 'paid']),
    createdAt: timestamp,
  })
  .meta({ id: 'Debt' });
export const debtPage = pageOf(debt).meta({ id: 'DebtPage' });

export const debtPayment = z
  .strictObject({
    debt: transferId.meta({ description: 'The transfer that has made the debt' }),
    transfer: transferId.meta({ description: 'The transfer that has paid of it' }),
    amount,
    createdAt: timestamp,
  })
  .meta({ id: 'DebtPayment' });
export const debtPaymentPage = pageOf(debtPayment).meta({ id: 'DebtPaymentPage' });

/** A balance as it is answered. */
export function shownBalance(now: PlayerBalance): z.infer<typeof balance> {
  return {
    asset: now.asset,
    posted: now.posted.toString(),
    held: now.held.toString(),
    available: now.available.toString(),
    version: Number(now.version),
    state: now.state,
    debtLimit: now.debtLimit.toString(),
  };
}
