import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { idPrefixes, playerOwner } from '../forms.js';
import type { PageRow, Place } from '../http/page.js';
import { idOf } from '../ids.js';
import { LEDGER_DATABASE } from '../postgres/data-sources.js';

/** What a player came to owe by one transfer, in minor units. */
export interface Debt {
  asset: string;
  /** `trf_…` that made it, with its reason and reference. */
  transfer: string;
  reason: string;
  reference: string | null;
  amount: bigint;
  paid: bigint;
  createdAt: Date;
}

/** What income has paid of one debt. */
export interface DebtPayment {
  /** `trf_…` that made the debt. */
  debt: string;
  /** `trf_…` that the player was given something by. */
  transfer: string;
  amount: bigint;
  createdAt: Date;
}

/** What a list of debts can be narrowed by. */
export interface DebtFilter {
  asset?: string | undefined;
  state?: 'open' | 'paid' | undefined;
}

/**
 * What the accounts have paid of all that they ever owed. A debt is paid as far as that reaches into its piece of the
 * line, so the oldest is paid first.
 */
const paidOf = 'a.owed - greatest(0, a.debits_posted - a.credits_posted)';

/** Reads of what players owe. They are strongly consistent. Lists answer up to `limit` + 1 rows, newest first. */
@Injectable()
export class DebtReads {
  constructor(@Inject(LEDGER_DATABASE) private readonly dataSource: DataSource) {}

  async debts(
    title: string,
    player: string,
    { asset, state }: DebtFilter,
    limit: number,
    from: Place | undefined,
  ): Promise<PageRow<Debt>[]> {
    interface Row {
      asset: string;
      sequence: string;
      account_id: string;
      transfer_id: string;
      reason: string;
      reference: string | null;
      amount: string;
      paid: string;
      created_at: Date;
    }
    // The debt that the payments have come to parts those that are paid from those that are open.
    const rows = await this.dataSource.query<Row[]>(
      `select a.asset, d.sequence, d.account_id, d.transfer_id, t.reason, t.reference, d.amount, t.created_at,
         least(d.amount, greatest(0, p.paid - d.owed_before)) as paid
       from ledger.accounts a
       cross join lateral (select ${paidOf} as paid) p
       cross join lateral (select (
         select sequence from ledger.debts where account_id = a.id and owed_before <= p.paid
         order by owed_before desc limit 1) as sequence) reached
       cross join lateral (
         select * from ledger.debts
         where account_id = a.id
           and sequence <= least(9223372036854775807, $6::bigint, case when $4 = 'paid' then reached.sequence end)
           and sequence >= greatest(0, case when $4 = 'open' then reached.sequence end)
           and ($4::text is null or (p.paid >= owed_before + amount) = ($4 = 'paid'))
           and ($6::bigint is null or (sequence, account_id) < ($6, $7::bigint))
         order by sequence desc limit $5) d
       join ledger.transfers t on t.id = d.transfer_id
       where a.title = $1 and a.owner = $2 and ($3::text is null or a.asset = $3)
       order by d.sequence desc, d.account_id desc limit $5`,
      [title, playerOwner(player), asset, state, limit + 1, from?.major, from?.minor],
    );
    return rows.map((row) => ({
      major: row.sequence,
      minor: row.account_id,
      body: {
        asset: row.asset,
        transfer: idOf(idPrefixes.transfer, row.transfer_id),
        reason: row.reason,
        reference: row.reference,
        amount: BigInt(row.amount),
        paid: BigInt(row.paid),
        createdAt: row.created_at,
      },
    }));
  }

  /** What was paid of the debts of an account: a row for each debt that a transfer has paid something of. */
  async payments(
    title: string,
    player: string,
    asset: string,
    limit: number,
    from: Place | undefined,
  ): Promise<PageRow<DebtPayment>[]> {
    interface Row {
      major: string;
      minor: string;
      debt: string;
      transfer: string;
      amount: string;
      created_at: Date;
    }
    // A payment is shared out to the debts whose pieces of the line it covers: from that in which it begins, to the
    // last that begins before it ends. Each has one at least, except that of the cursor, which may have no more.
    const rows = await this.dataSource.query<Row[]>(
      `select y.sequence as major, d.sequence as minor, d.transfer_id as debt, y.transfer_id as transfer,
         least(y.paid_before + y.amount, d.owed_before + d.amount) - greatest(y.paid_before, d.owed_before) as amount,
         t.created_at
       from ledger.accounts a
       cross join lateral (
         select * from ledger.debt_payments
         where account_id = a.id and sequence <= least(9223372036854775807, $5::bigint)
         order by sequence desc limit $4::int + 1) y
       cross join lateral (
         select * from ledger.debts
         where account_id = a.id
           and owed_before >= (
             select max(owed_before) from ledger.debts where account_id = a.id and owed_before <= y.paid_before)
           and owed_before < least(y.paid_before + y.amount, case when y.sequence = $5 then (
             select owed_before from ledger.debts where account_id = a.id and sequence = $6::bigint) end)
         order by owed_before desc limit $4::int) d
       join ledger.transfers t on t.id = y.transfer_id
       where a.title = $1 and a.owner = $2 and a.asset = $3
       order by y.sequence desc, d.sequence desc limit $4::int`,
      [title, playerOwner(player), asset, limit + 1, from?.major, from?.minor],
    );
    return rows.map((row) => ({
      major: row.major,
      minor: row.minor,
      body: {
        debt: idOf(idPrefixes.transfer, row.debt),
        transfer: idOf(idPrefixes.transfer, row.transfer),
        amount: BigInt(row.amount),
        createdAt: row.created_at,
      },
    }));
  }
}
