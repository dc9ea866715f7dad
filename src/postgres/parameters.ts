/** A column of rows that are sent as parameters: its PostgreSQL type, and its values, or all of them as array text. */
export type Column = readonly [type: string, values: readonly unknown[] | string];

/**
 * The parameters of one statement, numbered as they are collected while its text is written. The text depends on the
 * order of the calls alone, never on a value, so it is the same each time and can be prepared.
 */
export class Parameters {
  /** @param values the values in the order of their numbers, for the driver; at first those of $1, $2 and so on */
  constructor(readonly values: unknown[] = []) {}

  /** Adds a value. @returns the number of its parameter: a `push` answers the new length, and numbers begin at 1 */
  number(value: unknown): number {
    return this.values.push(value);
  }

  /**
   * Adds a value.
   * @returns how the text names it, for example `$3::bigint[]`; without the cast where no type is given
   */
  add(value: unknown, type?: string): string {
    const parameter = `$${this.number(value)}`;
    return type === undefined ? parameter : `${parameter}::${type}`;
  }

  /**
   * Adds rows, one array for each column.
   * @returns the names of the columns, the arrays by column, and the rows as a table for a `from`, called `g`
   */
  columns<Name extends string>(
    columns: Readonly<Record<Name, Column>>,
  ): { names: string; arrays: Readonly<Record<Name, string>>; rows: string } {
    const entries = Object.entries<Column>(columns).map(
      ([name, [type, values]]) => [name, this.add(values, `${type}[]`)] as const,
    );
    const names = entries.map(([name]) => name).join(', ');
    const arrays = Object.fromEntries(entries) as Record<Name, string>;
    return { names, arrays, rows: `unnest(${entries.map(([, array]) => array).join(', ')}) as g(${names})` };
  }

  /**
   * Adds values that an `insert … select` puts into the columns of these names.
   * @returns the names of the columns, and the values in the same order
   */
  row(values: Readonly<Record<string, unknown>>): { names: string; values: string } {
    const parameters = Object.values(values).map((value) => this.add(value));
    return { names: Object.keys(values).join(', '), values: parameters.join(', ') };
  }
}

/**
 * An array of numbers, booleans or UUIDs as PostgreSQL reads it. The driver would quote and escape each of them, at
 * some cost.
 */
export function plainArray(values: readonly (bigint | boolean | number | string)[]): string {
  return `{${values.join(',')}}`;
}
