import { plainArray, type Parameters } from '../postgres/parameters.js';
import type { NewTransfer } from './ledger.types.js';
import { mintTotalsOf } from './mint-totals.rules.js';

/** How many reasons of an asset a day knows by their names. The others of the day share the empty name. */
const maxReasonsOfDay = 100;

/**
 * Adds what transfers move from and to mints to the totals of the day, as a CTE with a comma behind it. The account of
 * a mint is locked by whoever books on it, so nobody waits for its totals, and the reasons of a day are counted by one
 * call after the other.
 */
export function mintTotalsUpsert(parameters: Parameters, transfers: readonly NewTransfer[]): string {
  const totals = mintTotalsOf(transfers);
  if (totals.length === 0) return '';
  const { rows } = parameters.columns({
    account_id: ['bigint', plainArray(totals.map(({ account }) => account))],
    flow: ['text', totals.map(({ flow }) => flow)],
    reason: ['text', totals.map(({ reason }) => reason)],
    amount: ['numeric', plainArray(totals.map(({ amount }) => amount))],
  });
  return `minted as (
      insert into ledger.mint_totals (account_id, day, flow, reason, amount)
      select g.account_id, now()::date, g.flow, named.reason, sum(g.amount) from ${rows}
      cross join lateral (
        select case when known or others < ${maxReasonsOfDay} then g.reason else '' end as reason from (
          select
            exists (select from ledger.mint_totals t where t.account_id = g.account_id and t.day = now()::date
              and t.flow = g.flow and t.reason = g.reason) as known,
            (select count(*) from ledger.mint_totals t
              where t.account_id = g.account_id and t.day = now()::date) as others) day) named
      group by g.account_id, g.flow, named.reason
      on conflict (account_id, day, flow, reason) do update set amount = mint_totals.amount + excluded.amount), `;
}
