import type { DealTable } from './deals.types.js';

/*
 * What deals ought to move, computed by PostgreSQL from their rows. It is what `oughtOf` says of them, without what is
 * rare. A deal of which it says something else than was booked is held to `oughtOf` itself.
 */

/** Statements over `due`, which has the rows of closed deals of one kind. */
export interface DealWants {
  columns: readonly string[];
  /** The `id` and `title` of each deal with `giver`, `taker`, `asset` and `amount` of each of its legs. */
  legs: string;
  /**
   * The `id` and `title` of each deal with each `instance` that it names, `giver` and `taker`. The giver of a mint is
   * null.
   */
  handovers: string;
}

const sides = '(values (0, 1), (1, 0)) as s (giver, taker)';
const ends = `'player:' || (d.parties->s.giver->>'player') as giver,
  'player:' || (d.parties->s.taker->>'player') as taker`;

const trades: DealWants = {
  columns: ['parties'],
  legs: `select d.id, d.title, ${ends}, x->>'asset' as asset, (x->>'amount')::numeric as amount
    from due d cross join ${sides} cross join jsonb_array_elements(d.parties->s.giver->'gives'->'amounts') x`,
  handovers: `select d.id, d.title, ${ends}, substr(x, 5)::uuid as instance
    from due d cross join ${sides} cross join jsonb_array_elements_text(d.parties->s.giver->'gives'->'items') x`,
};

const purchases: DealWants = {
  columns: ['player', 'pay', 'content'],
  legs: `select * from (
      select d.id, d.title, case when d.pay ? 'currency' then 'system:mint' else 'player:' || d.player end as giver,
        case when d.pay ? 'currency' then 'system:clearing:' || (d.pay->>'provider') else 'system:store' end as taker,
        coalesce(d.pay->>'currency', d.pay->>'asset') as asset, (d.pay->>'amount')::numeric as amount
      from due d
      union all
      select d.id, d.title, 'system:mint', 'player:' || d.player, x->>'asset', (x->>'amount')::numeric
      from due d cross join jsonb_array_elements(d.content->'amounts') x) l
    where amount <> 0`,
  handovers: `select d.id, d.title, null as giver, 'player:' || d.player as taker, substr(x, 5)::uuid as instance
    from due d cross join jsonb_array_elements(d.content->'items') i
    cross join jsonb_array_elements_text(i->'instances') x`,
};

/** What PostgreSQL can say of a kind. Refunds are few, and each has its own exceptions. */
export const dealWants: Readonly<Record<DealTable['name'], DealWants | null>> = { trades, purchases, refunds: null };
