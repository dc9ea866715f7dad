import type { ClientConfig } from 'pg';
import { parse, toClientConfig } from 'pg-connection-string';

/**
 * Reads a connection string as the driver does, with `sslmode` as libpq means it.
 * @throws what the driver throws, which may have the string in it
 */
export function readConnectionString(url: string): ClientConfig {
  const saysItself = /[?&]uselibpqcompat=/.test(url);
  return toClientConfig(parse(url, saysItself ? {} : { useLibpqCompat: true }));
}

const sslModes = ['disable', 'require', 'verify-ca', 'verify-full'];

/** Why a connection string cannot be used, without repeating any of it. */
export function connectionStringFault(url: string): string | undefined {
  const parameters = new URLSearchParams(url.replace(/^[^?]*\??/, ''));
  const sslMode = parameters.get('sslmode');
  if (sslMode !== null && !sslModes.includes(sslMode))
    return 'must have an sslmode of disable, require, verify-ca or verify-full: the driver tries one way only';
  if (sslMode === 'verify-ca' && !parameters.has('sslrootcert'))
    return 'must name the certificate of the authority by sslrootcert where its sslmode is verify-ca';
  if (parameters.get('host') === '') return 'must name a host or a folder of a socket by its parameter host';
  try {
    const { port, host } = readConnectionString(url);
    if (host?.includes(',') === true) return 'must name one host alone';
    return port === undefined || (port > 0 && port <= 65_535) ? undefined : 'must name a port from 1 to 65535';
  } catch (error) {
    const { syscall } = error as NodeJS.ErrnoException;
    if (syscall !== undefined) return 'names a certificate or a key in a file that cannot be read';
    return 'cannot be read as a connection string; write what is special in its user and its password as %XX';
  }
}
