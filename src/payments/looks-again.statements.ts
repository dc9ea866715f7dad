import type { EntityManager } from 'typeorm';
import type { Provider } from './accounts.types.js';

/* What is read and written to have payments looked at again. */

/** A payment that is looked at again. */
export interface LookedPayment {
  id: string;
  title: string;
  provider: Provider;
  /** Its intent, or null where it has none. */
  reference: string | null;
  /** Whether it has ended without money. */
  ended: boolean;
}

/** Locks payments. */
export async function readPaymentsForLook(
  tx: EntityManager,
  payments: readonly { id: string; title: string }[],
): Promise<LookedPayment[]> {
  return tx.query(
    `select p.id, p.title, p.provider, p.reference, p.state = 'cancelled' as ended
     from payments.payments p join unnest($1::text[], $2::text[]) as g (id, title) on p.id = g.id and p.title = g.title
     order by p.id for no key update of p`,
    [payments.map(({ id }) => id), payments.map(({ title }) => title)],
  );
}

/** Has the fees of captured payments asked for now that are not known. */
export async function askForFees(tx: EntityManager, ids: readonly string[]): Promise<void> {
  await tx.query(
    `update payments.payments set fee_due_at = now()
     where id = any($1::text[]) and state = 'captured' and (fee is null or fee_due_at is not null)`,
    [ids],
  );
}

/** Has the intents of payments looked at now that no payment takes, where not all is said of them. */
export async function wakeOrphansOf(tx: EntityManager, payments: readonly string[]): Promise<void> {
  await tx.query(
    `with open as (
       select id from payments.orphans
       where payment = any($1::text[]) and state <> 'taken' and (state <> 'returned' or fee is null)
       order by id for no key update)
     update payments.orphans o set due_at = now(), looks = 0, updated_at = now() from open where o.id = open.id`,
    [payments],
  );
}
