import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { SagaNote } from '../../contracts/sagas.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import { keepNote } from './sagas.statements.js';

/** The command of the sagas: it keeps what runs tell of themselves, for operators. */
@Injectable()
export class SagasService {
  constructor(@Inject(MAIN_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * Keeps a note for all its subjects and tells of it. A note that comes twice is kept once, and one that comes late is
   * kept in the timeline and does not change what is known to be newer.
   * @throws what PostgreSQL throws (see isOutage)
   */
  note(note: SagaNote): Promise<void> {
    return runCommand(this.dataSource, (tx) => keepNote(tx, note));
  }
}
