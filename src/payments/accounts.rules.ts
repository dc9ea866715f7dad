import type { Fact } from '../events/outbox.js';
import type { AccountMode, PaymentAccount } from './accounts.types.js';

/** Whether a secret key moves real money. Its second part says so. */
export function modeOf(secretKey: string): AccountMode {
  return secretKey.split('_')[1] === 'live' ? 'live' : 'test';
}

/** The end of a secret that may be shown: four characters, and none of a short one, of which they would tell much. */
export function endOf(secret: string): string {
  const random = secret.replace(/^(?:[sr]k_(?:test|live)|whsec)_/, '');
  return random.length < 8 ? '' : random.slice(-4);
}

/** The fact of an account that was made or changed. It says no part of a secret. */
export function accountFact(
  type: 'payment-account.created' | 'payment-account.updated',
  account: PaymentAccount,
): Fact {
  const { title, provider, mode, settlementCurrency, spentGoods, version } = account;
  return { title, type, subject: provider, data: { mode, settlementCurrency, spentGoods, version } };
}

/** The parts of a list that are of one account each, in order. */
export function byAccount<T>(
  list: readonly T[],
  accountOf: (one: T) => Pick<PaymentAccount, 'title' | 'provider'>,
): T[][] {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const { title, provider } = accountOf(one);
    const group = groups.get(`${provider}/${title}`);
    if (group === undefined) groups.set(`${provider}/${title}`, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}
