import type { MigrationInterface, QueryRunner } from 'typeorm';
import { outboxOfCalls, outboxOfFacts } from '../../events/outbox.js';

/** The outbox has one row for each call, with all of its facts, instead of one for each fact. */
export class TellOfTradesByTheCall1795773900000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(outboxOfCalls('trades'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(outboxOfFacts('trades'));
  }
}
