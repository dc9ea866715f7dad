import type { Reader } from '../../src/reconciliation/checks.types.js';

/** A reader of one session, which sees what the session itself has damaged, and answers one statement at a time. */
export function sessionReader(ask: Reader['query']): Reader {
  let last: Promise<unknown> = Promise.resolve();
  const query = <Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]> => {
    const asked = last.catch(() => undefined).then(() => ask<Row>(sql, parameters));
    last = asked;
    return asked;
  };
  return { query, inOneSnapshot: (read) => read({ query }) };
}
