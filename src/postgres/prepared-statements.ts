import { hash } from 'node:crypto';
import type { Client, QueryConfig } from 'pg';

interface Prepared {
  name: string;
  text: string;
}

/**
 * How every statement is prepared, by its text. There are as many texts as the code has, because values travel as
 * parameters.
 */
const prepared = new Map<string, Prepared>();

/** The statements that are prepared outside of a transaction too. */
const alone = new Set<string>();

/** How often all statements were to be prepared anew. */
let edition = 0;

/** When that was last for the types of parameters. */
let retypedAt = -Infinity;

/**
 * How long it may not be again. What still fails then is wrong in itself, and sessions keep what they have prepared. So
 * it takes twice as long each time.
 */
let retypeAfterMs = 10_000;

/** The edition of statements that a transaction which starts now runs. */
export function currentEdition(): number {
  return edition;
}

/**
 * Has every connection prepare its statements anew, each when it is run the next time. A connection pooler keeps a
 * statement by its text, so the text changes too.
 * @param failed the edition whose statement has failed; nothing changes where there is a newer one
 */
export function prepareAnew(failed: number): void {
  if (failed !== edition) return;
  edition += 1;
  prepared.clear();
}

/**
 * Does the same where the types of parameters may be those of before. Nobody can say whether they are.
 * @returns whether the statements are newer now than the failed edition
 */
export function prepareForNewTypes(failed: number): boolean {
  if (failed !== edition) return true;
  if (performance.now() - retypedAt < retypeAfterMs) return false;
  if (retypedAt > 0) retypeAfterMs *= 2;
  retypedAt = performance.now();
  prepareAnew(failed);
  return true;
}

/**
 * Has a statement prepared though it is run outside of a transaction.
 * @returns its text
 */
export function preparedAlone(text: string): string {
  alone.add(text);
  return text;
}

/**
 * The name says the text. Where a connection pooler mixes the sessions of processes up, a name never runs another
 * statement.
 */
function preparedAs(asked: string): Prepared {
  let found = prepared.get(asked);
  if (found === undefined) {
    const text = edition === 0 ? asked : `${asked}\n-- ${edition}`;
    found = { name: `veltrix_${hash('sha256', text, 'base64url')}`, text };
    prepared.set(asked, found);
  }
  return found;
}

/** A `text[]` literal if nothing needs escaping, else the value for the driver, which scans each element twice. */
function plainList(value: unknown): unknown {
  if (!Array.isArray(value) || value.length === 0 || !value.every((text) => typeof text === 'string')) return value;
  return /["\\]/.test(value.join('')) ? value : `{"${value.join('","')}"}`;
}

/**
 * Lets a connection parse the statements of transactions once, and not each time that they are run: for a list of one
 * that is a good part of what PostgreSQL does. They are the list commands, of which there are few; what is read outside
 * of a transaction comes in many forms, but for what is `preparedAlone`. TypeORM hands over text and values,
 * and knows nothing of this.
 * @param begin the statement that starts a transaction, where it is not to be TypeORM's. What is `preparedAlone` gets a
 *   transaction of its own then
 */
export function prepareCommands(client: Client, begin?: string): void {
  const query = client.query.bind(client) as Query;
  const preparing: Query = (asked, ...others) => {
    if (asked === 'START TRANSACTION') return query(begin ?? asked);
    const [values] = others;
    const isInTransaction = client.getTransactionStatus() === 'T';
    if (typeof asked !== 'string' || !Array.isArray(values) || values.length === 0) return query(asked, ...others);
    if (!isInTransaction && !alone.has(asked)) return query(asked, ...others);
    const run = () => query({ ...preparedAs(asked), values: values.map(plainList) }, ...others.slice(1));
    return isInTransaction || begin === undefined ? run() : within(query, begin, run);
  };
  client.query = preparing as typeof client.query;
}

type Query = (asked: string | QueryConfig, ...others: unknown[]) => unknown;

/** Runs a statement in a transaction of its own. */
async function within(query: Query, begin: string, run: () => unknown): Promise<unknown> {
  await query(begin);
  try {
    const result = await run();
    await query('commit');
    return result;
  } catch (error) {
    // A connection that is lost cannot roll back. Its error is the one that says what became of the statement.
    await Promise.resolve(query('rollback')).catch(() => undefined);
    throw error;
  }
}
