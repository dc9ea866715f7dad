import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { SagaNote } from '../../contracts/sagas.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import { notesByTitle } from './sagas.rules.js';
import { keepNote } from './sagas.statements.js';

/** The command of the sagas: it keeps what runs tell of themselves, for operators. */
@Injectable()
export class SagasService {
  private readonly log = new Logger(SagasService.name);

  constructor(@Inject(MAIN_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * Keeps a note for all its subjects and tells of it. A note that comes twice is kept once, and one that comes late is
   * kept in the timeline and does not change what is known to be newer. Each title is told in words that name nothing
   * of others; the log has the full text.
   * @throws what PostgreSQL throws (see isOutage)
   */
  async note(note: SagaNote): Promise<void> {
    const { act, stuckAt, state, workflowId } = note;
    if (act === null && stuckAt !== null)
      this.log.warn(`${workflowId} is ${state}${stuckAt.step === null ? '' : ` at ${stuckAt.step}`}: ${stuckAt.why}`);
    await runCommand(this.dataSource, async (tx) => {
      for (const one of notesByTitle(note)) await keepNote(tx, one);
    });
  }
}
