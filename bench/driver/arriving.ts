import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { dueTimes, type Arrival } from './arrivals.rules.js';
import type { DrawnTrade } from './deck.js';
import { bodyOf } from './rest.way.js';

/** What comes before it is not measured. */
const rampMs = 1_000;
/** How long a request may take to be answered. Its sender has gone then, so it counts as failed. */
const patienceMs = 10_000;

/** A request, and how its answer says that it was done. */
export interface Sent {
  path: string;
  key: string;
  body: string;
  headers?: Record<string, string>;
  /** The answer that says that it was accepted. */
  accepted: string;
}

/** A trade until it is settled. */
export function tradeSettled(trade: DrawnTrade): Sent {
  const headers = { prefer: `wait=${patienceMs / 1_000}` };
  return { ...tradeAccepted(trade), headers, accepted: '"state":"settled"' };
}

/** A trade until it is accepted. */
export function tradeAccepted(trade: DrawnTrade): Sent {
  return { path: '/v1/trades', key: trade.key, body: bodyOf(trade), accepted: '"id":"trd_' };
}

/**
 * Has requests come at a fixed pace, whatever becomes of those before them. A time counts from the moment at which the
 * request was due, so that a driver that is late hides nothing.
 * @param send answers why a request was not accepted; undefined where it was
 * @returns those that came after the ramp, and all
 */
export async function arrive(
  { perSecond, seconds }: { perSecond: number; seconds: number },
  send: () => Promise<string | undefined>,
): Promise<{ measured: Arrival[]; all: Arrival[] }> {
  const began = performance.now();
  const arrivals: Promise<Arrival>[] = [];
  const due = dueTimes(perSecond, rampMs + seconds * 1_000);
  for (const at of due) {
    const early = began + at - performance.now();
    if (early > 0) await sleep(early);
    arrivals.push(
      send().then((failure) => ({
        milliseconds: performance.now() - began - at,
        ...(failure !== undefined && { failure }),
      })),
    );
  }
  const all = await Promise.all(arrivals);
  return { measured: all.filter((_, n) => (due[n] ?? 0) >= rampMs), all };
}

/** Sends requests over as many connections as there are requests under way. */
export class Sender {
  private readonly pool: Pool;

  constructor(
    url: string,
    private readonly apiKey: string,
  ) {
    this.pool = new Pool(url, { pipelining: 1 });
  }

  /** @returns why it was not accepted */
  async send({ path, key, body, headers, accepted }: Sent): Promise<string | undefined> {
    try {
      const answer = await this.pool.request({
        path,
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.apiKey}`,
          'content-type': 'application/json',
          'idempotency-key': key,
          ...headers,
        },
        body,
        signal: AbortSignal.timeout(patienceMs),
      });
      const text = await answer.body.text();
      if (answer.statusCode >= 300) return String(answer.statusCode);
      return text.includes(accepted) ? undefined : 'not in time';
    } catch (error) {
      return (error as Error).name === 'TimeoutError' ? 'no answer' : (error as Error).message;
    }
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }
}
