import { title } from './ledger-database.js';

/* Statements that a session holds open, so that commands which come meanwhile wait for it. */

/** Has whoever makes a player's account of gold wait. */
export const accountGate = (player: string): string =>
  `insert into ledger.accounts (title, owner, asset, min_available) values ('${title}', 'player:${player}', 'gold', 0)`;

/** Has whoever keeps an outcome by the key wait. */
export const keyGate = (key: string): string =>
  `insert into ledger.outcomes (title, key, state, cause_code, cause_detail)
   values ('${title}', '${key}', 'cancelled', 'gate', 'Gate.')`;

/** Has whoever locks a player's accounts wait. */
export const lockGate = (player: string): string =>
  `select from ledger.accounts where owner = 'player:${player}' for update`;
