import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule } from './api.module.js';
import { loadConfig, type Config } from './config.js';
import { createApp } from './http/create-app.js';
import { makeLog } from './logging.js';
import { startError } from './start-error.js';

/** The process that answers HTTP. It ends with one sentence and code 1 if it cannot start, for its starter to read. */
async function main(): Promise<void> {
  let config: Config;
  try {
    config = loadConfig(process.env);
  } catch (error) {
    return giveUp(startError(error, '', 'PORT') ?? String(error));
  }
  const log = makeLog(config, 'api');
  let app: NestFastifyApplication | undefined;
  try {
    app = await createApp(ApiModule.forConfig(config), log);
    await app.listen(config.PORT, config.HOST);
  } catch (error) {
    const sentence = startError(error, config.PORT, 'PORT');
    if (sentence === undefined) throw error;
    return giveUp(sentence);
  }
  const { address, port } = app.getHttpServer().address() as AddressInfo;
  log.info({ address, port }, 'listening');
  endOnSignal(app);
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
