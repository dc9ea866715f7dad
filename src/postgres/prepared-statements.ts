import type { Client, QueryConfig } from 'pg';

/**
 * The name that a statement is prepared under, by its text. There are as many texts as the code has, because values
 * travel as parameters.
 */
const names = new Map<string, string>();

function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) names.set(text, (name = `veltrix_${names.size}`));
  return name;
}

/** A `text[]` literal if nothing needs escaping, else the value for the driver, which scans each element twice. */
function plainList(value: unknown): unknown {
  if (!Array.isArray(value) || value.length === 0 || !value.every((text) => typeof text === 'string')) return value;
  return /["\\]/.test(value.join('')) ? value : `{"${value.join('","')}"}`;
}

/**
 * Lets a connection parse the statements of transactions once, and not each time that they are run: for a list of one
 * that is a good part of what PostgreSQL does. They are the list commands, of which there are few; what is read outside
 * of a transaction comes in many forms. TypeORM hands over text and values, and knows nothing of this.
 */
export function prepareCommands(client: Client): void {
  const query = client.query.bind(client) as (asked: string | QueryConfig, ...others: unknown[]) => unknown;
  const prepared = (asked: string | QueryConfig, ...others: unknown[]): unknown => {
    const [values] = others;
    const plain = typeof asked !== 'string' || !Array.isArray(values) || values.length === 0;
    if (plain || client.getTransactionStatus() !== 'T') return query(asked, ...others);
    return query({ name: nameOf(asked), text: asked, values: values.map(plainList) }, ...others.slice(1));
  };
  client.query = prepared as typeof client.query;
}
