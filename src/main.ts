import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule } from './api.module.js';
import { ConfigError, loadConfig, type Config } from './config.js';
import { createApp } from './http/create-app.js';
import { makeLog } from './logging.js';
import { isOutage } from './postgres/sql-errors.js';

/** The process that answers HTTP. It ends with one sentence and code 1 if it cannot start, for its starter to read. */
async function main(): Promise<void> {
  let config: Config;
  try {
    config = loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return giveUp(error.message);
  }
  const log = makeLog(config, 'api');
  let app: NestFastifyApplication | undefined;
  try {
    app = await createApp(ApiModule.forConfig(config), log);
    await app.listen(config.PORT, config.HOST);
  } catch (error) {
    const sentence = startError(error, config);
    if (sentence === undefined) throw error;
    return giveUp(sentence);
  }
  const { address, port } = app.getHttpServer().address() as AddressInfo;
  log.info({ address, port }, 'listening');
  endOnSignal(app);
}

/** The sentence for what stops a process at its start and is not a mistake of Veltrix. */
function startError(error: unknown, config: Config): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `Port ${config.PORT} of ${config.HOST} is taken by another process; set PORT to a free one.`;
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') return `Veltrix cannot listen on port ${config.PORT} of ${config.HOST}: ${code}.`;
  if (isOutage(error)) return 'PostgreSQL cannot be reached; see DATABASE_URL and the three others in docs/configuration.md.';
  if (typeof code === 'string' && /^(28|3D)/.test(code)) return 'PostgreSQL refuses the user or the database of a DATABASE_URL.';
  return undefined;
}

function giveUp(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
  // Pools that did open would keep the process.
  process.exit();
}

/** Ends in order at the first signal. A terminal and a starter may both send one, so further ones change nothing. */
function endOnSignal(app: NestFastifyApplication): void {
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    void app.close().then(() => process.exit(0));
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

await main();
