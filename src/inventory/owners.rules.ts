import type { Owner } from '../../contracts/nouns.js';

const instanceOwner = /^(player:[A-Za-z0-9._-]{1,128}|system:store)$/;

/** Whether item instances can belong to this owner: players and the store. The database checks the same. */
export function canOwnInstances(owner: Owner): boolean {
  return instanceOwner.test(owner);
}
