import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { reconciliationWorkflowId } from '../../contracts/reconciliation.js';
import { messageOf } from '../errors.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { RunStarter } from './run-starter.js';
import { noteWorkflow, readUnfinished, type UnfinishedRun } from './runs.statements.js';

/** After so long a run that has not finished is looked for at Temporal. Before that its start may be under way. */
const patienceSeconds = 60;

/** Starts the runs anew that no workflow makes: Temporal was away when they were accepted, or has lost them since. */
@Injectable()
export class RunTakeover {
  private readonly log = new Logger(RunTakeover.name);

  constructor(
    @Inject(MAIN_DATABASE) private readonly main: DataSource,
    private readonly starter: RunStarter,
  ) {}

  /**
   * One look at the runs that have not finished. What Temporal does not tell of now is left to the next look. Of the
   * runs of one schedule the oldest goes first, and the next one when that has finished.
   * @returns the runs that were started anew
   * @throws what PostgreSQL throws
   */
  async look(): Promise<string[]> {
    const unfinished = await readUnfinished(this.main.manager, patienceSeconds);
    const isRunning = new Map<string, boolean>();
    const taken: string[] = [];
    const goingOn = new Set<string>();
    for (const run of unfinished) {
      const line = lineOf(run);
      if (goingOn.has(line)) continue;
      goingOn.add(line);
      try {
        const known = isRunning.get(run.workflow) ?? (await this.starter.isRunning(run.workflow));
        isRunning.set(run.workflow, known);
        if (known) continue;
        await noteWorkflow(this.main.manager, run.id, reconciliationWorkflowId(run.id));
        await this.starter.start(run.id);
        this.log.warn(`${run.id} had no workflow any more, and was started anew`);
        taken.push(run.id);
      } catch (error) {
        this.log.warn(`${run.id} waits to be started: ${messageOf(error)}`);
      }
    }
    return taken;
  }
}

/** What waits for what: the runs of one schedule for each other, and what was asked for, for nobody. */
function lineOf({ id, period }: UnfinishedRun): string {
  const [schedule = ''] = period.split('/');
  return schedule === 'asked' ? id : schedule;
}
