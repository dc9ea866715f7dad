import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, type Dispatcher } from 'undici';
import type { DriverTargets } from './orders.js';
import type { TradeEnd } from './way.js';

/** An answer of the API. */
interface Answer {
  status: number;
  body: string;
  retryAfter: string | undefined;
}

/** How long a deal may stay open after an answer that did not say its end. */
const patienceMs = 60_000;
/** Seldom enough for many to ask without being a load of their own. */
const pollEveryMs = 1_000;

/** Deals of one kind through the REST API, over connections that are kept. `dispatch` costs the driver least. */
export class RestClient {
  readonly repeated: Record<string, number> = {};
  private readonly pool: Pool;
  private readonly authorization: string;

  /** @param path the collection of the deals */
  constructor(
    targets: DriverTargets,
    inFlight: number,
    private readonly path: string,
  ) {
    this.pool = new Pool(targets.apiUrl, {
      connections: inFlight,
      pipelining: 1,
      headersTimeout: 45_000,
      bodyTimeout: 45_000,
    });
    this.authorization = `Bearer ${targets.apiKey}`;
  }

  /** Has a deal accepted, and waits for its end. @param done what its state says where it was settled */
  async settle(key: string, deal: string, done: string): Promise<TradeEnd> {
    const { body } = await this.accept(key, deal, 'wait=30');
    return isClosed(body) ? endOf(body, done) : this.untilClosed(idOf(body), done);
  }

  async close(): Promise<void> {
    await this.pool.close();
  }

  /**
   * Sends until the answer says that the deal is accepted. A deal keeps its key, so it is made once however often it is
   * sent.
   */
  async accept(key: string, body: string, prefer?: string): Promise<Answer> {
    const headers: Record<string, string> = {
      authorization: this.authorization,
      'content-type': 'application/json',
      'idempotency-key': key,
    };
    if (prefer !== undefined) headers['prefer'] = prefer;
    for (const deadline = Date.now() + patienceMs; ;) {
      const answer = await this.send({ path: this.path, method: 'POST', headers, body }).catch((error: Error) => error);
      if (!(answer instanceof Error) && answer.status < 300) return answer;
      const what = answer instanceof Error ? answer.message : String(answer.status);
      this.repeated[what] = (this.repeated[what] ?? 0) + 1;
      const mayRepeat = answer instanceof Error || answer.status === 429 || answer.status === 503;
      if (!mayRepeat || Date.now() > deadline)
        throw new Error(answer instanceof Error ? answer.message : `${answer.status} ${answer.body}`);
      await sleep(answer instanceof Error ? 100 : Number(answer.retryAfter ?? '1') * 1_000);
    }
  }

  private async untilClosed(id: string, done: string): Promise<TradeEnd> {
    const headers = { authorization: this.authorization };
    for (const deadline = Date.now() + patienceMs; Date.now() < deadline;) {
      const { body } = await this.send({ path: `${this.path}/${id}`, method: 'GET', headers });
      if (isClosed(body)) return endOf(body, done);
      await sleep(pollEveryMs);
    }
    return { state: 'open' };
  }

  private send(options: Dispatcher.DispatchOptions): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let status = 0;
      let retryAfter: string | undefined;
      let body = '';
      this.pool.dispatch(options, {
        onRequestStart() {},
        onResponseStart(_controller, statusCode, headers) {
          status = statusCode;
          retryAfter = headers['retry-after'] as string | undefined;
        },
        onResponseData(_controller, chunk) {
          body += chunk.toString('latin1');
        },
        onResponseEnd: () => resolve({ status, body, retryAfter }),
        onResponseError: (_controller, error) => reject(error),
      });
    });
  }
}

/** Whether a deal has come to its end. A purchase in real money says many things before. */
function isClosed(body: string): boolean {
  return body.includes('"closedAt":"');
}

/**
 * Looks for the state without parsing what is not needed otherwise: the driver shares its processors with what it
 * measures.
 */
function endOf(body: string, done: string): TradeEnd {
  if (body.includes(`"state":"${done}"`)) return { state: 'settled' };
  const { state, reason } = JSON.parse(body) as { state: string; reason?: { code: string } };
  return { state: reason === undefined ? state : `${state} ${reason.code}` };
}

function idOf(body: string): string {
  return (JSON.parse(body) as { id: string }).id;
}
