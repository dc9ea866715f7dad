import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { databases, makeDataSource, statementTimeoutMs, type DatabaseName } from '../postgres/data-sources.js';
import { runTransaction } from '../postgres/transaction.js';
import { CONFIG, type Config } from '../process/config.js';
import type { Reader, Snapshot } from './checks.types.js';

/**
 * Connections of reconciliation to one database. Two checks are made at once, and each makes one or two statements at
 * once. Whoever waits for a connection waits for a statement at most.
 */
const pool = { connections: 4, connectMs: statementTimeoutMs + 5_000 };

/**
 * The connections by which reconciliation reads. They are its own, so that a long read takes none from work, and every
 * transaction of theirs is read only. They are opened when they are first used.
 */
@Injectable()
export class Readers implements OnApplicationShutdown {
  private open: Promise<Record<DatabaseName, DataSource>> | undefined;

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** @throws what PostgreSQL throws where a database cannot be reached; the next call tries again */
  async all(): Promise<Record<DatabaseName, Reader>> {
    this.open ??= this.connect().catch((error: unknown) => {
      this.open = undefined;
      throw error;
    });
    const { main, ledger, inventory, payments } = await this.open;
    return {
      main: readerOf(main),
      ledger: readerOf(ledger),
      inventory: readerOf(inventory),
      payments: readerOf(payments),
    };
  }

  private async connect(): Promise<Record<DatabaseName, DataSource>> {
    const opened = await Promise.allSettled(
      databases.map((name) => makeDataSource(this.config, name, 'reconciliation', pool).initialize()),
    );
    const failed = opened.find((one) => one.status === 'rejected');
    if (failed !== undefined) {
      await Promise.all(opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value.destroy()] : [])));
      throw failed.reason;
    }
    return Object.fromEntries(
      databases.map((name, place) => [name, (opened[place] as PromiseFulfilledResult<DataSource>).value]),
    ) as Record<DatabaseName, DataSource>;
  }

  async onApplicationShutdown(): Promise<void> {
    const sources = await this.open?.catch(() => undefined);
    if (sources !== undefined) await Promise.all(Object.values(sources).map((source) => source.destroy()));
  }
}

function readerOf(source: DataSource): Reader {
  return {
    query: <Row>(sql: string, parameters?: readonly unknown[]) =>
      readOnly(source, (snapshot) => snapshot.query<Row>(sql, parameters)),
    inOneSnapshot: (read) => readOnly(source, read, 'REPEATABLE READ'),
  };
}

/** Has PostgreSQL itself refuse whatever would change something. It is the only way in which checks ask a database. */
function readOnly<T>(
  source: DataSource,
  read: (snapshot: Snapshot) => Promise<T>,
  isolation?: 'REPEATABLE READ',
): Promise<T> {
  const work = async (tx: EntityManager): Promise<T> => {
    await tx.query('set transaction read only');
    return read({
      query: <Row>(sql: string, parameters: readonly unknown[] = []) => tx.query<Row[]>(sql, [...parameters]),
    });
  };
  return runTransaction(source, work, isolation);
}
