import type { EntityManager } from 'typeorm';
import { repairsOf, type Repair, type Repairable, type RepairAction } from './repairs.rules.js';
import { runUuid, type Asking } from './runs.statements.js';

/** How many breaks are read at once. */
const breaksAtOnce = 2_000;

/**
 * Writes down what a run does about its breaks, in its transaction. Of a type with too many it does nothing.
 * @param most how many are made of one type at most
 */
export async function planRepairs(tx: EntityManager, run: string, most: number): Promise<void> {
  for (let after = 0, isLast = false; !isLast;) {
    const breaks = await tx.query<(Repairable & { number: number })[]>(
      `select number, type, title, subject, place from reconciliation.breaks
       where run = $1 and number > $2 and type <> 34 order by number limit ${breaksAtOnce}`,
      [runUuid(run), after],
    );
    await insertRepairs(tx, run, after, repairsOf(breaks));
    isLast = breaks.length < breaksAtOnce;
    after = breaks.at(-1)?.number ?? after;
  }
  await tx.query(
    `update reconciliation.repairs set state = 'stopped' where run = $1 and type in (
       select type from reconciliation.repairs where run = $1 group by type having count(*) > $2)`,
    [runUuid(run), most],
  );
}

async function insertRepairs(tx: EntityManager, run: string, from: number, repairs: readonly Repair[]): Promise<void> {
  await tx.query(
    `insert into reconciliation.repairs (run, number, type, action, title, subject, state)
     select $1, $2 + number, type, action, title, subject, 'planned'
     from unnest($3::smallint[], $4::text[], $5::text[], $6::text[])
       with ordinality as r (type, action, title, subject, number)
     on conflict (run, type, subject) do nothing`,
    [
      runUuid(run),
      from,
      repairs.map(({ type }) => type),
      repairs.map(({ action }) => action),
      repairs.map(({ title }) => title),
      repairs.map(({ subject }) => subject),
    ],
  );
}

/** A repair that is to be made. */
export interface PlannedRepair {
  /** Its place among the repairs of the run. */
  number: number;
  action: RepairAction;
  title: string;
  subject: string;
  /** Where a provider is asked: the intents that were told for the purchase. */
  intents: string[];
}

/** What a run that may repair has planned and not made, behind one of its repairs. */
export async function readPlanned(
  manager: Asking,
  run: string,
  { after, limit }: { after: number; limit: number },
): Promise<PlannedRepair[]> {
  return manager.query(
    `select number, action, p.title, subject,
       case when action = 'look' then array(
         select o.id from reconciliation.provider_objects o
         where o.title = p.title and o.purchase = p.subject and o.kind = 'payment_intent' and o.provider in (
           select provider from reconciliation.provider_lists l where l.title = p.title)
         order by o.id) else '{}' end as intents
     from reconciliation.repairs p join reconciliation.runs r on r.id = p.run
     where run = $1 and p.state = 'planned' and r.repair = 'make' and number > $2 order by number limit $3`,
    [runUuid(run), after, limit],
  );
}

/** Says that repairs were made. */
export async function noteMade(
  manager: Asking,
  run: string,
  action: RepairAction,
  made: readonly string[],
): Promise<void> {
  await manager.query(
    `update reconciliation.repairs set state = 'made', made_at = now()
     where run = $1 and action = $2 and subject = any($3::text[]) and state = 'planned'`,
    [runUuid(run), action, made],
  );
}
