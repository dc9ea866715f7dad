import type { IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { VeltrixError, messageOf } from '../errors.js';
import { Batcher } from '../postgres/batcher.js';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import type { AccountKey } from './accounts.statements.js';
import { EventActs } from './event-acts.service.js';
import { hintOf, isStorable, outcomesOf } from './inbox.rules.js';
import { insertEvents } from './inbox.statements.js';
import type { EventOutcome, ReceivedEvent } from './inbox.types.js';
import { PAYMENT_PROVIDERS } from './payments.tokens.js';
import type { PaymentProvider, ProviderEvent } from './provider.types.js';
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
    private readonly acts: EventActs,
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
    const fresh = received.flatMap((one, place) => (outcomes[place] === 'stored' ? { place, hint: hintOf(one) } : []));
    const areOurs = await this.acts.act(fresh.map(({ hint }) => hint));
    for (const [index, { place }] of fresh.entries()) if (areOurs[index] === false) outcomes[place] = 'foreign';
    await this.actOnAgain(received.filter((_, place) => outcomes[place] === 'duplicate'));
    return outcomes;
  }

  /** An event that comes again is acted on where it was not before. What fails here fails no event. */
  private async actOnAgain(received: readonly ReceivedEvent[]): Promise<void> {
    try {
      await this.acts.actOnAgain(received.map(({ account, event }) => ({ ...account, eventId: event.id })));
    } catch (error) {
      this.log.warn(`Events that came again are acted on later: ${messageOf(error)}`);
    }
  }
}
