import type { Books } from '../books/books.js';
import { nowInSeconds } from '../books/ids.js';
import type { Delivery, EventRecord } from '../books/records.js';
import { wireEvent, wireThinEvent } from '../wire/events.js';
import { retryAfter } from './retry.rules.js';
import { signatureOf } from './signature.rules.js';

const patience = 10_000;

/** Sends events to the endpoints that listen, one after the other to each, and again where one did not take it. */
export class Deliverer {
  private readonly queues = new Map<string, Promise<void>>();
  private readonly reordered = new Map<string, string[]>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly stop = new AbortController();

  constructor(private readonly books: Books) {}

  /** Sends what an earlier process has not, and from now on what is new. */
  start(): void {
    this.books.tellWritten((table, id) => {
      const delivery = table === 'delivery' ? this.books.get('delivery', id) : undefined;
      if (delivery?.attempts === 0) this.take(delivery);
    });
    for (const delivery of this.books.all('delivery')) {
      this.after(Math.max(0, delivery.nextAt - Date.now()), () => this.enqueue(delivery.endpoint, delivery.id));
    }
  }

  /** Sends nothing more. What was not taken stays in the books. */
  async close(): Promise<void> {
    this.stop.abort();
    for (const timer of this.timers) clearTimeout(timer);
    await Promise.all(this.queues.values());
  }

  private take({ id, endpoint, mode, ms }: Delivery): void {
    if (mode === 'delay') this.after(ms, () => this.enqueue(endpoint, id));
    else if (mode === 'reorder') this.collect(endpoint, id, ms);
    else this.enqueue(endpoint, id);
  }

  /** What comes within a time goes out last first. */
  private collect(endpoint: string, id: string, ms: number): void {
    const waiting = this.reordered.get(endpoint);
    if (waiting !== undefined) {
      waiting.push(id);
      return;
    }
    this.reordered.set(endpoint, [id]);
    this.after(ms, () => {
      const collected = this.reordered.get(endpoint) ?? [];
      this.reordered.delete(endpoint);
      for (const one of collected.reverse()) this.enqueue(endpoint, one);
    });
  }

  private enqueue(endpoint: string, id: string): void {
    const before = this.queues.get(endpoint) ?? Promise.resolve();
    this.queues.set(
      endpoint,
      before.then(() => this.attempt(id)),
    );
  }

  private async attempt(id: string): Promise<void> {
    const delivery = this.books.get('delivery', id);
    if (delivery === undefined || this.stop.signal.aborted) return;
    const isTaken = await this.send(delivery);
    if (this.stop.signal.aborted || this.books.get('delivery', id) === undefined) return;
    const again = retryAfter(delivery, Date.now());
    // Who forges an event does not insist.
    if (isTaken || delivery.mode === 'forge' || again === undefined) {
      await this.books.transaction(() => this.books.remove('delivery', id)).written;
      return;
    }
    const later = { ...delivery, attempts: delivery.attempts + 1, nextAt: Date.now() + again };
    await this.books.transaction(() => this.books.put('delivery', later)).written;
    this.after(again, () => this.enqueue(delivery.endpoint, id));
  }

  /** @returns whether the endpoint has taken it */
  private async send({ event: eventId, endpoint: endpointId, mode, kind }: Delivery): Promise<boolean> {
    const event = this.books.get('event', eventId);
    const endpoint = this.books.get('endpoint', endpointId);
    if (event === undefined || endpoint === undefined) return true;
    const body = this.bodyOf(event, kind);
    const secret = mode === 'forge' ? 'whsec_of_somebody_else' : endpoint.secret;
    const post = (): Promise<boolean> => this.post(endpoint.url, body, signatureOf(body, secret, nowInSeconds()));
    const isTaken = await post();
    return mode === 'duplicate' && isTaken ? post() : isTaken;
  }

  private bodyOf(event: EventRecord, kind: Delivery['kind']): string {
    return JSON.stringify(kind === 'thin' ? wireThinEvent(event) : wireEvent(event, 1), undefined, 2);
  }

  private async post(url: string, body: string, signature: string): Promise<boolean> {
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'stripe-signature': signature,
          'user-agent': 'Stripe/1.0 (Veltrix simulator)',
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([AbortSignal.timeout(patience), this.stop.signal]),
      });
      await answer.body?.cancel();
      return answer.ok;
    } catch {
      // Nobody listens there, or not in time. It is sent again.
      return false;
    }
  }

  private after(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, ms);
    this.timers.add(timer);
  }
}
