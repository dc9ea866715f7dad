import type { AccountName, TransferElement } from './ledger.types.js';
import type { Flow } from './mint-totals.rules.js';

/** The most that one amount, and every balance in either direction, can be: 18 digits, which fit a bigint column. */
export const largestAmount = 10n ** 18n - 1n;

/** What the accounts of one call are told apart by. No part of it can contain the separator. */
export function accountKey({ title, owner, asset }: AccountName): string {
  return `${title} ${owner} ${asset}`;
}

/** The account that `accountKey` has made the key of. */
export function accountOfKey(key: string): AccountName {
  const [title = '', owner = '', asset = ''] = key.split(' ');
  return { title, owner, asset };
}

/** What the totals of mints are told apart by: the account of the mint, its flow and the reason. */
export interface MintTotalName extends AccountName {
  flow: Flow;
  reason: string;
}

/**
 * The rows that a booking of this element waits for, by their names: its accounts as `accountKey`, and the totals of
 * mints that it adds to.
 */
export function rowsOf(element: TransferElement): string[] {
  const { title, legs, reason, debit } = element;
  const bearer = debit?.policy === 'available' ? debit.writeOff : undefined;
  const totals = legs.flatMap(({ from, to, asset }) =>
    (
      [
        [from, 'faucet'],
        [bearer, 'faucet'],
        [to, 'sink'],
      ] as const
    ).flatMap(([owner, flow]) => (owner === 'system:mint' ? mintTotalRow({ title, owner, asset, flow, reason }) : [])),
  );
  return [...new Set([...accountsOf([element]).map(accountKey), ...totals])];
}

/** The name of the total of a mint, as `rowsOf` has it. */
export function mintTotalRow(total: MintTotalName): string {
  return `${accountKey(total)} ${total.flow} ${total.reason}`;
}

/** The total of a mint that `rowsOf` has named; undefined where it has named an account. */
export function mintTotalOfRow(row: string): MintTotalName | undefined {
  const [title = '', owner = '', asset = '', flow, ...reason] = row.split(' ');
  return flow === 'faucet' || flow === 'sink' ? { title, owner, asset, flow, reason: reason.join(' ') } : undefined;
}

/** What the outcomes of one call are told apart by. A title cannot contain the separator. */
export function outcomeKey({ title, key }: { title: string; key: string }): string {
  return `${title} ${key}`;
}

/** The players whose accounts are frozen where these elements make a debt of theirs, each once. */
export function freezableOwners(elements: readonly TransferElement[]): { title: string; owner: string }[] {
  const owners = elements
    .filter(({ debit }) => debit?.policy === 'freeze')
    .flatMap(({ title, legs }) => legs.map(({ from: owner }) => ({ title, owner })))
    .filter(({ owner }) => owner.startsWith('player:'));
  return [...new Map(owners.map((one) => [`${one.title} ${one.owner}`, one])).values()];
}

/** The accounts that these elements name, each once; also those that a loss may be written off against. */
export function accountsOf(elements: readonly TransferElement[]): AccountName[] {
  const names = new Map<string, AccountName>();
  for (const { title, legs, debit } of elements) {
    const bearers = debit?.policy === 'available' ? [debit.writeOff] : [];
    for (const { from, to, asset } of legs) {
      for (const owner of [from, to, ...bearers]) {
        const name = { title, owner, asset };
        names.set(accountKey(name), name);
      }
    }
  }
  return [...names.values()];
}
