import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import type { Cause } from '../../contracts/nouns.js';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { HeldRows } from '../postgres/held-rows.js';
import { RowTurns } from '../postgres/row-turns.js';
import { runCommand } from '../postgres/run-command.js';
import { CONFIG, type Config } from '../process/config.js';
import { crashPoint } from '../process/crash-point.js';
import { searchCreated } from './created-search.js';
import { newOrphansOf } from './orphans.rules.js';
import { insertOrphans } from './orphans.statements.js';
import { decide } from './payment-steps.rules.js';
import {
  askedOf,
  endOf,
  faultOf,
  planned,
  withReached,
  withSaid,
  type Due,
  type Ending,
  type Working,
} from './payment-work.rules.js';
import { cancelledUnpaid, turnedBackFor } from './payments.rules.js';
import {
  findHeldPayments,
  lockPayments,
  makePayments,
  readPayments,
  writeOperations,
  writePayments,
} from './payments.statements.js';
import type { Asking, PaymentElement, StepAnswer, StepResult, StoredPayment } from './payments.types.js';
import { ProviderAccounts, type OpenAccount } from './provider-accounts.js';
import { ProviderCalls, type Outgoing } from './provider-calls.js';
import { workByAccount, workInRounds } from './step-rounds.js';

/** How long before the first try of a create, and how far beyond now, its intent is searched for: clocks differ. */
const searchMarginMs = 10 * 60_000;

/**
 * The commands on payments. Each command takes a list, asks the provider where that is needed, and answers one result
 * for each element, in order. A call to the provider is written down and committed before it is made. Its answer is
 * written down before a decision is made by it. No transaction is open while the provider is asked. The answer of a
 * command is kept for ever, so a command may be called at any time, and several times at once.
 */
@Injectable()
export class PaymentsService {
  private readonly turns = new RowTurns();
  private readonly held = new HeldRows<Working>(
    ({ element }) => [element.id],
    (ids, waits) => findHeldPayments(this.dataSource.manager, ids, waits),
  );

  constructor(
    @Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Config,
    private readonly accounts: ProviderAccounts,
    private readonly calls: ProviderCalls,
  ) {}

  /**
   * Has payments authorised, as far as that goes without the buyer.
   * @returns for each payment `authorized`, `captured`, `waits` or `turned-back`. `failed` says why a payment could not
   *   be worked on, and `later` that it was not asked about, because the provider cannot be asked now.
   * @throws VeltrixError `unavailable` where the provider is away, and what PostgreSQL throws
   */
  authorize(elements: readonly PaymentElement[], asking: Asking): Promise<StepResult[]> {
    return this.work(
      elements.map((element) => ({ element, goal: { step: 'authorize' }, looked: false })),
      asking,
    );
  }

  /**
   * Has payments authorised, and captures at once what is authorised. The capture is the pivot.
   * @returns as `authorize` does, where `authorized` is what could not be captured now, and is left to `capture`
   * @throws as `authorize` does
   */
  pay(elements: readonly PaymentElement[], asking: Asking): Promise<StepResult[]> {
    return this.work(
      elements.map((element) => ({ element, goal: { step: 'pay' }, looked: false })),
      asking,
    );
  }

  /**
   * Has authorised payments captured. The capture is the pivot.
   * @returns for each payment `captured` or `turned-back`; `failed` and `later` as `authorize` does
   * @throws as `authorize` does
   */
  capture(elements: readonly PaymentElement[], asking: Asking): Promise<StepResult[]> {
    return this.work(
      elements.map((element) => ({ element, goal: { step: 'capture' }, looked: false })),
      asking,
    );
  }

  /**
   * Decides that payments are turned back, for ever, and has them cancelled where they are not captured already.
   * @returns for each payment `cancelled`, or `captured` where the void came too late: the purchase then goes forward;
   *   `failed` and `later` as `authorize` does
   * @throws as `authorize` does
   */
  void(elements: readonly (PaymentElement & { cause: Cause })[], asking: Asking): Promise<StepResult[]> {
    return this.work(
      elements.map(({ cause, ...element }) => ({ element, goal: { step: 'void', cause }, looked: false })),
      asking,
    );
  }

  /**
   * The ends of payments, by their ids: captured, cancelled, or undefined where a payment has none yet. No provider is
   * asked.
   */
  async kept(ids: readonly string[]): Promise<(StepAnswer | undefined)[]> {
    const { payments } = await readPayments(this.dataSource.manager, ids);
    return ids.map((id) => {
      const payment = payments.get(id);
      if (payment?.state === 'captured') return { outcome: 'captured' };
      if (payment?.state !== 'cancelled' || payment.turnedBack === null) return undefined;
      return { outcome: 'cancelled', cause: payment.turnedBack };
    });
  }

  /**
   * Decides that a payment is turned back, where it is not too late. Where it was turned back before, the first cause
   * stays. The run of the purchase then has the provider cancel the payment.
   * @returns `turned-back`; `captured` where it is too late; or `processing` where the buyer's bank works on the
   *   payment, so that nobody can say now whether it will be paid
   * @throws Error where the payment is kept with other terms, and what PostgreSQL throws
   */
  turnBack(element: PaymentElement, cause: Cause): Promise<'turned-back' | 'captured' | 'processing'> {
    return this.turns.take(element.id, () =>
      runCommand(this.dataSource, async (tx) => {
        await makePayments(tx, [element], this.config.PAYMENT_DEADLINE_SECONDS);
        const { payments } = await lockPayments(tx, [element.id]);
        const payment = payments.get(element.id);
        const fault = faultOf(payment, element);
        if (payment === undefined || fault !== undefined) throw new Error(`${element.id}: ${fault}`);
        if (payment.state === 'captured' || payment.state === 'processing') return payment.state;
        const turnedBack = turnedBackFor(payment, cause);
        // Nobody can pay a payment without an intent, so it is cancelled here and now. The saga may never do so: where
        // its hold is refused, it sends no step to payments.
        const after = payment.reference === null ? cancelledUnpaid(turnedBack) : turnedBack;
        await write(tx, [{ before: payment, payment: after }]);
        return 'turned-back';
      }),
    );
  }

  private work(all: readonly Working[], asking: Asking): Promise<StepResult[]> {
    return workByAccount(this.accounts, all, asking, (account, some) =>
      workInRounds(
        some,
        (pending, round, enough) =>
          this.held.run(pending, () =>
            runCommand(this.dataSource, (tx) => this.writeDown(tx, account, pending, { isFirst: round === 0, enough })),
          ),
        (due) => this.askAll(account, due, asking.patient),
      ),
    );
  }

  /**
   * Takes the last answers of the provider, decides what is next for each payment, and writes both down. It must not
   * change its arguments, since a transaction whose COMMIT was not answered is run again.
   * @param isFirst whether there may be no row of a payment yet
   * @param enough why no more calls are made; undefined where more may be made
   * @returns the calls that are due, and the results of the payments that have no call due
   */
  private async writeDown(
    tx: EntityManager,
    account: OpenAccount,
    pending: readonly Working[],
    { isFirst, enough }: { isFirst: boolean; enough: string | undefined },
  ): Promise<{ due: Due[]; results: [Working, Ending][] }> {
    const held = this.calls.heldBack(account);
    const elements = pending.map(({ element }) => element);
    if (isFirst) await makePayments(tx, elements, this.config.PAYMENT_DEADLINE_SECONDS);
    const { now, payments } = await lockPayments(
      tx,
      elements.map(({ id }) => id),
    );
    const due: Due[] = [];
    const changed: Changed[] = [];
    const results: [Working, Ending][] = [];
    for (const working of pending) {
      const before = payments.get(working.element.id);
      const fault = faultOf(before, working.element);
      if (before === undefined || fault !== undefined) {
        results.push([working, { result: { failed: fault ?? 'It was neither made nor found.' } }]);
        continue;
      }
      const attempt = { now, windowHours: account.windowHours, looked: working.looked };
      const decision = decide(working.goal, withSaid(before, working.said), attempt);
      const { next } = decision;
      const end = withReached(endOf(next, working.said, held, enough), working.goal, decision.payment);
      if (end !== undefined) results.push([working, end]);
      const payment =
        end === undefined && next.do === 'call'
          ? planned(decision.payment, next, (kind, terms) => account.account.bodyOf(kind, terms))
          : decision.payment;
      if (end === undefined && next.do !== 'answer' && next.do !== 'fail') due.push({ working, payment, next });
      changed.push({ before, payment });
    }
    await write(tx, changed);
    return { due, results };
  }

  private async askAll(account: OpenAccount, due: readonly Due[], patient: boolean): Promise<void> {
    if (due.length === 0) return;
    const about = due.map(({ payment, next }) => `${payment.id} ${next.do === 'call' ? next.kind : next.do}`);
    await crashPoint('payment:planned', about);
    const searched = due.filter(({ next }) => next.do === 'search');
    const asked = due.filter(({ next }) => next.do !== 'search');
    const [answers] = await Promise.all([
      this.calls.makeAll(account, asked.map(outgoingOf), patient),
      Promise.all(searched.map((one) => this.search(account, one, patient))),
    ]);
    for (const [place, one] of asked.entries()) {
      const answer = answers[place];
      if (answer === undefined) throw new Error(`${one.payment.id}: its call was not made.`);
      const what = askedOf(one);
      one.working.said = { asked: what, answer };
      // After an answer with an intent it is known how the intent is. After a look that finds none, that is known too.
      one.working.looked = answer.result === 'intent' || (what === 'look' && answer.result === 'missing');
    }
    await crashPoint('payment:answered', about);
  }

  /** Searches all intents that were created from shortly before the first try of a create until now. */
  private async search(account: OpenAccount, { working, payment }: Due, patient: boolean): Promise<void> {
    const { create } = payment.operations;
    if (create === undefined) throw new Error(`${payment.id}: nothing was created.`);
    const window = {
      from: new Date(create.firstSentAt.getTime() - searchMarginMs),
      to: new Date(Date.now() + searchMarginMs),
      purchase: payment.id,
    };
    const { complete, intents, evidence } = await searchCreated(this.calls, account, window, patient);
    if (complete) {
      working.said = { asked: 'search', seq: create.seq, found: intents, evidence };
      working.looked = intents.length > 0;
    } else {
      Object.assign(working, { result: { later: 'What was created could not be looked through.' }, away: true });
    }
  }
}

interface Changed {
  before: StoredPayment;
  payment: StoredPayment;
}

/** Writes the payments and operations that are not the same objects as before: the rules copy what they change. */
async function write(tx: EntityManager, changed: readonly Changed[]): Promise<void> {
  await writePayments(
    tx,
    changed.filter(({ before, payment }) => before !== payment),
  );
  await insertOrphans(tx, changed.flatMap(newOrphansOf));
  await writeOperations(
    tx,
    changed.flatMap(({ before, payment }) =>
      Object.values(payment.operations)
        .filter((one) => before.operations[one.kind] !== one)
        .map((one) => ({ ...one, payment: payment.id })),
    ),
  );
}

function outgoingOf(due: Due): Outgoing {
  const { payment } = due;
  const asked = askedOf(due);
  if (asked === 'look') {
    const intent = payment.reference;
    if (intent === null) throw new Error(`${payment.id}: there is no intent to look at.`);
    return { name: 'look', make: (account, options) => account.fetch(intent, options) };
  }
  const { kind, key, body } = asked;
  const reference = kind === 'create' ? null : payment.reference;
  return { name: kind, make: (account, options) => account.call({ kind, reference, key, body }, options) };
}
