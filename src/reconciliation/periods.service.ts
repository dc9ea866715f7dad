import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { reconciliationSchedules, type ReconciliationScheduleName } from '../../contracts/reconciliation.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { periodsDue } from './periods.rules.js';
import { ReconciliationService } from './reconciliation.service.js';
import { RunTakeover } from './run-takeover.js';
import { lastPeriod } from './runs.statements.js';

/** The runs that schedules have to make. */
@Injectable()
export class PeriodsService {
  constructor(
    @Inject(MAIN_DATABASE) private readonly main: DataSource,
    private readonly runs: ReconciliationService,
    private readonly takeover: RunTakeover,
  ) {}

  /**
   * Accepts the run of a moment, and before it one for each day that was missed. The schedule `hot` also has those
   * started that nobody makes. They go on beside its own run, which waits for none of them.
   * @param workflow the workflow that is to make them
   * @returns their ids, the oldest first
   */
  async accept(schedule: ReconciliationScheduleName, at: Date, workflow: string): Promise<string[]> {
    const last = await lastPeriod(this.main.manager, schedule, at);
    if (schedule === 'hot') await this.takeover.look();
    const ids = [];
    for (const period of periodsDue(schedule, at, last)) {
      const kind = reconciliationSchedules[schedule];
      const { id } = await this.runs.accept({
        kind,
        title: null,
        period,
        fingerprint: null,
        repair: 'make',
        workflow,
      });
      ids.push(id);
    }
    return ids;
  }
}
