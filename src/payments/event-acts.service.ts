import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { messageOf } from '../errors.js';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import { splitOnFailure } from '../postgres/split-on-failure.js';
import { endHints, takeHintsDue, takeHintsOf } from './hints.statements.js';
import { readNamedPayments } from './inbox.statements.js';
import type { EventHint, EventKey, NamedPayment } from './inbox.types.js';
import { insertNamedOrphans, wakeOrphans } from './orphans.statements.js';
import { noteLooksBeside } from './outside-looks.statements.js';
import { PAYMENT_LISTENER, type PaymentListener } from './payments.tokens.js';
import { wakeRefunds } from './refunds.statements.js';

/** The time between two looks for what was not acted on. */
const lookEveryMs = 5_000;

const mostAtOnce = 256;

/** What an event names, and how far it was acted on. */
interface Acting {
  hint: EventHint;
  /** Whether it names something of ours, as far as that could be found out. */
  isOurs: boolean;
  /** Whether it has to be acted on again. */
  isLeft: boolean;
  /** The purchases and refunds whose sagas are to hear of it. */
  deals: string[];
}

/**
 * Acts on what events name: whoever works on a payment or a refund hears of it, and what nobody works on is looked at.
 * Nothing here waits for a row that somebody holds, since the provider wants its answer soon. What could not be acted
 * on is acted on again, a moment later, by a worker.
 */
@Injectable()
export class EventActs {
  private readonly log = new Logger(EventActs.name);

  constructor(
    @Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource,
    @Inject(PAYMENT_LISTENER) private readonly listener: PaymentListener,
  ) {}

  /**
   * Acts on what stored events name. What fails here fails no event.
   * @returns for each whether it names something of ours, as far as that could be found out. The sagas may hear of it
   *   later
   */
  async act(hints: readonly EventHint[]): Promise<boolean[]> {
    return (await this.actOn(hints)).areOurs;
  }

  /** Does so. `told` ends once the sagas have heard of it, and never fails. */
  private async actOn(hints: readonly EventHint[]): Promise<{ areOurs: boolean[]; told: Promise<void> }> {
    const all = hints.map((hint) => ({ hint, isOurs: false, isLeft: false, deals: [] }));
    await this.each(
      all.filter(({ hint }) => hint.refund !== null),
      (some) => this.actOnRefunds(some),
    );
    await this.each(
      all.filter(({ hint }) => hint.reference !== null),
      (some) => this.actOnPayments(some),
    );
    await this.each(
      // An event that names a refund alone may be of one from the dashboard, which a look finds out.
      all.filter(({ hint, isOurs }) => hint.outside !== null && (isOurs || hint.reference === null)),
      (some) => this.actOnOutside(some),
    );
    const told = this.tell(all);
    // Where no saga is to hear of it, what was acted on is forgotten before the answer.
    if (all.every(({ deals }) => deals.length === 0)) await told;
    return {
      areOurs: all.map(({ hint, isOurs }) => isOurs || (hint.reference === null && hint.refund === null)),
      told,
    };
  }

  /** Acts on what these events name, where it was not acted on in time. They have come again. */
  async actOnAgain(events: readonly EventKey[]): Promise<void> {
    if (events.length > 0) await this.act(await takeHintsOf(this.dataSource.manager, events));
  }

  /** Acts on what was not acted on in time. @returns how many events that were */
  async actOnDue(): Promise<number> {
    const due = await takeHintsDue(this.dataSource.manager, mostAtOnce);
    // Its sagas hear of one part before the next one is taken, so no more wait for them than are in a part.
    const { told } = await this.actOn(due);
    await told;
    return due.length;
  }

  /** Looks for what was not acted on until the process is to end. What fails is logged and tried again. */
  async keep(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const due = await this.actOnDue().catch((error: unknown) => {
        this.log.warn(`Events were not acted on: ${messageOf(error)}`);
        return 0;
      });
      if (due < mostAtOnce) await pause(lookEveryMs, undefined, { signal: stop }).catch(() => undefined);
    }
  }

  /** What fails is counted as one of ours, since nobody knows, and is acted on again. */
  private async each(some: readonly Acting[], act: (some: readonly Acting[]) => Promise<void>): Promise<void> {
    const results = await splitOnFailure(some, async (part) => {
      await act(part);
      return [...part];
    });
    const failed = some.filter((_, place) => 'error' in (results[place] ?? {}));
    for (const one of failed) Object.assign(one, { isOurs: true, isLeft: true });
    const [first] = results.flatMap((result) => ('error' in result ? [result.error] : []));
    if (failed.length > 0)
      this.log.warn(`What ${failed.length} events name is acted on again later: ${messageOf(first)}`);
  }

  private async actOnRefunds(some: readonly Acting[]): Promise<void> {
    const named = some.flatMap(({ hint: { title, provider, refund } }) =>
      refund === null ? [] : { title, provider, refund },
    );
    const found = await runCommand(this.dataSource, (tx) => wakeRefunds(tx, named));
    const byName = new Map(found.map((one) => [nameOf({ ...one, reference: one.refund }), one]));
    for (const one of some) {
      const refund = byName.get(nameOf({ ...one.hint, reference: one.hint.refund }));
      if (refund === undefined) continue;
      one.isOurs = true;
      if (refund.isHeld) one.isLeft = true;
      if (refund.isOpen) one.deals.push(refund.id);
    }
  }

  private async actOnPayments(some: readonly Acting[]): Promise<void> {
    const named = some.flatMap(({ hint: { title, provider, reference, purchase } }) =>
      reference === null ? [] : { title, provider, reference, purchase },
    );
    const payments = new Map((await readNamedPayments(this.dataSource, named)).map((one) => [nameOf(one), one.id]));
    const orphans = await runCommand(this.dataSource, async (tx) => {
      const woken = await wakeOrphans(tx, named);
      const known = new Set([...payments.keys(), ...woken.map(nameOf)]);
      const unknown = named.flatMap(({ purchase, ...one }) =>
        known.has(nameOf(one)) || purchase === null ? [] : { ...one, purchase },
      );
      return [...woken, ...(await insertNamedOrphans(tx, unknown))];
    });
    const heldByName = new Map(orphans.map((one) => [nameOf(one), one.isHeld]));
    for (const one of some) {
      const name = nameOf(one.hint);
      const id = payments.get(name);
      if (id !== undefined) one.deals.push(id);
      if (id !== undefined || heldByName.has(name)) one.isOurs = true;
      if (heldByName.get(name) === true) one.isLeft = true;
    }
  }

  private async actOnOutside(some: readonly Acting[]): Promise<void> {
    const named = some.flatMap(({ hint: { title, provider, outside: name } }) =>
      name === null ? [] : { title, provider, name },
    );
    const held = new Set((await noteLooksBeside(this.dataSource.manager, named)).map(outsideOf));
    for (const one of some)
      if (one.hint.outside !== null && held.has(outsideOf({ ...one.hint, ...one.hint.outside }))) one.isLeft = true;
  }

  /** Has sagas hear of it, and then forgets what was acted on. */
  private async tell(all: readonly Acting[]): Promise<void> {
    const ids = [...new Set(all.flatMap(({ deals }) => deals))];
    const again = ids.length === 0 ? [] : await this.changed(ids);
    const over = all.filter(({ isLeft, deals }) => !isLeft && !deals.some((id) => again.includes(id)));
    await endHints(
      this.dataSource.manager,
      over.map(({ hint }) => hint),
    ).catch((error: unknown) => this.log.warn(`Events will be acted on twice: ${messageOf(error)}`));
  }

  /** @returns those that have to be told again */
  private async changed(ids: string[]): Promise<readonly string[]> {
    try {
      return await this.listener.changed(ids);
    } catch (error) {
      this.log.warn(`The sagas of ${ids.length} payments or refunds did not hear of their events: ${messageOf(error)}`);
      return ids;
    }
  }
}

function nameOf({
  title,
  provider,
  reference,
}: Omit<NamedPayment, 'reference'> & { reference: string | null }): string {
  return JSON.stringify([title, provider, reference]);
}

function outsideOf({
  title,
  provider,
  kind,
  id,
}: {
  title: string;
  provider: string;
  kind: string;
  id: string;
}): string {
  return JSON.stringify([title, provider, kind, id]);
}
