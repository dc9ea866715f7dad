import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Leaves room on the pages of what changes soon after it is written: every hold ends once, and usually the whole page of
 * them at the same moment. An update that finds room on its page touches no index.
 */
export class LeaveRoomForUpdates1795600900000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table inventory.holds set (fillfactor = 50)');
    await runner.query('alter table inventory.instances set (fillfactor = 70)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table inventory.holds set (fillfactor = 85)');
    await runner.query('alter table inventory.instances set (fillfactor = 85)');
  }
}
