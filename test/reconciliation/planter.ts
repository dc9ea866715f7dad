import type { BreakType } from '../../src/reconciliation/break-types.rules.js';
import type { Damage } from './histories.js';
import { grantedPlants } from './planter-granted.js';
import { moneyPlants } from './planter-money.js';
import { providerPlants } from './planter-provider.js';
import { valuePlants } from './planter-value.js';

/** What a plant is about, as its SQL answers it: texts by their names. */
export type Site = Readonly<Record<string, string>>;

/** A way to break a history. */
export interface Plant {
  type: BreakType;
  name: string;
  /** The places where it is possible, as SQL. A site has an `id`. */
  sites: string;
  /** At how many sites it is planted at most. What is summed up is one break, wherever it comes from. */
  most?: number;
  /** What is changed at one site. */
  damage(site: Site): Damage;
  /** What is to be found of it, as `type subject account asset amount`. */
  found(site: Site): string;
  /** What the same damage truly is besides, because another record is wrong by it too. */
  implies?(sites: readonly Site[]): string[];
}

/** At how many sites each is planted, where there are so many. */
export const planted = 20;

/** All of them. Type 24 does not exist, and 34 is what is found before its time: see planter-pending.ts. */
export const plants: readonly Plant[] = [...valuePlants, ...grantedPlants, ...moneyPlants, ...providerPlants];

/** The sites that a seed draws, in its order. */
export function drawn(plant: Pick<Plant, 'sites' | 'most'>, seed: string): string {
  return `select * from (${plant.sites}) s order by md5('${seed}' || s.id) limit ${plant.most ?? planted}`;
}

/** Books a transfer of one leg two days ago, as the ledger does: entries, balances, totals of the mint, outcome. */
export const bookFunction = `create or replace function pg_temp.book(transfer uuid, reason text, reference text,
  key text, src text, dst text, asset text, amount numeric) returns void language plpgsql as $$
  declare
    place bigint := (select max(sequence) + 1 from ledger.transfers);
    side record;
  begin
    insert into ledger.transfers (id, sequence, title, kind, reason, reference, created_at)
    values (transfer, place, 'arena', 'paid', book.reason, book.reference, now() - interval '2 days');
    insert into ledger.outcomes (title, key, state, transfer_id) values ('arena', book.key, 'posted', transfer);
    for side in select * from (values (src, -amount), (dst, amount)) s (owner, moved) loop
      with account as (
        update ledger.accounts a set version = version + 1, credits_posted = credits_posted + greatest(side.moved, 0),
          debits_posted = debits_posted + greatest(-side.moved, 0)
        where a.owner = side.owner and a.asset = book.asset and a.title = 'arena'
        returning id, version, credits_posted - debits_posted as balance
      ), entry as (
        insert into ledger.entries (account_id, version, transfer_id, sequence, leg, amount, posted, available)
        select id, version, transfer, place, 0, side.moved, balance, balance from account
      )
      insert into ledger.mint_totals (account_id, day, flow, reason, amount)
      select id, ((now() - interval '2 days') at time zone 'utc')::date,
        case when side.moved < 0 then 'faucet' else 'sink' end, book.reason, abs(side.moved)
      from account where side.owner = 'system:mint'
      on conflict on constraint mint_totals_pkey do update set amount = mint_totals.amount + excluded.amount;
    end loop;
  end $$`;
