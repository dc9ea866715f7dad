import { ConfigError } from './config.js';
import { isOutage } from './postgres/sql-errors.js';

/**
 * The sentence for what stops a process at its start and is not a mistake of Veltrix, or undefined for what is.
 * @param port the port that the process was to listen on, and the name of its variable
 */
export function startError(error: unknown, port: string | number, variable: string): string | undefined {
  if (error instanceof ConfigError) return error.message;
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `Port ${port} is taken by another process; set ${variable} to a free one.`;
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') return `Veltrix cannot listen on port ${port} of the address in HOST: ${code}.`;
  if (isOutage(error)) return 'PostgreSQL cannot be reached; see DATABASE_URL and the others in docs/configuration.md.';
  if (typeof code === 'string' && /^(28|3D)/.test(code)) return 'PostgreSQL refuses the user or the database of a DATABASE_URL.';
  const namespace = error instanceof Error ? /^Namespace (\S+) was not found/.exec(error.message)?.[1] : undefined;
  if (namespace !== undefined) return `Temporal has no namespace ${namespace}: make it, or set TEMPORAL_NAMESPACE to one that is there.`;
  return undefined;
}
