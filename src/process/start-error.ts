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

function sentenceOf(error: unknown, port: string | number, variable: string): string | undefined {
  if (error instanceof ConfigError) return error.message;
  if (/^(28|3D)/.test(sqlState(error) ?? '')) return 'PostgreSQL refuses the user or the database of a DATABASE_URL.';
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
