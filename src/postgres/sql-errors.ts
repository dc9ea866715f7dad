import { QueryFailedError, QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';

/** What the driver has thrown. TypeORM wraps it. */
function causeOf(error: unknown): unknown {
  return error instanceof QueryFailedError ? error.driverError : error;
}

/** The SQLSTATE of an error from PostgreSQL, or the error code of its socket, or undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  const cause = causeOf(error);
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}

/** True where a unique key was taken by somebody else at the same moment. */
export function isUniqueViolation(error: unknown): boolean {
  return sqlState(error) === '23505';
}

/** The unique key that was taken, in words of PostgreSQL; undefined where it does not say which. */
export function takenKey(error: unknown): string | undefined {
  const { constraint, detail } = causeOf(error) as { constraint?: unknown; detail?: unknown };
  return typeof constraint === 'string' && typeof detail === 'string' ? `${constraint}: ${detail}` : undefined;
}

/** True where a lock was not to be had in time, because somebody else holds a row. Nothing was done. */
export function isLockTimeout(error: unknown): boolean {
  return sqlState(error) === '55P03';
}

/**
 * True where a session does not have a prepared statement as it was prepared: the schema has changed since, or a
 * connection pooler has mixed sessions up. The statement was not run. PostgreSQL says the first in the words of its
 * language, and by a code of many causes; the place in its source is the same in every language.
 */
export function isStaleStatement(error: unknown): boolean {
  const state = sqlState(error);
  if (state === '26000' || state === '42P05') return true;
  if (state !== '0A000') return false;
  return (causeOf(error) as { routine?: unknown }).routine === 'RevalidateCachedQuery';
}

/** No operator or cast of that type, and a value that the type cannot be read as or cannot hold. */
const typeStates = new Set(['42883', '42804', '22P02', '22003']);

/**
 * True where a value and its type do not fit. A prepared statement keeps the types of its parameters, so that is what
 * becomes of it where a column has got another type since. Nothing was done.
 */
export function isMistyped(error: unknown): boolean {
  return typeStates.has(sqlState(error) ?? '');
}

/**
 * Connections, roll-backs, resources, an operator's hand, the system; who may log in; and a server that has become a
 * standby.
 */
const outageStates = /^(08|28|3D|40|53|57|58|25P03|25P04|25006)/;
const sqlStates = /^[0-9A-Z]{5}$/;
const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
const driverMessages = new RegExp(
  [
    'Connection terminated',
    'timeout exceeded when trying to connect',
    'Client has encountered a connection error',
    'not queryable',
    'Cannot use a pool after calling end',
    'Driver not Connected',
  ].join('|'),
  'i',
);

/**
 * True where a socket could not be opened, for whatever reason: a socket file that is not there has the code ENOENT.
 */
function isRefusedConnection(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'connect';
}

/**
 * True for errors that say nothing about the data: the connection, the server's resources, a serialisation conflict,
 * or a statement that is stale however often it is prepared. The same call may succeed later. After such an error a
 * COMMIT may have taken effect or not.
 */
export function isOutage(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined && (outageStates.test(state) || socketCodes.has(state))) return true;
  if (isRefusedConnection(error)) return true;
  if (isStaleStatement(error)) return true;
  // PostgreSQL has said what it is. Its words may hold anything, a caller's too.
  if (state !== undefined && sqlStates.test(state)) return false;
  // TypeORM says so where the connection of a transaction was lost between two of its statements.
  if (error instanceof QueryRunnerAlreadyReleasedError || error instanceof QueryRunnerProviderAlreadyReleasedError)
    return true;
  return error instanceof Error && driverMessages.test(error.message);
}
