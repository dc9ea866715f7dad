import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, type Dispatcher } from 'undici';
import { price, type DrawnTrade } from './deck.js';
import type { DriverTargets } from './orders.js';
import type { TradeEnd, Way } from './way.js';

/** An answer of the API. */
interface Answer {
  status: number;
  body: string;
  retryAfter: string | undefined;
}

/** How long a trade may stay open after an answer that did not say its end. */
const patienceMs = 60_000;
/** Seldom enough for many to ask without being a load of their own. */
const pollEveryMs = 1_000;

/** Trades through the REST API, over connections that are kept. It uses `dispatch`, which costs the driver least. */
export class RestWay implements Way {
  readonly repeated: Record<string, number> = {};
  private readonly pool: Pool;
  private readonly authorization: string;

  constructor(targets: DriverTargets, inFlight: number) {
    this.pool = new Pool(targets.apiUrl, {
      connections: inFlight,
      pipelining: 1,
      headersTimeout: 45_000,
      bodyTimeout: 45_000,
    });
    this.authorization = `Bearer ${targets.apiKey}`;
  }

  async settle(trade: DrawnTrade): Promise<TradeEnd> {
    const { body } = await this.post(trade, 'wait=30');
    if (body.includes('"state":"accepted"')) return this.untilClosed(idOf(body));
    return endOf(body);
  }

  async accept(trade: DrawnTrade): Promise<void> {
    await this.post(trade, undefined);
  }

  async close(): Promise<void> {
    await this.pool.close();
  }

  /**
   * Sends until the answer says that the trade is accepted. A trade keeps its key, so it is made once however often it
   * is sent.
   */
  private async post({ key, a, b, item }: DrawnTrade, prefer: string | undefined): Promise<Answer> {
    const headers: Record<string, string> = {
      authorization: this.authorization,
      'content-type': 'application/json',
      'idempotency-key': key,
    };
    if (prefer !== undefined) headers['prefer'] = prefer;
    const body =
      `{"parties":[{"player":"${a}","gives":{"amounts":[{"asset":"gold","amount":"${price}"}]}},` +
      `{"player":"${b}","gives":{"items":["${item}"]}}]}`;
    for (const deadline = Date.now() + patienceMs; ;) {
      const answer = await this.send({ path: '/v1/trades', method: 'POST', headers, body }).catch(
        (error: Error) => error,
      );
      if (!(answer instanceof Error) && answer.status < 300) return answer;
      const what = answer instanceof Error ? answer.message : String(answer.status);
      this.repeated[what] = (this.repeated[what] ?? 0) + 1;
      const mayRepeat = answer instanceof Error || answer.status === 429 || answer.status === 503;
      if (!mayRepeat || Date.now() > deadline)
        throw new Error(answer instanceof Error ? answer.message : `${answer.status} ${answer.body}`);
      await sleep(answer instanceof Error ? 100 : Number(answer.retryAfter ?? '1') * 1_000);
    }
  }

  private async untilClosed(id: string): Promise<TradeEnd> {
    const headers = { authorization: this.authorization };
    for (const deadline = Date.now() + patienceMs; Date.now() < deadline;) {
      const { body } = await this.send({ path: `/v1/trades/${id}`, method: 'GET', headers });
      if (!body.includes('"state":"accepted"')) return endOf(body);
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

/**
 * Looks for the state without parsing what is not needed otherwise: the driver shares its processors with what it
 * measures.
 */
function endOf(body: string): TradeEnd {
  if (body.includes('"state":"settled"')) return { state: 'settled' };
  const { state, reason } = JSON.parse(body) as { state: string; reason?: { code: string } };
  return { state: reason === undefined ? state : `${state} ${reason.code}` };
}

function idOf(body: string): string {
  return (JSON.parse(body) as { id: string }).id;
}
