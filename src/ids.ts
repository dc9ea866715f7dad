import { v7 } from 'uuid';

/** The prefixes of the ids that Veltrix makes. The rest of an id is a UUIDv7, so that ids sort by creation. */
export type IdPrefix = 'trd' | 'trf' | 'ins' | 'key' | 'req';

const canonicalUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Makes a new id such as `trd_0198…`. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${v7()}`;
}

/** The UUID inside an id of this prefix, or undefined where the text is not such an id. Databases store the UUID alone. */
export function uuidOf(prefix: IdPrefix, id: string): string | undefined {
  if (!id.startsWith(`${prefix}_`)) return undefined;
  const uuid = id.slice(prefix.length + 1);
  return canonicalUuid.test(uuid) ? uuid : undefined;
}

/** The id of this prefix for a stored UUID. */
export function idOf(prefix: IdPrefix, uuid: string): string {
  return `${prefix}_${uuid}`;
}
