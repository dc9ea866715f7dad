import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { playerOwner } from '../forms.js';
import type { PageRow, Place } from '../http/page.js';
import { LEDGER_DATABASE } from '../postgres/data-sources.js';
import { balanceColumns, balanceOf, type BalanceRow } from './account.rows.js';
import type { KeptSettingChange, PlayerBalance, SettingName } from './ledger.types.js';

/** Reads of players' accounts. They are strongly consistent. Lists answer up to `limit` + 1 rows, newest first. */
@Injectable()
export class AccountReads {
  constructor(@Inject(LEDGER_DATABASE) private readonly dataSource: DataSource) {}

  /** Every account of a player; none for a player that nothing was ever booked or set for. */
  async balances(title: string, player: string): Promise<PlayerBalance[]> {
    const rows = await this.dataSource.query<BalanceRow[]>(
      `select ${balanceColumns} from ledger.accounts where title = $1 and owner = $2 order by asset`,
      [title, playerOwner(player)],
    );
    return rows.map(balanceOf);
  }

  /** Every change of what a player's account is set to. */
  async changes(
    title: string,
    player: string,
    asset: string,
    limit: number,
    from: Place | undefined,
  ): Promise<PageRow<KeptSettingChange>[]> {
    interface Row {
      sequence: string;
      setting: SettingName;
      old_value: string;
      new_value: string;
      operator: string;
      reason: string;
      created_at: Date;
    }
    const rows = await this.dataSource.query<Row[]>(
      `select c.* from ledger.accounts a join ledger.account_changes c on c.account_id = a.id
       where a.title = $1 and a.owner = $2 and a.asset = $3 and ($5::bigint is null or c.sequence < $5)
       order by c.sequence desc limit $4`,
      [title, playerOwner(player), asset, limit + 1, from?.minor],
    );
    return rows.map(({ sequence, setting, old_value, new_value, operator, reason, created_at }) => ({
      major: '0',
      minor: sequence,
      body: { setting, from: old_value, to: new_value, operator, reason, createdAt: created_at },
    }));
  }
}
