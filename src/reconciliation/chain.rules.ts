import { createHash } from 'node:crypto';

/** A value that is written in one way alone: members sorted, amounts in decimal, moments in UTC. */
export type Written =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Date
  | readonly Written[]
  | { readonly [name: string]: Written };

/** The one text of a value. A member that is undefined is as good as missing. */
export function canonical(value: Written): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'bigint') return JSON.stringify(value.toString());
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  if (isList(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}

function isList(value: Written): value is readonly Written[] {
  return Array.isArray(value);
}

/** What a run is known by: its cut, its inputs and what it found. The same cut gives the same bytes. */
export function digestOf(content: Written): Buffer {
  return createHash('sha256').update(canonical(content)).digest();
}

/** The link of a run in the chain: its id, its digest, and the link before. */
export function linkOf(previous: Buffer | null, id: string, digest: Buffer): Buffer {
  return createHash('sha256')
    .update(previous ?? Buffer.alloc(32))
    .update(id)
    .update(digest)
    .digest();
}
