import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { VeltrixError } from '../errors.js';
import { LEDGER_DATABASE } from '../postgres/data-sources.js';
import { RowTurns } from '../postgres/row-turns.js';
import { runCommand } from '../postgres/run-command.js';
import { accountKey } from './account-names.rules.js';
import { decideSetting } from './account-settings.rules.js';
import { readBalance, writeSetting } from './account-settings.statements.js';
import { deleteMade, findOrMakeAccounts, lockAccounts } from './account.statements.js';
import type { PlayerBalance, SettingOrder } from './ledger.types.js';

/** What operators set of the accounts of players: their state, and how far below zero they may go. */
@Injectable()
export class AccountSettingsService {
  private readonly turns = new RowTurns();

  constructor(@Inject(LEDGER_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * Sets an account, and makes it where it is missing. What is so already changes nothing and is not told.
   * @returns the account as it is now
   * @throws VeltrixError `not-found` if the asset is not defined, and `account-not-empty` if what is to be closed holds
   *   or owes something
   */
  set(order: SettingOrder): Promise<PlayerBalance> {
    return this.turns.take(accountKey(order), () =>
      runCommand(this.dataSource, async (tx) => {
        const { title, owner, asset } = order;
        const found = await findOrMakeAccounts(tx, [{ title, owner, asset }]);
        const [account] = found.accounts;
        // A currency that was defined by being named here goes again with the transaction: only money makes one.
        if (account === undefined || found.made.facts.length > 0)
          throw new VeltrixError('not-found', `There is no asset ${asset}.`);
        await lockAccounts(tx, found.accounts);
        const { balance, creditsPending } = await readBalance(tx, account.id);
        const decision = decideSetting({ ...balance, debitsPending: balance.held, creditsPending }, order);
        if (decision === 'unchanged') {
          await deleteMade(tx, found.made);
          return balance;
        }
        if ('refused' in decision) throw new VeltrixError(decision.refused.code, decision.refused.detail);
        await writeSetting(tx, account.id, order, decision);
        return { ...balance, ...decision.settings };
      }),
    );
  }
}
