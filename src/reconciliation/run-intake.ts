import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { messageOf, VeltrixError } from '../errors.js';
import { idPrefixes } from '../forms.js';
import { newId } from '../ids.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { TemporalConnection } from '../temporal/temporal.module.js';
import type { RunKind } from './checks.types.js';
import { RunStarter } from './run-starter.js';
import { insertRun } from './runs.statements.js';

/** A run that somebody asks for. */
export interface AskedRun {
  kind: RunKind;
  repair: 'plan' | 'make';
  title: string | null;
  /** The idempotency key of the request. */
  key: string;
  fingerprint: Buffer;
}

/** Accepts the runs that somebody asks for, and starts them. */
@Injectable()
export class RunIntake {
  private readonly log = new Logger(RunIntake.name);

  constructor(
    @Inject(MAIN_DATABASE) private readonly main: DataSource,
    private readonly starter: RunStarter,
    private readonly temporal: TemporalConnection,
  ) {}

  /**
   * Accepts a run, and starts it. Where Temporal is away the row waits, and the schedule `hot` starts it.
   * @throws VeltrixError `idempotency-key-reused`
   */
  async take({ kind, repair, title, key, fingerprint }: AskedRun): Promise<{ id: string; isNew: boolean }> {
    const asked = { id: newId(idPrefixes.reconciliation), kind, title, period: `asked/${key}`, fingerprint, repair };
    const { id, isNew, fingerprint: kept } = await insertRun(this.main.manager, asked);
    if (kept?.equals(fingerprint) !== true)
      throw new VeltrixError('idempotency-key-reused', 'The key belongs to a reconciliation with another body.');
    // Accepting needs PostgreSQL alone. The process ends when the start has been tried too.
    if (isNew) void this.start(id);
    return { id, isNew };
  }

  private async start(id: string): Promise<void> {
    await this.temporal
      .finish(() => this.starter.start(id))
      .catch((error: unknown) => this.log.warn(`${id} waits to be started: ${messageOf(error)}`));
  }
}
