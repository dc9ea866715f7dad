import { setTimeout as sleep } from 'node:timers/promises';
import type { ProviderBooks } from './books.js';
import type { ManagedProcess } from './managed-process.js';
import { secretKeyOf } from './money.js';

/** How long the provider is asked again and again while it is away, in milliseconds. */
const boundMs = 60_000;

/** The provider of payments of the run: the simulator, a process that can be struck, and its control. */
export class ChaosProvider {
  constructor(
    readonly process: ManagedProcess,
    readonly url: string,
    private readonly controlUrl: string,
  ) {}

  /** Has events of an account sent there. @returns the secret that they are signed with */
  async sendEvents(title: string, url: string): Promise<string> {
    const { status, body } = await this.ask(`${this.url}/v1/webhook_endpoints`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secretKeyOf(title)}` },
      body: new URLSearchParams({ url, 'enabled_events[]': '*' }),
    });
    const { secret } = body as { secret?: unknown };
    if (typeof secret !== 'string')
      throw new Error(`The provider makes no endpoint: ${status} ${JSON.stringify(body)}`);
    return secret;
  }

  /**
   * Has the buyer, the bank or a person at the dashboard do something to a payment.
   * @returns the id of what has changed, or undefined where it cannot be done just now
   */
  async act(act: string, reference: string, amount?: string): Promise<string | undefined> {
    const { status, body } = await this.control('POST', 'acts', { act, reference, ...(amount && { amount }) });
    return status === 200 ? String((body as { id: unknown }).id) : undefined;
  }

  /** Has calls fail, until `endFaults` at the longest. */
  async fault(fault: Record<string, unknown>): Promise<void> {
    const { status, body } = await this.control('POST', 'faults', fault);
    if (status !== 201) throw new Error(JSON.stringify(body));
  }

  /** @returns how many faults were not used up */
  async endFaults(): Promise<number> {
    return ((await this.control('DELETE', 'faults')).body as { deleted: number }).deleted;
  }

  async webhooks(mode: string): Promise<void> {
    const { status, body } = await this.control('POST', 'webhooks', { mode });
    if (status !== 200) throw new Error(JSON.stringify(body));
  }

  /** What the provider's own books say of the accounts of these titles. */
  async books(titles: readonly string[]): Promise<ProviderBooks> {
    const books: ProviderBooks = { intents: [], refunds: [], disputes: [], movements: [], calls: [] };
    for (const title of titles) {
      const query = new URLSearchParams({ account: secretKeyOf(title) });
      const { body } = await this.control('GET', `effects?${String(query)}`);
      const { intents, refunds, disputes, movements, calls } = body as ProviderBooks;
      books.intents.push(...intents.map((one) => ({ ...one, title })));
      books.refunds.push(...refunds.map((one) => ({ ...one, title })));
      books.disputes.push(...disputes.map((one) => ({ ...one, title })));
      books.movements.push(...movements.map((one) => ({ ...one, title })));
      books.calls.push(...calls.map((one) => ({ ...one, title })));
    }
    return books;
  }

  private control(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
    return this.ask(`${this.controlUrl}/_control/${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  /** Asks until there is an answer: the process may be away by our own hand. */
  private async ask(url: string, request: RequestInit): Promise<{ status: number; body: unknown }> {
    for (const deadline = Date.now() + boundMs; ; await sleep(100)) {
      try {
        const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(10_000) });
        return { status: answer.status, body: await answer.json() };
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
    }
  }
}
