import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import { askForFees, readPaymentsForLook, wakeOrphansOf } from './looks-again.statements.js';
import { insertNamedOrphans } from './orphans.statements.js';
import { noteLooks } from './outside-looks.statements.js';

/** Has payments looked at again that somebody has found wanting. */
@Injectable()
export class LooksAgain {
  constructor(@Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * Has everything about payments asked for at their providers: what has moved without our asking, what they keep of a
   * capture, what has become of intents that no payment takes, and of a payment that has ended without money, whether
   * any of its intents was captured or is open still.
   * @param payments each with the intents that its provider tells for it
   * @returns the ids of those that there are
   */
  async note(payments: readonly { id: string; title: string; intents: readonly string[] }[]): Promise<string[]> {
    const told = new Map(payments.map(({ id, intents }) => [id, intents]));
    return runCommand(this.dataSource, async (tx) => {
      const rows = await readPaymentsForLook(tx, payments);
      const ids = rows.map(({ id }) => id);
      await noteLooks(
        tx,
        rows.flatMap(({ title, provider, reference }) =>
          reference === null ? [] : [{ title, provider, name: { kind: 'intent' as const, id: reference } }],
        ),
      );
      await askForFees(tx, ids);
      await wakeOrphansOf(tx, ids);
      await insertNamedOrphans(
        tx,
        rows.flatMap(({ id, title, provider, reference, ended }) =>
          (ended ? [...(reference === null ? [] : [reference]), ...(told.get(id) ?? [])] : []).map((intent) => ({
            ...{ title, provider, reference: intent, purchase: id },
          })),
        ),
      );
      return ids;
    });
  }
}
