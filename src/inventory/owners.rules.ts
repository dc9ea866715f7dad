import type { Owner } from '../../contracts/nouns.js';
import { instanceOwnerForm, whole } from '../forms.js';

const instanceOwner = whole(instanceOwnerForm);

/** Whether item instances can belong to this owner: players and the store. The database checks the same. */
export function canOwnInstances(owner: Owner): boolean {
  return instanceOwner.test(owner);
}
