import { expect } from '@jest/globals';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import type { SagaNote } from '../../contracts/sagas.js';
import { loadConfig } from '../../src/process/config.js';
import { makeDataSource } from '../../src/postgres/data-sources.js';
import { SagasReads } from '../../src/sagas/sagas.reads.js';
import { SagasService } from '../../src/sagas/sagas.service.js';
import { createDatabase } from '../harness/database.js';
import { countDeadlocks } from '../harness/deadlocks.js';
import { patient } from '../harness/meeting.js';

/** A migrated database of a test's own, with what keeps and reads the notes of sagas on it. */
export interface SagasDatabase {
  dataSource: DataSource;
  service: SagasService;
  reads: SagasReads;
  /** A session beside the service's pool, to look from outside. */
  session: pg.Client;
  /** Keeps notes, one after the other. */
  note(...notes: SagaNote[]): Promise<void>;
  /** What was told of the saga of a deal, in order. */
  facts(deal: string): Promise<{ type: string; data: unknown }[]>;
  /** The row of a saga in the title `arena`. */
  row(deal: string): Promise<unknown>;
  /** The timeline of a saga in the title `arena`, in a word or two for each entry. */
  events(deal: string): Promise<string[]>;
  /** Closes everything, after it has seen that PostgreSQL never had to end a deadlock. */
  close(): Promise<void>;
}

export async function openSagas(): Promise<SagasDatabase> {
  const database = await createDatabase();
  const config = loadConfig({
    VELTRIX_ADMIN_KEY: 'not-used-by-this-test',
    DATABASE_URL: database.url,
    DATABASE_POOL_SIZE: '12',
  });
  const dataSource = await makeDataSource(config, 'main', 'test', patient).initialize();
  const session = new pg.Client({ connectionString: database.url });
  await session.connect();
  const service = new SagasService(dataSource);
  const reads = new SagasReads(dataSource);
  return {
    dataSource,
    service,
    reads,
    session,
    async note(...notes) {
      for (const one of notes) await service.note(one);
    },
    async facts(deal) {
      const { rows } = await session.query<{ type: string; data: unknown }>(
        'select type, data from sagas.facts where subject = $1 order by id, place',
        [deal],
      );
      return rows;
    },
    async row(deal) {
      return (await reads.noted('arena', [deal]))[0];
    },
    async events(deal) {
      return (await reads.timeline('arena', deal)).map(({ state, act }) =>
        act === null ? state : `${act.name}${act.answer === null ? '' : ` ${act.answer.code}`}`,
      );
    },
    async close() {
      await dataSource.destroy();
      expect(await countDeadlocks(session)).toBe(0);
      await session.end();
      await database.drop();
    },
  };
}
