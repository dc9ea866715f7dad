import type { Fact } from '../events/outbox.js';
import { freezingOf } from './account-settings.rules.js';
import type { Asset, NewTransfer, SettingChange, SettingOrder } from './ledger.types.js';

/** What the event feed tells of a transfer, of what it changes of debts, and of the accounts that it freezes. */
export function transferFacts(transfer: NewTransfer): Fact[] {
  const { transferId, element, debts, frozen } = transfer;
  return [
    transferFact(transfer),
    ...debts.map(({ account, kind, amount, owes }) => ({
      title: element.title,
      type: `debt.${kind}`,
      subject: account.owner,
      data: { asset: account.asset, transfer: transferId, amount: String(amount), owes: String(owes) },
    })),
    ...frozen.map((account) => {
      const { order, change } = freezingOf(transfer, account);
      return accountFact(order, change);
    }),
  ];
}

function transferFact({ element, transferId, sequence, legs, reversals }: NewTransfer): Fact {
  const { title, kind, reason, reference, reverses, debit } = element;
  return {
    title,
    type: 'transfer.posted',
    subject: transferId,
    data: {
      sequence: Number(sequence),
      kind,
      reason,
      reference,
      reverses,
      forced: debit?.policy,
      ...(reversals.length > 0 && {
        parts: reversals.map(({ leg, amount, before }) => ({
          leg,
          amount: String(amount),
          reversed: String(before + amount),
        })),
      }),
      legs: legs.map(({ from, to, asset, amount }) => ({ from, to, asset, amount: String(amount) })),
    },
  };
}

/** What the event feed tells of an account that was set, by an operator or by a transfer. */
export function accountFact({ title, owner, asset, operator, reason }: SettingOrder, change: SettingChange): Fact {
  return { title, type: 'account.changed', subject: owner, data: { asset, ...change, operator, reason } };
}

/** What the event feed tells of an asset. */
export function assetFact(title: string, type: 'asset.created' | 'asset.updated', asset: Asset): Fact {
  const { code, name, kind, scale, maxBalance, tradeable, version } = asset;
  return {
    title,
    type,
    subject: code,
    data: { name, kind, scale, maxBalance: maxBalance?.toString(), tradeable, version: Number(version) },
  };
}
