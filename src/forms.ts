/*
 * The forms of ids, codes and owners, each once, as sources of regular expressions. Migrations repeat them, because a
 * migration never changes.
 */

/** The UUID in an id that Veltrix makes, which is of version 7. */
export const uuidForm = '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';

/** The prefixes of the ids that Veltrix makes. A kind of deal has a prefix of its own, which its description says. */
export const idPrefixes = {
  trade: 'trd',
  purchase: 'pur',
  refund: 'rfd',
  transfer: 'trf',
  instance: 'ins',
  key: 'key',
  request: 'req',
  reconciliation: 'rec',
  found: 'brk',
  case: 'cas',
} as const;

/** The prefix of a deal of any kind. */
export const dealPrefixForm = '[a-z]{3}';

/** The code of an asset or an item, and the id of a title. */
export const codeForm = '[a-z][a-z0-9_-]{0,63}';

/**
 * A player, as the title itself names them: 1 to 128 of these characters. In the path of an address one dot and two
 * mean the folder and the one above it, and every client takes them out, so nobody could ask for such a player. Those
 * two are left out without a lookahead, which many languages do not have.
 */
export const playerForm =
  '([A-Za-z0-9_-][A-Za-z0-9._-]{0,127}|\\.[A-Za-z0-9_-][A-Za-z0-9._-]{0,126}|\\.\\.[A-Za-z0-9._-]{1,126})';

/** A currency of real money by its code of ISO 4217, which no title can give to an asset of its own. */
export const currencyForm = '[A-Z]{3}';

/** The owner of what a provider of payments owes. It belongs to payments alone. */
export const clearingForm = 'system:clearing:[a-z]{1,32}';

/** An owner of amounts that a caller may name. Clearing accounts belong to payments alone. */
export const ownerForm = `(player:${playerForm}|system:(mint|store|fees))`;

/** The owner that a player is, whom a title names without the prefix. */
export function playerOwner(player: string): string {
  return `player:${player}`;
}

/** An owner of item instances. */
export const instanceOwnerForm = `(player:${playerForm}|system:store)`;

/** Matches a text that has the form as a whole. */
export function whole(form: string): RegExp {
  return new RegExp(`^${form}$`);
}
