import { readFileSync } from 'node:fs';
import { ConfigError, type Config } from '../process/config.js';

/** What a connection to Temporal needs, in the shape that client and worker have in common. */
export interface TemporalConnectionOptions {
  address: string;
  apiKey?: string;
  tls?:
    | boolean
    | { serverNameOverride?: string; serverRootCACertificate?: Buffer; clientCertPair?: { crt: Buffer; key: Buffer } };
}

/**
 * The connection options that the configuration says. Any TEMPORAL_TLS_ variable and an API key turn TLS on.
 * @throws ConfigError if a file cannot be read, or if a client certificate comes without its key
 */
export function temporalConnectionOptions(config: Config): TemporalConnectionOptions {
  const {
    TEMPORAL_TLS_CA: ca,
    TEMPORAL_TLS_CERT: crt,
    TEMPORAL_TLS_KEY: key,
    TEMPORAL_TLS_SERVER_NAME: name,
    TEMPORAL_API_KEY: apiKey,
  } = config;
  if ((crt === undefined) !== (key === undefined))
    throw new ConfigError('TEMPORAL_TLS_CERT and TEMPORAL_TLS_KEY belong together; set both or none.');
  const tls = {
    ...(name !== undefined && { serverNameOverride: name }),
    ...(ca !== undefined && { serverRootCACertificate: read('TEMPORAL_TLS_CA', ca) }),
    ...(crt !== undefined &&
      key !== undefined && {
        clientCertPair: { crt: read('TEMPORAL_TLS_CERT', crt), key: read('TEMPORAL_TLS_KEY', key) },
      }),
  };
  const wanted = Object.keys(tls).length > 0;
  return {
    address: config.TEMPORAL_ADDRESS,
    ...(apiKey !== undefined && { apiKey }),
    ...((wanted || apiKey !== undefined) && { tls: wanted ? tls : true }),
  };
}

function read(variable: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new ConfigError(`The file that ${variable} names cannot be read: ${file}.`);
  }
}
