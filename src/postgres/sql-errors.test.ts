import { describe, expect, test } from '@jest/globals';
import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { isOutage, isUniqueViolation, sqlState } from './sql-errors.js';

/** What may be over when the same call comes again, by SQLSTATE. */
const outages: [state: string, what: string][] = [
  ['08000', 'connection exception'],
  ['08003', 'connection does not exist'],
  ['08006', 'connection failure'],
  ['08001', 'no connection'],
  ['08P01', 'protocol violation'],
  ['25006', 'a standby, or a server that is read only'],
  ['25P03', 'idle in transaction for too long'],
  ['25P04', 'transaction for too long'],
  ['26000', 'no such prepared statement'],
  ['28000', 'may not log in'],
  ['28P01', 'wrong password'],
  ['3D000', 'no such database'],
  ['40001', 'serialisation failure'],
  ['40P01', 'deadlock'],
  ['40003', 'completion unknown'],
  ['42P05', 'prepared statement of somebody else'],
  ['53000', 'no resources'],
  ['53100', 'disk full'],
  ['53200', 'no memory'],
  ['53300', 'too many connections'],
  ['57014', 'statement timed out'],
  ['57P01', 'server shuts down'],
  ['57P02', 'server crashed'],
  ['57P03', 'server starts'],
  ['57P05', 'session idle for too long'],
  ['58000', 'system error'],
  ['58030', 'input or output failed'],
];

/** What the data or the code is to blame for. */
const faults: [state: string, what: string][] = [
  ['22003', 'number out of range'],
  ['22P02', 'not a number'],
  ['22021', 'not UTF-8'],
  ['22012', 'division by zero'],
  ['23502', 'not null'],
  ['23503', 'foreign key'],
  ['23505', 'unique'],
  ['23514', 'check'],
  ['23001', 'restrict'],
  ['25P02', 'transaction has failed'],
  ['42601', 'syntax'],
  ['42P01', 'no such table'],
  ['42501', 'no privilege'],
  ['55000', 'not in this state'],
  ['55P03', 'lock not to be had in time'],
  ['P0001', 'raised'],
  ['XX000', 'internal'],
];

const errorOf = (state: string): Error => Object.assign(new Error(state), { code: state });
/** An error as node-postgres throws it, and as TypeORM does. */
const forms = (state: string): unknown[] => [errorOf(state), new QueryFailedError('select 1', [], errorOf(state))];

describe('an error of PostgreSQL', () => {
  test.each(outages)('%s is an outage: %s', (state) => {
    for (const error of forms(state))
      expect([isOutage(error), isUniqueViolation(error), sqlState(error)]).toEqual([true, false, state]);
  });

  test.each(faults)('%s is none: %s', (state) => {
    for (const error of forms(state))
      expect([isOutage(error), isUniqueViolation(error), sqlState(error)]).toEqual([false, state === '23505', state]);
  });
});

test.each([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])('%s of a socket is an outage', (code) => {
  for (const error of forms(code)) expect(isOutage(error)).toBe(true);
});

test.each(['ENOENT', 'EACCES'])(
  '%s is an outage where a socket could not be opened, and none where a file could not',
  (code) => {
    expect(isOutage(Object.assign(new Error(code), { code, syscall: 'connect' }))).toBe(true);
    expect(isOutage(Object.assign(new Error(code), { code, syscall: 'open' }))).toBe(false);
  },
);

test.each([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error and is not queryable',
  'Cannot use a pool after calling end on the pool',
  'Driver not Connected',
])('what the driver says of a connection is an outage: %s', (message) => {
  expect(isOutage(new Error(message))).toBe(true);
});

test.each(faults)('%s is none, whatever words of a caller it repeats', (state) => {
  const error = Object.assign(new Error('invalid input: "Connection terminated"'), { code: state });
  expect([isOutage(error), isOutage(new QueryFailedError('select 1', [], error))]).toEqual([false, false]);
});

test('a connection that TypeORM lost between two statements is an outage, and an error of no database is none', () => {
  expect(isOutage(new QueryRunnerAlreadyReleasedError())).toBe(true);
  for (const error of [new Error('a bug'), new TypeError('x is undefined'), undefined, null, 'text', 57014, {}])
    expect(isOutage(error)).toBe(false);
});
