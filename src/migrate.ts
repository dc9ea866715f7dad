import 'reflect-metadata';
import { boundaries } from './boundaries.js';
import { messageOf } from './errors.js';
import { runMigrations } from './postgres/migrations.js';
import { ConfigError, loadConfig } from './process/config.js';
import { withoutConnectionStrings } from './process/logging.js';
import { connectionFault } from './process/start-error.js';

/** `npm run migrate`: brings every schema up to date and ends. */
try {
  // Migrating needs no admin key, so that it can run where no key is known.
  const config = loadConfig({ VELTRIX_ADMIN_KEY: 'unused-by-migrations', ...process.env });
  const applied = await runMigrations(config, boundaries, { tell: console.log });
  for (const name of applied) console.log(`migrated ${name}`);
} catch (error) {
  if (error instanceof ConfigError) console.error(error.message);
  else
    console.error(
      withoutConnectionStrings(`The databases could not be migrated: ${connectionFault(error) ?? messageOf(error)}`),
    );
  process.exitCode = 1;
}
