import type { Finding, Part } from '../checks.types.js';

/** Some records in the order of their ids. */
export interface Slice {
  /** The last record; null where there is none. */
  last: string | null;
  many: number;
}

/** How to walk through a kind of record slice by slice. */
export interface Walk<Of extends Slice> {
  /** How many records a slice has that is not the last one. */
  size: number;
  read(after: string): Promise<Of>;
  judge(slice: Of): Promise<Finding[]>;
  lookedOf(slice: Of): Record<string, number>;
}

const slicesOfPart = 4;

/** Looks at some slices. While one is judged, the next is read: the databases are busy at the same time. */
export async function lookAtSlices<Of extends Slice>(walk: Walk<Of>, from: string): Promise<Part> {
  const findings: Finding[] = [];
  const looked: Record<string, number> = {};
  let after: string | null = from;
  let reading = walk.read(from);
  for (let left = slicesOfPart; left > 0 && after !== null; left--) {
    const slice: Of = await reading;
    after = slice.many === walk.size ? slice.last : null;
    if (after !== null && left > 1) {
      reading = walk.read(after);
      // Where it fails while the slice before is judged, it is told when it is waited for.
      reading.catch(() => undefined);
    }
    findings.push(...(await walk.judge(slice)));
    for (const [what, count] of Object.entries(walk.lookedOf(slice))) looked[what] = (looked[what] ?? 0) + count;
  }
  return { findings, looked, next: after };
}
