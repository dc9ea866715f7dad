import {
  Global,
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { CONFIG, ConfigError, type Config } from '../process/config.js';
import {
  DATABASES,
  HEALTH_DATABASES,
  METRICS_DATABASES,
  databaseToken,
  databases,
  makeDataSource,
  type Databases,
} from './data-sources.js';
import type { BoundaryMigrations } from './migrations.js';
import { openOwnPools, type OwnUse } from './own-pools.js';
import { checkPoolSizes } from './pool-sizes.js';
import { checkPreparedStatements } from './prepared-probe.js';
import { BOUNDARIES, schemaFault } from './schemas.js';

/**
 * Opens the pools of a process and asserts that the server has room for them and keeps what they prepare. They are
 * closed last: Nest runs onApplicationShutdown after the servers have drained.
 */
@Global()
@Module({})
export class PostgresModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(DATABASES) private readonly dataSources: Databases,
    @Inject(HEALTH_DATABASES) private readonly ofHealth: Databases,
    @Inject(METRICS_DATABASES) private readonly ofMetrics: Databases,
    @Inject(BOUNDARIES) private readonly boundaries: readonly BoundaryMigrations[],
  ) {}

  /**
   * @param processName `api` or `worker`, as PostgreSQL is to show it
   * @param boundaries every boundary that has a schema
   */
  static forProcess(processName: string, boundaries: readonly BoundaryMigrations[]): DynamicModule {
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
    const own = (provide: symbol, use: OwnUse) => ({
      provide,
      inject: [CONFIG],
      useFactory: (config: Config) => openOwnPools(config, processName, use),
    });
    return {
      module: PostgresModule,
      providers: [
        ...pools,
        all,
        own(HEALTH_DATABASES, 'health'),
        own(METRICS_DATABASES, 'metrics'),
        { provide: BOUNDARIES, useValue: boundaries },
      ],
      exports: [...tokens, DATABASES, HEALTH_DATABASES, METRICS_DATABASES, BOUNDARIES],
    };
  }

  /**
   * @throws ConfigError where the pools are too large, prepared statements are not kept, or a database is not migrated
   */
  async onModuleInit(): Promise<void> {
    await checkPoolSizes(this.config, this.dataSources);
    await checkPreparedStatements(this.dataSources);
    const fault = await schemaFault(this.ofMetrics, this.boundaries);
    if (fault !== undefined) throw new ConfigError(fault);
  }

  async onApplicationShutdown(): Promise<void> {
    const all = [this.dataSources, this.ofHealth, this.ofMetrics].flatMap((sources) => Object.values(sources));
    await Promise.all([...new Set(all)].map((dataSource) => dataSource.destroy()));
  }
}
