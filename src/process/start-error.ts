import { isOutage, sqlState } from '../postgres/sql-errors.js';
import { ConfigError } from './config.js';
import { withoutConnectionStrings } from './logging.js';

/**
 * What a process writes before it ends because it could not start: a sentence for what is no mistake of Veltrix, and a
 * stack for what is. It never has a connection string in it.
 * @param port the port that the process was to listen on, and the name of its variable
 */
export function lastWords(error: unknown, port: string | number, variable: string): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return withoutConnectionStrings(sentenceOf(error, port, variable) ?? `Veltrix has failed: ${stack}`);
}

const certificateCodes = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_)/;

/** What keeps a connection from PostgreSQL that is there, by what the driver says of it. */
export function connectionFault(error: unknown): string | undefined {
  const said = error instanceof Error ? error.message : '';
  if (certificateCodes.test(sqlState(error) ?? ''))
    return 'The certificate of PostgreSQL is not one that the sslmode and sslrootcert of a DATABASE_URL trust.';
  if (/server does not support SSL/.test(said))
    return 'PostgreSQL takes no TLS, and the sslmode of a DATABASE_URL asks for it.';
  if (/password must be a (non-empty )?string/.test(said))
    return 'PostgreSQL asks for a password, and a DATABASE_URL has none.';
  if (/unsupported (options )?startup parameter/.test(said))
    return (
      'A connection pooler of a DATABASE_URL refuses what sessions are to begin with: have it ignore the startup ' +
      'parameter options (ignore_startup_parameters of PgBouncer); see "Behind PgBouncer" in docs/operations.md.'
    );
  return undefined;
}

function sentenceOf(error: unknown, port: string | number, variable: string): string | undefined {
  if (error instanceof ConfigError) return error.message;
  if (/^(28|3D)/.test(sqlState(error) ?? ''))
    return 'PostgreSQL refuses the user, the password or the database of a DATABASE_URL.';
  const connection = connectionFault(error);
  if (connection !== undefined) return connection;
  if (isOutage(error)) return 'PostgreSQL cannot be reached; see DATABASE_URL and the others in docs/configuration.md.';
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `Port ${port} is taken by another process; set ${variable} to a free one.`;
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL')
    return `Veltrix cannot listen on port ${port} of the address in HOST: ${code}.`;
  const namespace = error instanceof Error ? /^Namespace (\S+) was not found/.exec(error.message)?.[1] : undefined;
  if (namespace !== undefined)
    return `Temporal has no namespace ${namespace}: make it, or set TEMPORAL_NAMESPACE to one that is there.`;
  return undefined;
}
