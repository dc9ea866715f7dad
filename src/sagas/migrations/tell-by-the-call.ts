import type { MigrationInterface, QueryRunner } from 'typeorm';
import { outboxOfCalls, outboxOfFacts } from '../../events/outbox.js';

/** The outbox has one row for each call, with all of its facts, instead of one for each fact. */
export class TellOfSagasByTheCall1795774000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(outboxOfCalls('sagas'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(outboxOfFacts('sagas'));
  }
}
