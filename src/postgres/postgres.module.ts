import { Global, Inject, Module, type DynamicModule, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../process/config.js';
import {
  INVENTORY_DATABASE,
  LEDGER_DATABASE,
  MAIN_DATABASE,
  databases,
  makeDataSource,
  type DatabaseName,
} from './data-sources.js';
import { checkPoolSizes } from './pool-sizes.js';

const tokens: Record<DatabaseName, symbol> = {
  main: MAIN_DATABASE,
  ledger: LEDGER_DATABASE,
  inventory: INVENTORY_DATABASE,
};

/** Opens the pools of a process, holds that the server has room for them, and closes them last: Nest runs this hook after the servers have drained. */
@Global()
@Module({})
export class PostgresModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(MAIN_DATABASE) private readonly main: DataSource,
    @Inject(LEDGER_DATABASE) private readonly ledger: DataSource,
    @Inject(INVENTORY_DATABASE) private readonly inventory: DataSource,
  ) {}

  /** @param processName `api` or `worker`, as PostgreSQL is to show it */
  static forProcess(processName: string): DynamicModule {
    return {
      module: PostgresModule,
      providers: databases.map((name) => ({
        provide: tokens[name],
        inject: [CONFIG],
        useFactory: (config: Config) => makeDataSource(config, name, processName).initialize(),
      })),
      exports: Object.values(tokens),
    };
  }

  /** @throws ConfigError where the pools are too large */
  async onModuleInit(): Promise<void> {
    await checkPoolSizes(this.config, { main: this.main, ledger: this.ledger, inventory: this.inventory });
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.main.destroy(), this.ledger.destroy(), this.inventory.destroy()]);
  }
}
