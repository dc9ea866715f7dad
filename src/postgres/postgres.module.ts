import {
  Global,
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../process/config.js';
import { DATABASES, databaseToken, databases, makeDataSource, type Databases } from './data-sources.js';
import { checkPoolSizes } from './pool-sizes.js';

/**
 * Opens the pools of a process and asserts that the server has room for them. They are closed last: Nest runs
 * onApplicationShutdown after the servers have drained.
 */
@Global()
@Module({})
export class PostgresModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(DATABASES) private readonly dataSources: Databases,
  ) {}

  /** @param processName `api` or `worker`, as PostgreSQL is to show it */
  static forProcess(processName: string): DynamicModule {
    const tokens = databases.map(databaseToken);
    const pools = databases.map((name) => ({
      provide: databaseToken(name),
      inject: [CONFIG],
      useFactory: (config: Config) => makeDataSource(config, name, processName).initialize(),
    }));
    const all = {
      provide: DATABASES,
      inject: tokens,
      useFactory: (...sources: DataSource[]) =>
        Object.fromEntries(databases.map((name, index) => [name, sources[index]])),
    };
    return { module: PostgresModule, providers: [...pools, all], exports: [...tokens, DATABASES] };
  }

  /** @throws ConfigError where the pools are too large */
  async onModuleInit(): Promise<void> {
    await checkPoolSizes(this.config, this.dataSources);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(Object.values(this.dataSources).map((dataSource) => dataSource.destroy()));
  }
}
