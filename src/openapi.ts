import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { ApiModule } from './api.module.js';
import { makeAdapter } from './http/adapter.js';
import { packageRoot } from './http/documents.js';
import { describeApi } from './http/openapi.js';
import { loadConfig } from './process/config.js';

/**
 * `npm run openapi`: writes openapi.json from the controllers. With `--check` it writes nothing, and ends with code 1
 * if the committed file is not what would be written. Needs neither a database nor Temporal: nothing is started.
 */
async function main(): Promise<void> {
  // The document says nothing of the configuration, but the modules want one.
  const config = loadConfig({ VELTRIX_ADMIN_KEY: 'unused-by-the-document', DATABASE_URL: 'postgres://unused' });
  const app = await NestFactory.create(ApiModule.forConfig(config), makeAdapter(), {
    preview: true,
    abortOnError: false,
    logger: ['error'],
  });
  const text = `${JSON.stringify(describeApi(app), null, 2)}\n`;
  const file = join(packageRoot(), 'openapi.json');
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
  } else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write('openapi.json is not what the controllers say; run npm run openapi and commit it.\n');
    process.exitCode = 1;
  }
}

await main();
