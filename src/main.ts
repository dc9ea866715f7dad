import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule } from './api.module.js';
import { createApp } from './http/create-app.js';
import { loadConfig } from './process/config.js';
import { Degradations } from './process/health.js';
import { LogDestination } from './process/log-destination.js';
import { endOnUncaught, makeLog, tellOfLog } from './process/logging.js';
import { lastWords } from './process/start-error.js';

/** The process that answers HTTP. It ends with one sentence and code 1 if it cannot start, for its starter to read. */
async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const destination = new LogDestination();
  const log = makeLog(config, 'api', destination);
  endOnUncaught(log);
  const app = await createApp(ApiModule.forConfig(config), log);
  tellOfLog(log, destination, app.get(Degradations));
  await app.listen(config.PORT, config.HOST);
  const { address, port } = app.getHttpServer().address() as AddressInfo;
  log.info({ address, port }, 'listening');
  endOnSignal(app);
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

try {
  await main();
} catch (error) {
  process.stderr.write(`${lastWords(error, process.env['PORT'] ?? '3000', 'PORT')}\n`);
  // Pools that did open would keep the process.
  process.exit(1);
}
