import { kindOf } from './movement-kinds.rules.js';
import type { Found } from './money-bundle.types.js';
import type { RecordRow } from './provider-objects.types.js';
import type { Bodies, ObjectKind } from './provider-objects.types.js';

/* Whether what the provider has is ours, and stays as it was settled. */

/** Whose a record is. What another application or another title has made is foreign, and no finding. */
export type Owner = 'ours' | 'unknown' | 'foreign' | 'nobody';

/** Says whose a record is. @param isKnown whether a payment of the title is known by the key or by the intent */
export function ownerOf(record: RecordRow, isKnown: boolean): Owner {
  const { title, body, intent } = record;
  const named = intent ?? body;
  const [titled, purchase] = [named['title'] ?? null, purchaseOf(record)];
  if (titled !== null && titled !== title) return 'foreign';
  if (isKnown) return 'ours';
  if (titled !== null && purchase !== null) return 'unknown';
  return (intent?.['foreign'] ?? body['foreign'] ?? null) === null ? 'nobody' : 'foreign';
}

/** The purchase that a record names. */
export function purchaseOf({ body, intent }: RecordRow): string | null {
  const purchase = intent?.['purchase'] ?? body['purchase'];
  return typeof purchase === 'string' ? purchase : null;
}

/** What is wrong with a record, by itself. */
export function judgeRecord(record: RecordRow, owner: Owner): Found[] {
  return [...judgeChange(record), ...judgeKind(record), ...judgeOwner(record, owner)];
}

const amounts: Readonly<Record<ObjectKind, string>> = {
  payment_intent: 'received',
  charge: 'captured',
  refund: 'amount',
  dispute: 'amount',
  balance_transaction: 'amount',
  payout: 'amount',
};

function judgeChange({ kind, id, body, before, beforeAt }: RecordRow): Found[] {
  if (before === null || beforeAt === null) return [];
  const [now, then] = [body, before].map((one) => BigInt(String(one[amounts[kind]] ?? 0)));
  const names = Object.keys(body).filter((name) => JSON.stringify(body[name]) !== JSON.stringify(before[name]));
  const told = names.map((name) => `${name} from ${String(before[name])} to ${String(body[name])}`).join(', ');
  const detail = `The ${kind} ${id} has changed after it was settled: ${told || 'and back'}.`;
  const amount = (now ?? 0n) - (then ?? 0n);
  return [{ type: 32, subject: id, asset: String(body['currency']), amount, detail, since: beforeAt, graceMs: 0 }];
}

function judgeKind({ kind, id, body, at }: RecordRow): Found[] {
  if (kind !== 'balance_transaction') return [];
  const { type, amount, currency } = body as unknown as Bodies['balance_transaction'];
  if (kindOf(type) !== undefined) return [];
  const detail = `${id} has moved ${amount} ${currency} by ${type}, which is no kind of movement that is known.`;
  return [{ type: 33, subject: id, asset: currency, amount: BigInt(amount), detail, since: at, graceMs: 0 }];
}

function judgeOwner(record: RecordRow, owner: Owner): Found[] {
  if (owner === 'ours' || owner === 'foreign') return [];
  const moved = movedBy(record);
  if (moved === 0n) return [];
  const { kind, id, body, at } = record;
  const of = { subject: id, asset: String(body['currency']), since: at, graceMs: 0 };
  if (owner === 'nobody') {
    const detail = `The ${kind} ${id} has moved ${moved} ${of.asset}, and has no key of ours nor of anybody else.`;
    return [{ ...of, type: 22, amount: moved, detail }];
  }
  if (kind !== 'payment_intent') return [];
  const detail = `${moved} ${of.asset} are captured on ${id} for ${purchaseOf(record)}, which nobody knows.`;
  return [{ ...of, type: 3, amount: moved, detail }];
}

/** What a record has moved, where it is the one that is counted. A movement on the balance is that of its record. */
function movedBy({ kind, body, source, intentId }: RecordRow): bigint {
  switch (kind) {
    case 'payment_intent': {
      const { status, received, purchase } = body as unknown as Bodies['payment_intent'];
      return status === 'succeeded' && purchase !== null ? BigInt(received) : 0n;
    }
    case 'charge':
      return BigInt((body as unknown as Bodies['charge']).captured);
    case 'refund': {
      const { status, amount } = body as unknown as Bodies['refund'];
      return status === 'succeeded' ? -BigInt(amount) : 0n;
    }
    case 'dispute': {
      const { transactions } = body as unknown as Bodies['dispute'];
      return transactions.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
    }
    case 'balance_transaction': {
      const { type, amount } = body as unknown as Bodies['balance_transaction'];
      const whose = kindOf(type);
      const isCounted = source !== null || intentId !== null || whose === 'account' || whose === undefined;
      return isCounted ? 0n : BigInt(amount);
    }
    case 'payout':
      return 0n;
  }
}
