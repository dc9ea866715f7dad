import { Global, Injectable, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Client, Connection } from '@temporalio/client';
import { CONFIG, type Config } from '../config.js';
import { Degradations } from '../http/health.js';
import { temporalConnectionOptions } from './connection-options.js';

/** How long readiness waits for Temporal before it says that it is away. */
const probeTimeoutMs = 1_000;

/** Tells readiness whether Temporal answers, and closes the connection at the end. */
@Injectable()
export class TemporalConnection implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly client: Client,
    private readonly degradations: Degradations,
  ) {}

  onModuleInit(): void {
    this.degradations.add('temporal', async () => {
      const { connection } = this.client;
      await connection.withDeadline(Date.now() + probeTimeoutMs, () => connection.workflowService.getSystemInfo({}));
      return true;
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await (this.client.connection as Connection).close();
  }
}

/** The client of Temporal. It connects when it is first used, because accepting needs PostgreSQL only. */
@Global()
@Module({
  providers: [
    {
      provide: Client,
      inject: [CONFIG],
      useFactory: (config: Config) => new Client({ connection: Connection.lazy(temporalConnectionOptions(config)), namespace: config.TEMPORAL_NAMESPACE }),
    },
    TemporalConnection,
  ],
  exports: [Client],
})
export class TemporalModule {}
