import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import type { Cause } from '../../contracts/nouns.js';
import { messageOf } from '../errors.js';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import { CONFIG, type Config } from '../process/config.js';
import { crashPoint } from '../process/crash-point.js';
import { byAccount } from './accounts.rules.js';
import { decide } from './payment-steps.rules.js';
import { askedOf, failureOf, planned, storedOf, withSaid, type Due, type Working } from './payment-work.rules.js';
import { cancelledUnpaid, turnedBackFor } from './payments.rules.js';
import { lockPayments, makePayments, readPayments, writeOperations, writePayments } from './payments.statements.js';
import type { PaymentElement, StepAnswer, StepResult, StoredPayment } from './payments.types.js';
import { ProviderAccounts, type OpenAccount } from './provider-accounts.js';
import { ProviderCalls, providerAway, type Outgoing } from './provider-calls.js';

/** How many calls one attempt at a step makes for a payment. What needs more is tried again. */
const maxRounds = 8;

/** How far from the moment of a create its intent is looked for: the clocks of two machines differ. */
const searchMarginMs = 10 * 60_000;

/**
 * The commands on payments. Each takes a list, asks the provider where that is needed, and answers one result for each
 * element, in order. A call is written down and committed before it is made, and what it answers is written down before
 * anything goes by it. No transaction is open while the provider is asked. What is kept is kept for ever, so each may be
 * called at any time and by several at once.
 */
@Injectable()
export class PaymentsService {
  constructor(
    @Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Config,
    private readonly accounts: ProviderAccounts,
    private readonly calls: ProviderCalls,
  ) {}

  /**
   * Has payments authorised, as far as that goes without the buyer.
   * @throws VeltrixError `unavailable` where the provider is away, and what PostgreSQL throws
   */
  authorize(elements: readonly PaymentElement[]): Promise<StepResult[]> {
    return this.work(elements.map((element) => ({ element, goal: { step: 'authorize' }, looked: false })));
  }

  /** Has what is authorised captured, which is the pivot. It throws as `authorize` does. */
  capture(elements: readonly PaymentElement[]): Promise<StepResult[]> {
    return this.work(elements.map((element) => ({ element, goal: { step: 'capture' }, looked: false })));
  }

  /**
   * Decides that payments are turned back, for ever, and has them cancelled where they are not captured already. It
   * throws as `authorize` does.
   */
  void(elements: readonly (PaymentElement & { cause: Cause })[]): Promise<StepResult[]> {
    return this.work(
      elements.map(({ cause, ...element }) => ({ element, goal: { step: 'void', cause }, looked: false })),
    );
  }

  /** What payments have come to, by their ids: captured, cancelled or nothing yet. It asks no provider. */
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
   * Decides that a payment is turned back, where it is not too late. What was decided first stays. The run of the
   * purchase then has the provider cancel it.
   * @returns `processing` where the buyer's bank is at it, so that nobody can say now whether it will be paid
   */
  turnBack(element: PaymentElement, cause: Cause): Promise<'turned-back' | 'captured' | 'processing'> {
    return runCommand(this.dataSource, async (tx) => {
      await makePayments(tx, [element], this.config.PAYMENT_DEADLINE_SECONDS);
      const { payments } = await lockPayments(tx, [element.id]);
      const payment = storedOf(payments, element);
      if (payment.state === 'captured' || payment.state === 'processing') return payment.state;
      const turnedBack = turnedBackFor(payment, cause);
      // Nobody can pay what has no intent, and no step of a saga may come that was refused before it asked for one.
      const after = payment.reference === null ? cancelledUnpaid(turnedBack) : turnedBack;
      await write(tx, [{ before: payment, payment: after }]);
      return 'turned-back';
    });
  }

  private async work(all: Working[]): Promise<StepResult[]> {
    for (const working of byAccount(all, ({ element }) => element)) await this.workAtAccount(working, all.length === 1);
    if (all.length > 0 && all.every(({ away }) => away === true)) {
      const [first] = all;
      throw providerAway(first?.result !== undefined && 'failed' in first.result ? first.result.failed : 'It is away.');
    }
    return all.map(
      ({ result, element }) => result ?? { failed: `${element.id} takes more calls than one attempt makes.` },
    );
  }

  /** Works on the payments of one account, in rounds: what is due is written down, then all of it goes out together. */
  private async workAtAccount(all: readonly Working[], alone: boolean): Promise<void> {
    const [first] = all;
    if (first === undefined) return;
    const account = await this.opened(first.element);
    for (let round = 0; round < maxRounds; round++) {
      const pending = all.filter(({ result }) => result === undefined);
      if (pending.length === 0) return;
      const due = await runCommand(this.dataSource, (tx) => this.writeDown(tx, account, pending));
      await this.askAll(account, due, alone);
    }
  }

  private async opened({ title, provider }: PaymentElement): Promise<OpenAccount> {
    try {
      return await this.accounts.open({ title, provider });
    } catch (error) {
      throw providerAway(`The account of ${title} at ${provider} cannot be used: ${messageOf(error)}`);
    }
  }

  /**
   * Takes what the provider has said, decides what is next, and writes both down.
   * @returns what is to go out
   */
  private async writeDown(tx: EntityManager, account: OpenAccount, pending: readonly Working[]): Promise<Due[]> {
    const held = this.calls.heldBack(account);
    const elements = pending.map(({ element }) => element);
    await makePayments(tx, elements, this.config.PAYMENT_DEADLINE_SECONDS);
    const { now, payments } = await lockPayments(
      tx,
      elements.map(({ id }) => id),
    );
    const due: Due[] = [];
    const changed: Changed[] = [];
    const results: [Working, Pick<Working, 'result' | 'away'>][] = [];
    for (const working of pending) {
      const before = storedOf(payments, working.element);
      const told = withSaid(before, working.said);
      const failure = failureOf(working.said);
      const decision = decide(working.goal, told, {
        now,
        windowHours: account.capabilities.idempotencyWindowHours,
        looked: working.looked,
      });
      let { payment } = decision;
      const { next } = decision;
      if (next.do === 'answer') results.push([working, { result: { answer: next.answer } }]);
      else if (failure !== undefined) results.push([working, failure]);
      else if (next.do === 'fail') results.push([working, { result: { failed: next.why } }]);
      else if (held !== undefined) results.push([working, { result: { failed: held }, away: true }]);
      else {
        if (next.do === 'call') payment = planned(payment, next, (kind, terms) => account.account.bodyOf(kind, terms));
        due.push({ working, payment, next });
      }
      changed.push({ before, payment });
    }
    await write(tx, changed);
    // A COMMIT that was not answered runs all of this again, so results are given at the end alone.
    for (const [working, result] of results) Object.assign(working, result);
    return due;
  }

  private async askAll(account: OpenAccount, due: readonly Due[], alone: boolean): Promise<void> {
    await crashPoint('payment:planned', due[0]?.payment.id ?? '');
    const searched = due.filter(({ next }) => next.do === 'search');
    const asked = due.filter(({ next }) => next.do !== 'search');
    const answers = this.calls.makeAll(account, asked.map(outgoingOf), alone);
    const found = Promise.all(searched.map((one) => this.search(account, one)));
    for (const [place, answer] of (await answers).entries()) {
      const one = asked[place];
      if (one === undefined) continue;
      one.working.said = { asked: askedOf(one), answer };
      one.working.looked = answer.result === 'intent';
    }
    await found;
    await crashPoint('payment:answered', due[0]?.payment.id ?? '');
  }

  /** Looks through all that was created around the first try of a create. */
  private async search(account: OpenAccount, { working, payment }: Due): Promise<void> {
    const sent = payment.operations.create?.firstSentAt.getTime() ?? payment.createdAt.getTime();
    const window = {
      from: new Date(sent - searchMarginMs),
      to: new Date(Date.now() + searchMarginMs),
      purchase: payment.id,
    };
    const timeoutMs = this.config.PAYMENT_CALL_TIMEOUT_SECONDS * 1_000;
    const { complete, intents, evidence } = await account.account.listCreated(window, { timeoutMs });
    if (complete) {
      working.said = { asked: 'search', found: intents, evidence };
      working.looked = intents.length > 0;
    } else {
      Object.assign(working, { result: { failed: 'What was created could not be looked through.' }, away: true });
    }
  }
}

interface Changed {
  before: StoredPayment;
  payment: StoredPayment;
}

async function write(tx: EntityManager, changed: readonly Changed[]): Promise<void> {
  await writePayments(
    tx,
    changed.filter(({ before, payment }) => before !== payment),
  );
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
  if (asked === 'look')
    return { name: 'look', make: (account, options) => account.fetch(payment.reference ?? '', options) };
  const { kind, key, body } = asked;
  const reference = kind === 'create' ? null : payment.reference;
  return { name: kind, make: (account, options) => account.call({ kind, reference, key, body }, options) };
}
