import type { MigrationInterface, QueryRunner } from 'typeorm';
import { outboxOfCalls, outboxOfFacts } from '../../events/outbox.js';

/** The outbox has one row for each call, with all of its facts, instead of one for each fact. */
export class TellOfTheInventoryByTheCall1795773800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(outboxOfCalls('inventory'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(outboxOfFacts('inventory'));
  }
}
