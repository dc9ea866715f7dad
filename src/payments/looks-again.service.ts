import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import { readPaymentsForLook, askForFees } from './looks-again.statements.js';
import { insertNamedOrphans } from './orphans.statements.js';
import { noteLooks } from './outside-looks.statements.js';

/** Has payments looked at again that somebody has found wanting. */
@Injectable()
export class LooksAgain {
  constructor(@Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * Has everything about payments asked for at their providers: what has moved without our asking, what they keep of a
   * capture, and of a payment that has ended without money, whether its intent was captured or is open still.
   * @returns the ids of those that there are
   */
  async note(payments: readonly { id: string; title: string }[]): Promise<string[]> {
    return runCommand(this.dataSource, async (tx) => {
      const rows = await readPaymentsForLook(tx, payments);
      await noteLooks(
        tx,
        rows.map(({ title, provider, reference }) => ({ title, provider, name: { kind: 'intent', id: reference } })),
      );
      await askForFees(
        tx,
        rows.map(({ id }) => id),
      );
      await insertNamedOrphans(
        tx,
        rows.filter(({ ended }) => ended).map(({ id, ...row }) => ({ ...row, purchase: id })),
      );
      return rows.map(({ id }) => id);
    });
  }
}
