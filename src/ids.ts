import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';
import { uuidForm, whole } from './forms.js';

/**
 * Three letters. The rest of an id is a UUIDv7, so that ids sort by creation. See `idPrefixes` and the kinds of deals.
 */
export type IdPrefix = string;

const canonicalUuid = whole(uuidForm);

/** Random bytes in stock, because to ask for sixteen at a time costs more than all the rest of an id. */
const stock = new Uint8Array(4_096);
let used = stock.length;

function randomBytes(): Uint8Array {
  if (used === stock.length) {
    randomFillSync(stock);
    used = 0;
  }
  used += 16;
  return stock.subarray(used - 16, used);
}

/** Makes a new id such as `trd_0198…`. Ids sort by the millisecond of their creation. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${v7({ random: randomBytes() })}`;
}

/**
 * The UUID inside an id of this prefix, or undefined where the text is not such an id. Databases store the UUID alone.
 */
export function uuidOf(prefix: IdPrefix, id: string): string | undefined {
  if (!id.startsWith(`${prefix}_`)) return undefined;
  const uuid = id.slice(prefix.length + 1);
  return canonicalUuid.test(uuid) ? uuid : undefined;
}

/** The id of this prefix for a stored UUID. */
export function idOf(prefix: IdPrefix, uuid: string): string {
  return `${prefix}_${uuid}`;
}
