import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { reconciliationSchedules, type ReconciliationScheduleName } from '../../contracts/reconciliation.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import { periodsDue } from './periods.rules.js';
import { ReconciliationService } from './reconciliation.service.js';
import { RunTakeover } from './run-takeover.js';
import { lastPeriod, readUnfinishedOf } from './runs.statements.js';

/** The runs that schedules have to make. */
@Injectable()
export class PeriodsService {
  constructor(
    @Inject(MAIN_DATABASE) private readonly main: DataSource,
    private readonly runs: ReconciliationService,
    private readonly takeover: RunTakeover,
  ) {}

  /**
   * Accepts the run of a moment, and before it one for each day that was missed, all or none. The schedule `hot` also
   * has those started that nobody makes. They go on beside its own run, which waits for none of them.
   * @param workflow the workflow that is to make them
   * @returns the ids of all that it has still to make, the oldest first
   */
  async accept(schedule: ReconciliationScheduleName, at: Date, workflow: string): Promise<string[]> {
    if (schedule === 'hot') await this.takeover.look();
    const of = { kind: reconciliationSchedules[schedule], title: null, fingerprint: null, repair: 'make' } as const;
    return runCommand(this.main, async (tx) => {
      const last = await lastPeriod(tx, schedule, at);
      let id = '';
      for (const period of periodsDue(schedule, at, last))
        ({ id } = await this.runs.accept({ ...of, period, workflow }, tx));
      // An attempt before may have accepted those that were missed, and may not have answered.
      const others = await readUnfinishedOf(tx, workflow);
      return [...others.filter((one) => one !== id), id];
    });
  }
}
