import type { Refusal } from '../errors.js';
import type { AccountSettings, NewTransfer, SettingChange, SettingOrder, StoredAccount } from './ledger.types.js';

/** An account as it is set, with what is on it in minor units. */
export interface SetAccount extends AccountSettings {
  posted: bigint;
  debitsPending: bigint;
  creditsPending: bigint;
}

/** What becomes of an order: why it is refused, that all is so already, or what changes. */
export type SettingDecision = { refused: Refusal } | 'unchanged' | { settings: AccountSettings; change: SettingChange };

/** Decides what an account is set to. One is closed only where nothing is on it, nothing is owed and nothing pends. */
export function decideSetting(account: SetAccount, { owner, asset, set }: SettingOrder): SettingDecision {
  const { state, debtLimit } = account;
  if ('debtLimit' in set) {
    if (set.debtLimit === debtLimit) return 'unchanged';
    const change = { setting: 'debtLimit' as const, from: String(debtLimit), to: String(set.debtLimit) };
    return { settings: { state, debtLimit: set.debtLimit }, change };
  }
  if (set.state === state) return 'unchanged';
  if (set.state === 'closed' && !isEmpty(account)) {
    const detail = `The account of ${owner} in ${asset} has ${account.posted}, and only an empty one can be closed.`;
    return { refused: { code: 'account-not-empty', detail } };
  }
  return { settings: { state: set.state, debtLimit }, change: { setting: 'state', from: state, to: set.state } };
}

function isEmpty({ posted, debitsPending, creditsPending }: SetAccount): boolean {
  return posted === 0n && debitsPending === 0n && creditsPending === 0n;
}

/** What is kept and told of an account that was open and that a transfer has frozen. */
export function freezingOf(
  { element: { reference }, transferId }: NewTransfer,
  { title, owner, asset }: StoredAccount,
): { order: SettingOrder; change: SettingChange } {
  const reason = `${transferId}${reference === undefined ? '' : ` of ${reference}`} has taken more than there was.`;
  return {
    order: { title, owner, asset, set: { state: 'frozen' }, operator: 'veltrix', reason },
    change: { setting: 'state', from: 'open', to: 'frozen' },
  };
}
