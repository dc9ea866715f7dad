import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import type { Cause } from '../../contracts/nouns.js';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { HeldRows } from '../postgres/held-rows.js';
import { runCommand } from '../postgres/run-command.js';
import { crashPoint } from '../process/crash-point.js';
import type { Asking } from './payments.types.js';
import { ProviderAccounts, type OpenAccount } from './provider-accounts.js';
import { ProviderCalls, type Outgoing } from './provider-calls.js';
import type { RefundAnswer, RefundListAnswer } from './provider.types.js';
import { decideRefund } from './refund-steps.rules.js';
import {
  attemptOf,
  endOf,
  faultOf,
  planned,
  withSaid,
  type RefundDue,
  type RefundEnding,
  type RefundWorking,
} from './refund-work.rules.js';
import { workByAccount, workInRounds } from './step-rounds.js';
import { findHeldRefunds, lockRefunds, readRefunds, writeRefundCalls, writeRefunds } from './refunds.statements.js';
import type { RefundElement, RefundStepAnswer, RefundStepResult, StoredRefund } from './refunds.types.js';

/**
 * The commands on refunds. They are as those on payments: a call is written down and committed before it is made, and
 * the answer of a command is kept for ever. A second refund of the same money cannot be undone, so nothing goes out
 * before a look through what the provider has.
 */
@Injectable()
export class RefundsService {
  private readonly held = new HeldRows<RefundWorking>(
    ({ element }) => [element.id, element.purchase],
    (ids, waits) => findHeldRefunds(this.dataSource.manager, ids, waits),
  );

  constructor(
    @Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource,
    private readonly accounts: ProviderAccounts,
    private readonly calls: ProviderCalls,
  ) {}

  /**
   * Has money given back. That the provider says it has succeeded is the pivot.
   * @returns for each refund `refunded`, `waits` or `turned-back`; `failed` and `later` as for payments
   * @throws VeltrixError `unavailable` where the provider is away, and what PostgreSQL throws
   */
  refund(elements: readonly RefundElement[], asking: Asking): Promise<RefundStepResult[]> {
    return this.work(
      elements.map((element) => ({ element, goal: { step: 'refund' } })),
      asking,
    );
  }

  /**
   * Decides that refunds are turned back, for ever. One that was never sent is cancelled. One that was sent is followed
   * to its end, since a provider cannot be told to forget it.
   * @returns for each refund `cancelled`, or `refunded` where the money was given back: the deal then goes forward;
   *   `later` while its bank is at it, and `failed` and `later` as `refund` does
   * @throws as `refund` does
   */
  cancel(elements: readonly (RefundElement & { cause: Cause })[], asking: Asking): Promise<RefundStepResult[]> {
    return this.work(
      elements.map(({ cause, ...element }) => ({ element, goal: { step: 'cancel', cause } })),
      asking,
    );
  }

  /** The ends of refunds, by their ids: undefined where a refund has none yet. No provider is asked. */
  async kept(ids: readonly string[]): Promise<(RefundStepAnswer | undefined)[]> {
    const { refunds } = await readRefunds(this.dataSource.manager, ids);
    return ids.map((id) => {
      const refund = refunds.get(id);
      if (refund?.state === 'succeeded') return { outcome: 'refunded' };
      if ((refund?.state !== 'failed' && refund?.state !== 'canceled') || refund.turnedBack === null) return undefined;
      return { outcome: 'cancelled', cause: refund.turnedBack };
    });
  }

  private work(all: readonly RefundWorking[], asking: Asking): Promise<RefundStepResult[]> {
    return workByAccount(this.accounts, all, asking, (account, some) =>
      workInRounds(
        some,
        (pending, _, enough) =>
          this.held.run(pending, () =>
            runCommand(this.dataSource, (tx) => this.writeDown(tx, account, pending, enough)),
          ),
        (due) => this.askAll(account, due, asking.patient),
      ),
    );
  }

  /**
   * Takes the last answers of the provider, decides what is next for each refund, and writes both down. It must not
   * change its arguments, since a transaction whose COMMIT was not answered is run again.
   * @param enough why no more calls are made; undefined where more may be made
   * @returns what is due, and the results of the refunds for which nothing is due
   */
  private async writeDown(
    tx: EntityManager,
    account: OpenAccount,
    pending: readonly RefundWorking[],
    enough: string | undefined,
  ): Promise<{ due: RefundDue[]; results: [RefundWorking, RefundEnding][] }> {
    const held = this.calls.heldBack(account);
    const elements = pending.map(({ element }) => element);
    await lockRefunds(tx, elements);
    const { now, refunds } = await readRefunds(
      tx,
      elements.map(({ id }) => id),
    );
    const due: RefundDue[] = [];
    const changed: Changed[] = [];
    const results: [RefundWorking, RefundEnding][] = [];
    const returned = new Returned();
    for (const working of pending) {
      const stored = refunds.get(working.element.id);
      const fault = stored === undefined ? 'It was neither made nor found.' : faultOf(stored, working.element);
      if (stored === undefined || fault !== undefined) {
        results.push([working, { result: { failed: fault ?? '' } }]);
        continue;
      }
      const before = returned.in(stored);
      const said = withSaid(before, working, now);
      const decision = decideRefund(working.goal, said, attemptOf(working, now, account.windowHours));
      const end = endOf(decision.next, working.said, held, enough);
      if (end !== undefined) results.push([working, end]);
      const plan =
        end === undefined ? planned(decision, (terms) => account.account.refundBodyOf(terms), now) : decision;
      if ('asked' in plan) due.push({ working, refund: plan.refund, asked: plan.asked, at: now });
      returned.note(before, plan.refund);
      changed.push({ before, refund: plan.refund });
    }
    await write(tx, changed);
    return { due, results };
  }

  private async askAll(account: OpenAccount, due: readonly RefundDue[], patient: boolean): Promise<void> {
    if (due.length === 0) return;
    const outgoing = due.map(outgoingOf);
    const about = due.map(({ refund }, place) => `${refund.id} ${outgoing[place]?.name}`);
    await crashPoint('payment:planned', about);
    const answers = await this.calls.makeAll(account, outgoing, patient);
    for (const [place, { working, refund, asked, at }] of due.entries()) {
      const answer = answers[place];
      if (answer === undefined) throw new Error(`${refund.id}: its call was not made.`);
      working.said = { asked, answer };
      if (answer.result === 'refund' || answer.result === 'refunds') working.lookedAt = at;
    }
    await crashPoint('payment:answered', about);
  }
}

interface Changed {
  before: StoredRefund;
  refund: StoredRefund;
}

/** What refunds of one list have returned of a payment that several of them are of. */
class Returned {
  private readonly amounts = new Map<string, bigint>();

  in(refund: StoredRefund): StoredRefund {
    const more = this.amounts.get(refund.purchase) ?? 0n;
    const { payment } = refund;
    if (payment === undefined || more === 0n) return refund;
    return { ...refund, payment: { ...payment, returned: payment.returned + more } };
  }

  note(before: StoredRefund, after: StoredRefund): void {
    if (before.state === after.state || after.state !== 'succeeded') return;
    this.amounts.set(after.purchase, (this.amounts.get(after.purchase) ?? 0n) + after.amount);
  }
}

/** Writes the refunds and calls that are not the same objects as before: the rules copy what they change. */
async function write(tx: EntityManager, changed: readonly Changed[]): Promise<void> {
  await writeRefunds(
    tx,
    changed.filter(({ before, refund }) => before !== refund),
  );
  await writeRefundCalls(
    tx,
    changed.flatMap(({ before, refund }) =>
      refund.call === undefined || refund.call === before.call ? [] : [{ refund, call: refund.call }],
    ),
  );
}

function outgoingOf({ refund, asked }: RefundDue): Outgoing<RefundAnswer | RefundListAnswer> {
  const { reference, payment } = refund;
  if (asked !== 'look') {
    const { key, body } = asked;
    return { name: 'refund', make: (account, options) => account.refund({ key, body }, options) };
  }
  if (reference !== null)
    return { name: 'refund-look', make: (account, options) => account.fetchRefund(reference, options) };
  const intent = payment?.reference ?? null;
  if (intent === null) throw new Error(`${refund.id}: there is no intent to look at.`);
  return { name: 'refund-list', make: (account, options) => account.listRefunds(intent, options) };
}
