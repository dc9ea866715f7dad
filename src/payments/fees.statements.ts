import type { EntityManager } from 'typeorm';
import type { Provider } from './accounts.types.js';
import type { ProviderFee } from './provider.types.js';

/* What the provider keeps of captured payments, until it is booked. */

/** A captured payment whose fee is not booked. */
export interface FeeDue {
  id: string;
  title: string;
  provider: Provider;
  reference: string;
  /** What the provider has told, or null where it has not yet. */
  fee: ProviderFee | null;
}

interface FeeRow {
  id: string;
  title: string;
  provider: Provider;
  reference: string;
  fee: string | null;
  fee_currency: string | null;
  balance_transaction: string | null;
}

/**
 * Takes payments whose fee is due. They are due again later, the older the more seldom, unless the fee is booked: after
 * half their age, from 5 seconds to an hour.
 */
export async function takeFeesDue(manager: EntityManager, limit: number): Promise<FeeDue[]> {
  const rows = await manager.query<FeeRow[]>(
    `with due as (
       select id from payments.payments where fee_due_at <= now() order by fee_due_at limit $1
       for no key update skip locked
     ), taken as (
       update payments.payments p
       set fee_due_at = now() + least(greatest((now() - p.created_at) / 2, interval '5 seconds'), interval '1 hour')
       from due where p.id = due.id
       returning p.id, p.title, p.provider, p.reference, p.fee, p.fee_currency, p.balance_transaction
     )
     select * from taken`,
    [limit],
  );
  return rows.map(({ fee, fee_currency: currency, balance_transaction: transaction, ...row }) => ({
    ...row,
    fee:
      fee === null || currency === null || transaction === null ? null : { amount: BigInt(fee), currency, transaction },
  }));
}

/** Writes what the provider has told of fees, in a transaction. What was told first stays. */
export async function writeFees(tx: EntityManager, fees: readonly (ProviderFee & { id: string })[]): Promise<void> {
  if (fees.length === 0) return;
  const ids = fees.map(({ id }) => id);
  await tx.query('select 1 from payments.payments where id = any($1::text[]) order by id for no key update', [ids]);
  await tx.query(
    `update payments.payments p
     set fee = g.fee, fee_currency = g.currency, balance_transaction = g.transaction
     from unnest($1::text[], $2::bigint[], $3::text[], $4::text[]) as g (id, fee, currency, transaction)
     where p.id = g.id and p.fee is null`,
    [
      ids,
      fees.map(({ amount }) => String(amount)),
      fees.map(({ currency }) => currency),
      fees.map(({ transaction }) => transaction),
    ],
  );
}

/** Says that the fees of payments are booked. */
export async function endFees(manager: EntityManager, ids: readonly string[]): Promise<void> {
  await manager.query('update payments.payments set fee_due_at = null where id = any($1::text[]) and fee is not null', [
    ids,
  ]);
}
