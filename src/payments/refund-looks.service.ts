import { Inject, Injectable, Logger } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { messageOf } from '../errors.js';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import { splitOnFailure } from '../postgres/split-on-failure.js';
import { byAccount } from './accounts.rules.js';
import { ProviderAccounts } from './provider-accounts.js';
import { ProviderCalls, type Outgoing } from './provider-calls.js';
import type { RefundAnswer } from './provider.types.js';
import { afterLaterLook, withAnswer } from './refunds.rules.js';
import { lockKnownRefunds, readRefunds, takeRefundsDue, writeRefunds } from './refunds.statements.js';
import type { StoredRefund } from './refunds.types.js';

/**
 * Looks at refunds that have succeeded, because a bank may send one back weeks later. What it finds undoes nothing: it
 * waits for a person.
 */
@Injectable()
export class RefundLooks {
  private readonly log = new Logger(RefundLooks.name);
  private readonly reversed: Counter;

  constructor(
    @Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource,
    private readonly accounts: ProviderAccounts,
    private readonly calls: ProviderCalls,
    @Inject(Registry) registry: Registry,
  ) {
    this.reversed = new Counter({
      name: 'veltrix_payment_refunds_reversed_total',
      help: 'Refunds that had succeeded and were found not to be given back any more, so that they wait for a person',
      registers: [registry],
    });
  }

  /** Looks at the refunds that are due. @returns how many those were */
  async see(limit: number): Promise<number> {
    const ids = await takeRefundsDue(this.dataSource.manager, limit);
    const { refunds } = await readRefunds(this.dataSource.manager, ids);
    await Promise.all(byAccount([...refunds.values()], (one) => one).map((some) => this.seeAtAccount(some)));
    return ids.length;
  }

  /** What cannot be looked at now is due again in three minutes. */
  private async seeAtAccount(refunds: readonly StoredRefund[]): Promise<void> {
    const [first] = refunds;
    if (first === undefined || this.calls.heldBack(first) !== undefined) return;
    try {
      const account = await this.accounts.open(first);
      const answers = await this.calls.makeAll(account, refunds.map(lookOf), true);
      await this.take(refunds, answers);
    } catch (error) {
      this.log.warn(`Refunds of ${first.title} at ${first.provider} cannot be looked at: ${messageOf(error)}`);
    }
  }

  /** @throws what one of them has failed with, once the others are taken */
  private async take(looked: readonly StoredRefund[], answers: readonly RefundAnswer[]): Promise<void> {
    const byId = new Map(looked.map(({ id }, place) => [id, answers[place]]));
    const results = await splitOnFailure(looked, (some) => this.takeTogether(some, byId));
    for (const one of results.flatMap((result) => ('answer' in result ? (result.answer ?? []) : []))) {
      const { before, refund } = one;
      if (before.parked !== null || refund.parked === null) continue;
      this.reversed.inc();
      this.log.error(`${refund.id}: a refund that has succeeded waits for a person. ${refund.parked.detail}`);
    }
    for (const result of results) if ('error' in result) throw result.error;
  }

  private async takeTogether(
    looked: readonly StoredRefund[],
    answers: ReadonlyMap<string, RefundAnswer | undefined>,
  ): Promise<({ before: StoredRefund; refund: StoredRefund } | undefined)[]> {
    const changed = await runCommand(this.dataSource, async (tx) => {
      await lockKnownRefunds(tx, looked);
      const ids = looked.map(({ id }) => id);
      const { now, refunds } = await readRefunds(tx, ids);
      const all = [...refunds.values()].flatMap((before) => {
        const answer = answers.get(before.id);
        if (answer?.result !== 'refund' && answer?.result !== 'missing') return [];
        return [{ before, refund: afterLaterLook(withAnswer(before, 'look', answer, now), now) }];
      });
      await writeRefunds(tx, all);
      return new Map(all.map((one) => [one.before.id, one]));
    });
    return looked.map(({ id }) => changed.get(id));
  }
}

function lookOf({ id, reference }: StoredRefund): Outgoing<RefundAnswer> {
  if (reference === null) throw new Error(`${id} has succeeded without a reference.`);
  return { name: 'refund-look', make: (account, options) => account.fetchRefund(reference, options) };
}
