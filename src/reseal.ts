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
    const { sealed, unreadable } = await new AccountsService(dataSource, config).resealAll();
    console.log(`${sealed} payment accounts were sealed anew.`);
    for (const { title, provider } of unreadable) {
      console.error(`The account of ${title} at ${provider} was not: no key of VELTRIX_SECRETS_KEY opens it.`);
      process.exitCode = 1;
    }
  } finally {
    await dataSource.destroy();
  }
} catch (error) {
  if (error instanceof ConfigError) console.error(error.message);
  else console.error(withoutConnectionStrings(`The accounts could not be sealed anew: ${messageOf(error)}`));
  process.exitCode = 1;
}
