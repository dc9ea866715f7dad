import { Global, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Client, type Connection } from '@temporalio/client';
import { CONFIG, type Config } from '../process/config.js';
import { temporalConnectionOptions } from './connection-options.js';
import { openConnection } from './open-connection.js';
import { TemporalHealth } from './temporal-health.js';

/** Closes the connection at the end, after what is under way on it. */
@Injectable()
export class TemporalConnection implements OnApplicationShutdown {
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(private readonly client: Client) {}

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
    TemporalHealth,
  ],
  exports: [Client, TemporalConnection],
})
export class TemporalModule {}
