import type { Evidence, Say } from './evidence.rules.js';
import type { Read } from './recorder.js';

/** One thing as a read shows it. */
export type Row = Record<string, unknown>;

/** A read, with what the rules about its rows need. */
export interface Context {
  read: Read;
  title: string;
  /** Where in the record it was asked. What was acknowledged before must be shown. */
  place: number;
  /** When it was answered, in milliseconds. */
  answered: number;
  evidence: Evidence;
  say: Say;
}

/** What is wrong with a row that shows a thing of the reader's title by its id, or undefined where it is its own. */
export function own<T extends { title: string }>(
  id: string,
  row: T | undefined,
  { title, say, read }: Context,
): T | undefined {
  if (row === undefined) say('wrong', `the read of ${read.what} shows ${id}, which is not there`);
  else if (row.title !== title) say('wrong', `the read of ${read.what} shows ${id}, which belongs to ${row.title}`);
  else return row;
  return undefined;
}

/** Says which of the things that were acknowledged before are not among those that are shown. */
export function missing(shown: readonly Row[], wanted: Iterable<string>, { read, say }: Context): void {
  const ids = new Set(shown.map(({ id }) => String(id)));
  for (const id of wanted)
    if (!ids.has(id))
      say(
        'lost',
        `the list of ${read.what} by ${JSON.stringify(read.filter)} ${read.of} does not show ${id}, ` +
          'which was acknowledged before',
      );
}
