import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { VeltrixError } from '../errors.js';
import type { PageRow, Place } from '../http/page.js';
import { idPrefixes, playerOwner } from '../forms.js';
import { idOf, uuidOf } from '../ids.js';
import { LEDGER_DATABASE } from '../postgres/data-sources.js';
import { Parameters } from '../postgres/parameters.js';
import { maxLegs } from './element.rules.js';
import { assetColumns, assetOf, type AssetRow } from './asset.rows.js';
import type { Asset, TransferElement, TransferKind, TransferLeg } from './ledger.types.js';

/** A leg as it was booked, with how much of it is reversed by now. */
export interface BookedLeg extends TransferLeg {
  reversed: bigint;
}

/** The policies by which a transfer can have been forced. */
export type ForcedBy = NonNullable<TransferElement['debit']>['policy'];

/** A transfer as it was booked. */
export interface BookedTransfer {
  /** `trf_…` */
  id: string;
  sequence: bigint;
  kind: TransferKind;
  reason: string;
  reference: string | null;
  /** `trf_…` that it reverses. */
  reverses: string | null;
  /** By which policy it was forced. */
  forced: ForcedBy | null;
  legs: BookedLeg[];
  createdAt: Date;
}

/** One end of a leg, on the account of a player. */
export interface PlayerEntry {
  asset: string;
  version: bigint;
  /** Negative where it was taken. */
  amount: bigint;
  posted: bigint;
  available: bigint;
  transferId: string;
  createdAt: Date;
}

/** What a list of transfers can be narrowed by. */
export interface TransferFilter {
  reference?: string | undefined;
  player?: string | undefined;
}

interface TransferRow {
  id: string;
  sequence: string;
  transaction_id: string;
  kind: TransferKind;
  reason: string;
  reference: string | null;
  reverses: string | null;
  forced: ForcedBy | null;
  created_at: Date;
  legs: { from: string; to: string; asset: string; amount: string; reversed: string | null }[];
}

/** The two entries of a leg, put together again. */
const legs = `(
  select json_agg(
    json_build_object('from', d.owner, 'to', c.owner, 'asset', c.asset, 'amount', credit.amount::text, 'reversed', (
      select (reversed_before + amount)::text from ledger.reversed_legs
      where t.kind = 'transfer' and reverses = t.id and leg = credit.leg order by reversed_before desc limit 1))
    order by credit.leg)
  from ledger.entries credit
  join ledger.entries debit on debit.sequence = credit.sequence and debit.leg = credit.leg and debit.amount < 0
  join ledger.accounts c on c.id = credit.account_id join ledger.accounts d on d.id = debit.account_id
  where credit.sequence = t.sequence and credit.amount > 0) as legs`;
const transferColumns = `t.id, t.sequence, t.transaction_id, t.kind, t.reason, t.reference, t.reverses, t.forced,
  t.created_at, ${legs}`;

/** Reads of the books. They are strongly consistent. Lists answer up to `limit` + 1 rows, newest first. */
@Injectable()
export class LedgerReads {
  constructor(@Inject(LEDGER_DATABASE) private readonly dataSource: DataSource) {}

  /** @throws VeltrixError `not-found`, also for the asset of another title */
  async asset(title: string, code: string): Promise<Asset> {
    const [row] = await this.dataSource.query<AssetRow[]>(
      `select ${assetColumns} from ledger.assets where title = $1 and code = $2`,
      [title, code],
    );
    if (row === undefined) throw new VeltrixError('not-found', `There is no asset ${code}.`);
    return assetOf(row);
  }

  async assets(title: string, limit: number, from: Place | undefined): Promise<PageRow<Asset>[]> {
    const rows = await this.dataSource.query<(AssetRow & { transaction_id: string; sequence: string })[]>(
      `select ${assetColumns}, transaction_id, sequence from ledger.assets
       where title = $1 and ($3::xid8 is null or (transaction_id, sequence) < ($3::xid8, $4::bigint))
       order by transaction_id desc, sequence desc limit $2`,
      [title, limit + 1, from?.major, from?.minor],
    );
    return rows.map((row) => ({ major: row.transaction_id, minor: row.sequence, body: assetOf(row) }));
  }

  /** Which of these codes are those of no asset of the title. */
  async undefinedAssets(title: string, codes: readonly string[]): Promise<string[]> {
    const rows = await this.dataSource.query<{ code: string }[]>(
      `select code from unnest($2::text[]) as asked(code)
       where not exists (select from ledger.assets a where a.title = $1 and a.code = asked.code)`,
      [title, codes],
    );
    return rows.map(({ code }) => code);
  }

  /** @throws VeltrixError `not-found`, also for the transfer of another title */
  async transfer(title: string, id: string): Promise<BookedTransfer> {
    const [row] = await this.dataSource.query<TransferRow[]>(
      `select ${transferColumns} from ledger.transfers t where t.title = $1 and t.id = $2`,
      [title, uuidOf(idPrefixes.transfer, id)],
    );
    if (row === undefined) throw new VeltrixError('not-found', `There is no transfer ${id}.`);
    return transferOf(row);
  }

  /**
   * The transfers that the saga of an exchange has booked: none or one. A caller's own transfers may have the same
   * reference.
   */
  async transfersOfExchange(title: string, exchange: string): Promise<BookedTransfer[]> {
    const rows = await this.dataSource.query<TransferRow[]>(
      `select ${transferColumns} from ledger.transfers t
       where t.title = $1 and t.reference = $2 and t.kind in ('exchange', 'paid')`,
      [title, exchange],
    );
    return rows.map(transferOf);
  }

  async transfers(
    title: string,
    filter: TransferFilter,
    limit: number,
    from: Place | undefined,
  ): Promise<PageRow<BookedTransfer>[]> {
    if (filter.player !== undefined && filter.reference === undefined)
      return this.transfersOf(title, filter.player, limit, from);
    const parameters = new Parameters([title, limit + 1]);
    const parameter = (value: unknown): string => parameters.add(value);
    const conditions = ['t.title = $1'];
    if (filter.reference !== undefined) conditions.push(`t.reference = ${parameter(filter.reference)}`);
    if (filter.player !== undefined) {
      const owner = parameter(playerOwner(filter.player));
      conditions.push(
        `exists (
           select from ledger.entries e join ledger.accounts a on a.id = e.account_id
           where e.sequence = t.sequence and a.owner = ${owner})`,
      );
    }
    if (from !== undefined)
      conditions.push(
        `(t.transaction_id, t.sequence) < (${parameter(from.major)}::xid8, ${parameter(from.minor)}::bigint)`,
      );
    const rows = await this.dataSource.query<TransferRow[]>(
      `select ${transferColumns} from ledger.transfers t
       where ${conditions.join(' and ')}
       order by t.transaction_id desc, t.sequence desc limit $2`,
      parameters.values,
    );
    return rows.map((row) => ({ major: row.transaction_id, minor: row.sequence, body: transferOf(row) }));
  }

  /**
   * A player's transfers, by the player's accounts, so that what others have done costs nothing. They are ordered by
   * sequence alone, in which the accounts have their entries. A leg names an account once, so a transfer has at most as
   * many entries on it as it has legs.
   */
  private async transfersOf(
    title: string,
    player: string,
    limit: number,
    from: Place | undefined,
  ): Promise<PageRow<BookedTransfer>[]> {
    const rows = await this.dataSource.query<TransferRow[]>(
      `select ${transferColumns} from (
         select distinct e.sequence, e.transfer_id from ledger.accounts a cross join lateral (
           select sequence, transfer_id from ledger.entries
           where account_id = a.id and version <=
             case when $4::bigint is null then a.version else ledger.version_before(a.id, $4::bigint, 0) end
           order by version desc limit $3 * ${maxLegs}) e
         where a.title = $1 and a.owner = $2 order by e.sequence desc limit $3) p
       join ledger.transfers t on t.id = p.transfer_id order by t.sequence desc`,
      [title, playerOwner(player), limit + 1, from?.minor],
    );
    return rows.map((row) => ({ major: '0', minor: row.sequence, body: transferOf(row) }));
  }

  /** The entries of a player's accounts, of one asset or of all. */
  async entries(
    title: string,
    player: string,
    asset: string | undefined,
    limit: number,
    from: Place | undefined,
  ): Promise<PageRow<PlayerEntry>[]> {
    interface Row {
      asset: string;
      version: string;
      amount: string;
      posted: string;
      available: string;
      transfer: string;
      major: string;
      minor: string;
      created_at: Date;
    }
    // A transfer may touch an account several times, so an entry stands at the sequence of the transfer, and at its
    // place in it. Each account gives at most a page, by its primary key, so that a long history costs no more than a
    // short one.
    const rows = await this.dataSource.query<Row[]>(
      `select p.*, t.created_at from (
         select a.asset, e.version, e.amount, e.posted, e.available, e.transfer_id as transfer, e.sequence as major,
           (e.leg::bigint * 2 + (e.amount > 0)::int) as minor
         from ledger.accounts a cross join lateral (
           select * from ledger.entries
           where account_id = a.id and version <=
             case when $5::bigint is null then a.version else ledger.version_before(a.id, $5::bigint, $6::int) end
           order by version desc limit $4) e
         where a.title = $1 and a.owner = $2 and ($3::text is null or a.asset = $3)
         order by major desc, minor desc limit $4) p
       join ledger.transfers t on t.id = p.transfer order by p.major desc, p.minor desc`,
      [title, playerOwner(player), asset, limit + 1, from?.major, from?.minor],
    );
    return rows.map((row) => ({ major: row.major, minor: row.minor, body: entryOf(row) }));
  }
}

function transferOf(row: TransferRow): BookedTransfer {
  const { kind, reason, reference, reverses, forced } = row;
  return {
    id: idOf(idPrefixes.transfer, row.id),
    sequence: BigInt(row.sequence),
    kind,
    reason,
    reference,
    reverses: reverses === null ? null : idOf(idPrefixes.transfer, reverses),
    forced,
    legs: row.legs.map((leg) => ({ ...leg, amount: BigInt(leg.amount), reversed: BigInt(leg.reversed ?? 0) })),
    createdAt: row.created_at,
  };
}

function entryOf(row: {
  asset: string;
  version: string;
  amount: string;
  posted: string;
  available: string;
  transfer: string;
  created_at: Date;
}): PlayerEntry {
  return {
    asset: row.asset,
    version: BigInt(row.version),
    amount: BigInt(row.amount),
    posted: BigInt(row.posted),
    available: BigInt(row.available),
    transferId: idOf(idPrefixes.transfer, row.transfer),
    createdAt: row.created_at,
  };
}
