import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { messageOf } from '../errors.js';
import { runCommand } from '../postgres/run-command.js';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { byAccount } from './accounts.rules.js';
import { endFees, takeFeesDue, writeFees, type FeeDue } from './fees.statements.js';
import type { ProviderMovement } from './payments.types.js';
import { ProviderAccounts } from './provider-accounts.js';
import { ProviderCalls } from './provider-calls.js';
import type { ProviderFee } from './provider.types.js';

/** What providers keep of captured payments. It is known later than the capture, and nobody waits for it. */
@Injectable()
export class FeesService {
  private readonly log = new Logger(FeesService.name);

  constructor(
    @Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource,
    private readonly accounts: ProviderAccounts,
    private readonly calls: ProviderCalls,
  ) {}

  /**
   * Asks for the fees that are due. What an account does not tell now is due again later.
   * @returns `looked`, how many were due, and the fees that are known and not booked; fees of nothing are done with
   */
  async find(limit: number): Promise<{ looked: number; movements: ProviderMovement[] }> {
    const due = await takeFeesDue(this.dataSource.manager, limit);
    const told = (await Promise.all(byAccount(due, (one) => one).map((some) => this.ask(some)))).flat();
    await runCommand(this.dataSource, (tx) => writeFees(tx, told));
    const known = [...due.flatMap(({ fee, ...payment }) => (fee === null ? [] : { ...payment, ...fee })), ...told].map(
      ({ id, title, provider, amount, currency }): ProviderMovement => ({
        key: `fee/${id}`,
        kind: 'fee',
        id,
        title,
        provider,
        amount,
        currency,
      }),
    );
    await this.booked(known.filter(({ amount }) => amount === 0n).map(({ id }) => id));
    return { looked: due.length, movements: known.filter(({ amount }) => amount > 0n) };
  }

  /** Says that fees are booked. */
  async booked(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await endFees(this.dataSource.manager, ids);
  }

  private async ask(due: readonly FeeDue[]): Promise<(FeeDue & ProviderFee)[]> {
    const unknown = due.filter(({ fee }) => fee === null);
    const [first] = unknown;
    if (first === undefined || this.calls.heldBack(first) !== undefined) return [];
    try {
      const answers = await this.calls.makeAll(
        await this.accounts.open(first),
        unknown.map(({ reference }) => ({
          name: 'fee',
          make: (account, options) => account.fetch(reference, options),
        })),
        false,
      );
      return unknown.flatMap((one, place) => {
        const answer = answers[place];
        return answer?.result === 'intent' && answer.intent.fee !== null
          ? [{ ...one, ...answer.intent.fee, fee: null }]
          : [];
      });
    } catch (error) {
      this.log.warn(`The fees of ${first.title} at ${first.provider} cannot be asked for: ${messageOf(error)}`);
      return [];
    }
  }
}
