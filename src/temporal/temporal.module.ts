import { Global, Injectable, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Client, type Connection } from '@temporalio/client';
import { CONFIG, type Config } from '../process/config.js';
import { Degradations } from '../process/health.js';
import { temporalConnectionOptions } from './connection-options.js';
import { openConnection } from './open-connection.js';

/** How long readiness waits for Temporal before it says that it is away. */
const probeTimeoutMs = 1_000;

/** Tells readiness whether Temporal answers, and closes the connection at the end. */
@Injectable()
export class TemporalConnection implements OnModuleInit, OnApplicationShutdown {
  private readonly underWay = new Set<Promise<unknown>>();

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

  /**
   * Runs `act`, for example the start of what was accepted. The connection is not closed, and so the process does not
   * end, before `act` has settled. `act` needs a limit on its time.
   */
  async finish<T>(act: () => Promise<T>): Promise<T> {
    const made = act();
    this.underWay.add(made);
    try {
      return await made;
    } finally {
      this.underWay.delete(made);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    // A finished call may have started another, so this waits until none is left.
    while (this.underWay.size > 0) await Promise.allSettled(this.underWay);
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
      useFactory: (config: Config) =>
        new Client({
          connection: openConnection(temporalConnectionOptions(config)),
          namespace: config.TEMPORAL_NAMESPACE,
        }),
    },
    TemporalConnection,
  ],
  exports: [Client, TemporalConnection],
})
export class TemporalModule {}
