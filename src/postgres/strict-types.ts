import pg from 'pg';

type Parser = (text: string) => unknown;

/** date, timestamp and timestamptz. */
const dates = new Set([1082, 1114, 1184]);

/**
 * The driver's parsers, but for dates. The driver reads a date that it does not understand as null, and null means
 * "never" in more than one column. Here such a date fails its query.
 */
export const strictTypes = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): Parser {
    const parse = pg.types.getTypeParser(oid, format ?? 'text') as Parser;
    if (!dates.has(oid)) return parse;
    return (text) => {
      const value = parse(text);
      if (value instanceof Date && !Number.isNaN(value.getTime())) return value;
      throw new Error(
        `PostgreSQL has answered a date that cannot be read: ${text}. The DateStyle of a session must be ISO.`,
      );
    };
  },
};
