import { idPrefixes } from '../forms.js';
import { idOf } from '../ids.js';
import type { Altered } from './content.reads.js';
import type { Asking } from './runs.statements.js';

/** The last link of the chain. */
export interface Link {
  id: string;
  chain: bigint;
  hash: Buffer;
  /** What was open after it, by class. */
  open: Record<string, string>;
  /** What is wrong with the end of the chain: its last links are gone, or nothing says any more which they were. */
  altered: Altered[];
}

/**
 * The last link of the chain as it was kept apart from the runs, or null before the first. A run that is gone is the
 * last link all the same, so that what comes after it never fits.
 */
export async function readHead(manager: Asking): Promise<Link | null> {
  const [row] = await manager.query<
    { id: string; chain: string; hash: Buffer; open: Record<string, string>; last: string; isKept: boolean }[]
  >(
    `with last as (
       select id, chain, hash, continuity->'open' as open from reconciliation.runs where chain is not null
       order by chain desc limit 1)
     select coalesce(h.run, l.id) as id, coalesce(h.chain, l.chain)::text as chain, coalesce(h.hash, l.hash) as hash,
       coalesce(h.open, l.open) as open, coalesce(l.chain, 0)::text as last, h.run is not null as "isKept"
     from (select) one left join reconciliation.chain_head h on true left join last l on true
     where h.run is not null or l.id is not null`,
  );
  if (row === undefined) return null;
  const { open, hash, isKept } = row;
  const id = idOf(idPrefixes.reconciliation, row.id);
  const [chain, last] = [BigInt(row.chain), BigInt(row.last)];
  const what = !isKept
    ? ['what was kept of the end of the chain is gone']
    : last < chain
      ? [`it was link ${chain}, the last one, and ${chain - last === 1n ? 'it is' : `${chain - last} links are`} gone`]
      : last > chain
        ? ['it is not the last link of the chain, as it was kept']
        : [];
  return { id, chain, hash, open, altered: what.map((one) => ({ id, what: one })) };
}
