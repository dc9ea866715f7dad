import type { IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { VeltrixError, messageOf } from '../errors.js';
import { Batcher } from '../postgres/batcher.js';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import type { AccountKey } from './accounts.statements.js';
import { isStorable, outcomesOf } from './inbox.rules.js';
import { insertEvents, readNamedPayments } from './inbox.statements.js';
import type { EventOutcome, NamedPayment, NamedRefund, ReceivedEvent } from './inbox.types.js';
import { noteLooks } from './outside-looks.statements.js';
import { insertNamedOrphans, wakeOrphans } from './orphans.statements.js';
import { PAYMENT_LISTENER, PAYMENT_PROVIDERS, type PaymentListener } from './payments.tokens.js';
import type { PaymentProvider, ProviderEvent } from './provider.types.js';
import { wakeRefunds } from './refunds.statements.js';
import { WebhookSecrets, type EventSecrets } from './webhook-secrets.js';

/** An event as it was sent. Nothing of it is believed yet. */
export interface SentEvent {
  account: AccountKey;
  body: Buffer;
  headers: IncomingHttpHeaders;
}

/** Takes the events of providers: what is signed is stored, and then whoever works on the payment hears of it. */
@Injectable()
export class WebhooksService {
  private readonly log = new Logger(WebhooksService.name);
  private readonly events: Counter<'outcome'>;
  private readonly inbox = new Batcher((received: readonly ReceivedEvent[]) => this.store(received));

  constructor(
    @Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource,
    @Inject(PAYMENT_PROVIDERS) private readonly providers: ReadonlyMap<string, PaymentProvider>,
    @Inject(PAYMENT_LISTENER) private readonly listener: PaymentListener,
    @Inject(Registry) registry: Registry,
    private readonly secrets: WebhookSecrets,
  ) {
    this.events = new Counter({
      name: 'veltrix_payment_events_total',
      help: 'Events of payment providers whose signature was right, by what became of them',
      labelNames: ['outcome'],
      registers: [registry],
    });
  }

  /**
   * Stores an event once. It returns when that has committed.
   * @throws VeltrixError `webhook-signature-invalid`, the same for all that is not to be believed, so that nobody
   *   learns which titles there are
   */
  async receive({ account, body, headers }: SentEvent): Promise<void> {
    const secrets = await this.secrets.find(account);
    const event = secrets && this.read({ account, body, headers }, secrets);
    if (event === undefined)
      throw new VeltrixError(
        'webhook-signature-invalid',
        'None of the webhook secrets that are known here has signed this event just now.',
      );
    const state = event.mode === secrets?.mode ? 'stored' : 'wrong-mode';
    if (state === 'wrong-mode')
      this.log.warn(`An event of ${account.title} at ${account.provider} is in ${event.mode} mode, and has no effect.`);
    this.events.inc({ outcome: await this.inbox.add({ account, event, body, state }) });
  }

  private read({ account, body, headers }: SentEvent, { webhookSecrets }: EventSecrets): ProviderEvent | undefined {
    try {
      const event = this.providers.get(account.provider)?.readEvent(body, headers, webhookSecrets);
      if (event === undefined || isStorable(event)) return event;
      this.log.warn(`An event of ${account.title} at ${account.provider} has an id or a time that none can have.`);
    } catch (error) {
      this.log.warn(`An event of ${account.title} at ${account.provider} cannot be read: ${messageOf(error)}`);
    }
    return undefined;
  }

  private async store(received: readonly ReceivedEvent[]): Promise<EventOutcome[]> {
    const stored = await runCommand(this.dataSource, (tx) => insertEvents(tx, received));
    const outcomes = outcomesOf(received, stored);
    const named = received.flatMap(({ account, event }, place) =>
      outcomes[place] === 'stored' && event.reference !== null
        ? [{ place, payment: { ...account, reference: event.reference, purchase: event.purchase } }]
        : [],
    );
    const ofRefunds = received.flatMap(({ account, event: { refund } }, place) =>
      outcomes[place] === 'stored' && refund !== null ? [{ place, refund: { ...account, refund } }] : [],
    );
    const isOurRefund = await this.tellOfRefunds(ofRefunds.map(({ refund }) => refund));
    const isOurs = await this.tell(named.map(({ payment }) => payment));
    const ours = new Set([
      ...named.flatMap(({ place, payment }) => (isOurs(payment) ? [place] : [])),
      ...ofRefunds.flatMap(({ place, refund }) => (isOurRefund(refund) ? [place] : [])),
    ]);
    for (const { place } of named) if (!ours.has(place)) outcomes[place] = 'foreign';
    // An event that names a refund alone may be of one from the dashboard, which a look finds out.
    await this.noteOutside(received.filter((_, place) => outcomes[place] === 'stored'));
    for (const { place } of ofRefunds) if (!ours.has(place)) outcomes[place] = 'foreign';
    return outcomes;
  }

  /**
   * Tells the listener of payments. What fails here fails no event: they are stored, and every open payment is asked
   * after in time, so that all is right without any event.
   * @returns whether a payment is one of ours, as far as that could be found out
   */
  private async tell(
    named: readonly (NamedPayment & { purchase: string | null })[],
  ): Promise<(payment: NamedPayment) => boolean> {
    if (named.length === 0) return () => true;
    try {
      const found = await readNamedPayments(this.dataSource, named);
      const ids = found.map(({ id }) => id);
      // Nobody waits for it: the provider wants its answer soon.
      if (ids.length > 0) void this.changed(ids);
      const known = new Set(found.map(nameOf));
      const orphans = await this.noteOrphans(named, known);
      const names = new Set([...known, ...orphans.map(nameOf)]);
      return (payment) => names.has(nameOf(payment));
    } catch (error) {
      this.log.warn(`The payments that ${named.length} events name were not found: ${messageOf(error)}`);
      return () => true;
    }
  }

  /**
   * Has refunds looked at that events name. What fails here fails no event, as for payments.
   * @returns whether a refund is one of ours, as far as that could be found out
   */
  private async tellOfRefunds(named: readonly NamedRefund[]): Promise<(refund: NamedRefund) => boolean> {
    if (named.length === 0) return () => true;
    try {
      const found = await runCommand(this.dataSource, (tx) => wakeRefunds(tx, named));
      const ids = found.flatMap(({ id, isOpen }) => (isOpen ? [id] : []));
      if (ids.length > 0) void this.changed(ids);
      const known = new Set(found.map(refundNameOf));
      return (refund) => known.has(refundNameOf(refund));
    } catch (error) {
      this.log.warn(`The refunds that ${named.length} events name were not found: ${messageOf(error)}`);
      return () => true;
    }
  }

  /** Has the intents seen to that no payment takes. @returns those that are ours and that no payment has recorded */
  private noteOrphans(
    named: readonly (NamedPayment & { purchase: string | null })[],
    known: ReadonlySet<string>,
  ): Promise<NamedPayment[]> {
    return runCommand(this.dataSource, async (tx) => {
      const woken = await wakeOrphans(tx, named);
      const all = new Set([...known, ...woken.map(nameOf)]);
      const unknown = named.flatMap(({ purchase, ...one }) =>
        all.has(nameOf(one)) || purchase === null ? [] : [{ ...one, purchase }],
      );
      return [...woken, ...(await insertNamedOrphans(tx, unknown))];
    });
  }

  /** Has looked at what may have moved without our asking. What fails here fails no event: walks find it as well. */
  private async noteOutside(received: readonly ReceivedEvent[]): Promise<void> {
    const named = received.flatMap(({ account, event: { outside: name } }) =>
      name === null ? [] : { ...account, name },
    );
    try {
      await noteLooks(this.dataSource.manager, named);
    } catch (error) {
      this.log.warn(`What ${named.length} events name is not looked at now: ${messageOf(error)}`);
    }
  }

  private async changed(ids: readonly string[]): Promise<void> {
    try {
      await this.listener.changed(ids);
    } catch (error) {
      this.log.warn(`The sagas of ${ids.length} payments or refunds did not hear of their events: ${messageOf(error)}`);
    }
  }
}

function nameOf({ title, provider, reference }: NamedPayment): string {
  return JSON.stringify([title, provider, reference]);
}

function refundNameOf({ title, provider, refund }: NamedRefund): string {
  return JSON.stringify([title, provider, refund]);
}
