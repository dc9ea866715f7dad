import type { EntityManager } from 'typeorm';
import { outboxInsert, outboxParameter } from '../events/outbox.js';
import { Parameters } from '../postgres/parameters.js';
import { accountFact } from './facts.rules.js';
import { balanceColumns, balanceOf, type BalanceRow } from './account.rows.js';
import type { AccountSettings, PlayerBalance, SettingChange, SettingOrder } from './ledger.types.js';

/** Reads an account after its lock has come. */
export async function readBalance(
  tx: EntityManager,
  id: string,
): Promise<{ balance: PlayerBalance; creditsPending: bigint }> {
  const [row] = await tx.query<[BalanceRow & { coming: string }]>(
    `select ${balanceColumns}, credits_pending as coming from ledger.accounts where id = $1`,
    [id],
  );
  return { balance: balanceOf(row), creditsPending: BigInt(row.coming) };
}

/** Sets an account, keeps by whom and why, and tells it, in one statement. */
export async function writeSetting(
  tx: EntityManager,
  id: string,
  order: SettingOrder,
  { settings, change }: { settings: AccountSettings; change: SettingChange },
): Promise<void> {
  const parameters = new Parameters();
  const account = parameters.add(id, 'bigint');
  const state = parameters.add(settings.state);
  const limit = parameters.add(String(settings.debtLimit), 'numeric');
  const kept = parameters.row({
    setting: change.setting,
    old_value: change.from,
    new_value: change.to,
    operator: order.operator,
    reason: order.reason,
  });
  const facts = parameters.number(outboxParameter([accountFact(order, change)]));
  await tx.query(
    `with changed as (
      update ledger.accounts set state = ${state}, debt_limit = ${limit},
        min_available = least(-${limit}, credits_posted - debits_posted - debits_pending)
      where id = ${account}),
    kept as (insert into ledger.account_changes (account_id, ${kept.names}) select ${account}, ${kept.values})
    ${outboxInsert('ledger', facts)}`,
    parameters.values,
  );
}
