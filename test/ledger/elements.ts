import type { Debit } from '../../contracts/nouns.js';
import { DebtReads } from '../../src/ledger/debt.reads.js';
import type { TransferElement } from '../../src/ledger/ledger.types.js';
import { element, leg, title, told, type LedgerDatabase } from './ledger-database.js';

/* What the tests of accounts, debts and reversals do again and again. */

/** Books these elements in one call. @returns one word for each, see `told` */
export async function book(db: LedgerDatabase, ...elements: TransferElement[]): Promise<string[]> {
  return told(await db.ledger.transfer(elements));
}

/** Books an element. @returns the id of the transfer. @throws Error if it is refused */
export async function idOf(db: LedgerDatabase, element: TransferElement): Promise<string> {
  const [answer] = await db.ledger.transfer([element]);
  if (answer?.outcome !== 'posted') throw new Error(`It was not booked: ${JSON.stringify(answer)}`);
  return answer.transferId;
}

/** What a player pays to the store. */
export function spend(player: string, amount: bigint, asset = 'gold'): TransferElement {
  return element([leg(player, 'system:store', amount, asset)]);
}

/** What a player is given by the mint. */
export function gift(player: string, amount: bigint, asset = 'gold'): TransferElement {
  return element([leg('system:mint', player, amount, asset)]);
}

/** What is taken from a player and goes to the store, by default as a debt. */
export function force(player: string, amount: bigint, debit: Debit = { policy: 'debt' }): TransferElement {
  return element([leg(player, 'system:store', amount)], { debit });
}

/** The policy that takes what is there, and the rest from this owner. */
export function writeOff(owner: string): Debit {
  return { policy: 'available', writeOff: owner };
}

/** What gives back all of a transfer to the store or the mint, whose legs are these. */
export function reversal(reverses: string, ...legs: TransferElement['legs']): TransferElement {
  const back = legs.map(({ from, to, ...rest }) => ({ from: to, to: from, ...rest }));
  return element(back, { kind: 'reversal', reverses });
}

/** The debts of a player in an asset, oldest first, as `amount paid`, and their payments as `amount`, oldest first. */
export async function owedBy(
  db: LedgerDatabase,
  player: string,
  asset = 'gold',
): Promise<{ debts: string[]; payments: string[] }> {
  const reads = new DebtReads(db.dataSource);
  const debts = await reads.debts(title, player, { asset }, 100, undefined);
  const payments = await reads.payments(title, player, asset, 100, undefined);
  return {
    debts: debts.reverse().map(({ body: { amount, paid } }) => `${amount} ${paid}`),
    payments: payments.reverse().map(({ body: { amount } }) => String(amount)),
  };
}

/** What is kept of the changes of a player's accounts, oldest first, as `setting from to operator`. */
export async function changesOf(db: LedgerDatabase, player: string): Promise<string[]> {
  const { rows } = await db.session.query<{ change: string }>(
    `select concat_ws(' ', setting, old_value, new_value, operator) as change
     from ledger.account_changes c join ledger.accounts a on a.id = c.account_id
     where a.title = $1 and a.owner = $2 order by c.sequence`,
    [title, `player:${player}`],
  );
  return rows.map(({ change }) => change);
}
