import 'reflect-metadata';
import { messageOf } from './errors.js';
import { AccountsService } from './payments/accounts.service.js';
import { makeDataSource } from './postgres/data-sources.js';
import { ConfigError, loadConfig } from './process/config.js';
import { withoutConnectionStrings } from './process/logging.js';

/** `npm run reseal`: seals by the first key of VELTRIX_SECRETS_KEY what an older one has sealed, and ends. */
try {
  const config = loadConfig({ VELTRIX_ADMIN_KEY: 'unused-by-resealing', ...process.env });
  const dataSource = await makeDataSource(config, 'payments', 'reseal').initialize();
  try {
    const count = await new AccountsService(dataSource, config).resealAll();
    console.log(`${count} payment accounts were sealed anew. All are sealed by the first key now.`);
  } finally {
    await dataSource.destroy();
  }
} catch (error) {
  if (error instanceof ConfigError) console.error(error.message);
  else console.error(withoutConnectionStrings(`Not all could be sealed anew: ${messageOf(error)}`));
  process.exitCode = 1;
}
