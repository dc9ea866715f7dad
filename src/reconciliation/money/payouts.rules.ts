import type { Found } from './money-bundle.types.js';
import { kindOf } from './movement-kinds.rules.js';
import type { Bodies } from './provider-objects.types.js';

/** A payout with the sum of each kind of movement in it, without the fees. */
export interface PayoutRow {
  title: string;
  provider: string;
  id: string;
  body: Record<string, unknown>;
  at: Date;
  contents: { type: string; net: string; currency: string }[];
}

/** The movements of a payout itself. They are not what it pays out. */
const ownKinds = ['payout', 'payout_cancel', 'payout_failure'];

/**
 * Holds a payout to what it contains. The provider tells that of automatic ones alone, and not before they are made up.
 */
export function judgePayout({ id, body, at, contents }: PayoutRow): Found[] {
  const { amount, currency, automatic, contents: told, status } = body as unknown as Bodies['payout'];
  const isTold = automatic && (told === null || told === 'completed');
  if (!isTold || status === 'failed' || status === 'canceled') return [];
  const lines = contents.filter(({ type }) => !ownKinds.includes(type));
  const sum = lines.reduce((total, one) => total + BigInt(one.net), 0n);
  const isOther = lines.some((one) => one.currency !== currency);
  if (sum === BigInt(amount) && !isOther) return [];
  const said = lines.map((one) => {
    const label = kindOf(one.type) === undefined ? `unknown (${one.type})` : one.type;
    return `${label} ${one.net} ${one.currency}`;
  });
  const detail = `The payout ${id} is of ${amount} ${currency}, and contains ${sum}: ${said.join(', ') || 'nothing'}.`;
  return [{ type: 25, subject: id, asset: currency, amount: sum - BigInt(amount), detail, since: at, graceMs: 0 }];
}
