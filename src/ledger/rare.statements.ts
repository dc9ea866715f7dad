import { plainArray, type Parameters } from '../postgres/parameters.js';
import { freezingOf } from './account-settings.rules.js';
import type { NewTransfer } from './ledger.types.js';
import { transferUuid } from './transfer-ids.rules.js';

/**
 * What few transfers write beside themselves and their entries, as CTEs, each with a comma behind it: debts and
 * payments, the accounts that they freeze, and what they give back of legs. Most calls write none of it.
 */
export function rareInserts(parameters: Parameters, transfers: readonly NewTransfer[]): string {
  return (
    debtInserts(parameters, transfers) + freezingInsert(parameters, transfers) + reversalInsert(parameters, transfers)
  );
}

const debtTables = {
  made: { table: 'debts', before: 'owed_before' },
  paid: { table: 'debt_payments', before: 'paid_before' },
};

function debtInserts(parameters: Parameters, transfers: readonly NewTransfer[]): string {
  const changes = transfers.flatMap(({ debts, ...transfer }) => debts.map((debt) => ({ ...debt, transfer })));
  return (['made', 'paid'] as const)
    .map((kind) => {
      const some = changes.filter((change) => change.kind === kind);
      if (some.length === 0) return '';
      const { table, before } = debtTables[kind];
      const { names, rows } = parameters.columns({
        account_id: ['bigint', plainArray(some.map(({ account }) => account.id))],
        sequence: ['bigint', plainArray(some.map(({ transfer }) => transfer.sequence))],
        transfer_id: ['uuid', plainArray(some.map(({ transfer }) => transferUuid(transfer.transferId)))],
        amount: ['numeric', plainArray(some.map(({ amount }) => amount))],
        [before]: ['numeric', plainArray(some.map((change) => change.before))],
      });
      return `debts_${kind} as (insert into ledger.${table} (${names}) select * from ${rows}), `;
    })
    .join('');
}

function freezingInsert(parameters: Parameters, transfers: readonly NewTransfer[]): string {
  const some = transfers.flatMap((transfer) =>
    transfer.frozen.map((account) => ({ account, ...freezingOf(transfer, account) })),
  );
  if (some.length === 0) return '';
  const { names, rows } = parameters.columns({
    account_id: ['bigint', plainArray(some.map(({ account }) => account.id))],
    setting: ['text', some.map(({ change }) => change.setting)],
    old_value: ['text', some.map(({ change }) => change.from)],
    new_value: ['text', some.map(({ change }) => change.to)],
    operator: ['text', some.map(({ order }) => order.operator)],
    reason: ['text', some.map(({ order }) => order.reason)],
  });
  return `froze as (insert into ledger.account_changes (${names}) select * from ${rows}), `;
}

function reversalInsert(parameters: Parameters, transfers: readonly NewTransfer[]): string {
  const legs = transfers.flatMap(({ transferId, reversals }) => reversals.map((leg) => ({ ...leg, transferId })));
  if (legs.length === 0) return '';
  const { names, rows } = parameters.columns({
    reverses: ['uuid', plainArray(legs.map(({ reverses }) => transferUuid(reverses)))],
    leg: ['smallint', plainArray(legs.map(({ leg }) => leg))],
    reversed_before: ['numeric', plainArray(legs.map(({ before }) => before))],
    amount: ['numeric', plainArray(legs.map(({ amount }) => amount))],
    leg_amount: ['numeric', plainArray(legs.map(({ of }) => of))],
    transfer_id: ['uuid', plainArray(legs.map(({ transferId }) => transferUuid(transferId)))],
  });
  return `reversed as (insert into ledger.reversed_legs (${names}) select * from ${rows}), `;
}
