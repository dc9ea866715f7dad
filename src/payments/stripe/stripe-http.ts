import * as http from 'node:http';
import * as https from 'node:https';
import type Stripe from 'stripe';
import type { HttpAnswer } from './stripe-answers.rules.js';

type Asked = Parameters<Stripe.HttpClient['makeRequest']>;

/** How many calls of one account are under way at once. The others wait for a connection. */
const maxSockets = 128;
/** How long a connection is kept that nobody uses. */
const keptForMs = 60_000;

/** No answer that can be read. Whether the call was done is not known. */
export class NoAnswer extends Error {}

/** A request that was sent on a connection which the other side had closed meanwhile. */
class StaleConnection extends Error {}

/**
 * The connections of one account. The client writes the requests; here they are sent and their answers are read.
 * The time of a call is that of all of it: of the wait for a connection, of the request and of the last byte of the
 * answer. The client's own bounds the time without any byte only. An answer of any status and with any body is given
 * on as it is, because the client takes every answer without `error` for a success, and ends the process over a body
 * that is JSON and no object.
 */
export class StripeHttp implements Stripe.HttpClient {
  private readonly agent: http.Agent;

  constructor(protocol: 'http' | 'https') {
    const { Agent } = protocol === 'http' ? http : https;
    this.agent = new Agent({ keepAlive: true, maxSockets, timeout: keptForMs });
  }

  getClientName(): string {
    return 'node';
  }

  async makeRequest(...asked: Asked): Promise<Stripe.HttpClientResponse> {
    const timeoutMs = asked[7];
    const ended = new AbortController();
    const timer = setTimeout(() => ended.abort(), timeoutMs);
    try {
      return responseOf(await this.exchange(asked, ended.signal));
    } catch (error) {
      if (ended.signal.aborted) throw new NoAnswer(`no answer within ${timeoutMs} ms`);
      throw error instanceof NoAnswer ? error : new NoAnswer(`the connection failed (${codeOf(error)})`);
    } finally {
      clearTimeout(timer);
    }
  }

  /** A kept connection may be closed while a request goes out on it. The request is then sent again, by a new one. */
  private async exchange(asked: Asked, signal: AbortSignal): Promise<HttpAnswer> {
    try {
      return await exchangeOnce(asked, signal, this.agent);
    } catch (error) {
      if (!(error instanceof StaleConnection) || signal.aborted) throw error;
      return exchangeOnce(asked, signal, false);
    }
  }
}

async function exchangeOnce(asked: Asked, signal: AbortSignal, agent: http.Agent | false): Promise<HttpAnswer> {
  const response = await send(asked, signal, agent);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  if (!response.complete) throw new NoAnswer('the answer broke off');
  return { status: response.statusCode ?? 0, headers: response.headers, body: jsonOf(Buffer.concat(chunks)) };
}

function send(asked: Asked, signal: AbortSignal, agent: http.Agent | false): Promise<http.IncomingMessage> {
  const [host, port, path, method, headers, data, protocol] = asked;
  const { request } = protocol === 'http' ? http : https;
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, path, method, headers: headers as http.OutgoingHttpHeaders, agent, signal });
    sent.once('response', resolve);
    sent.once('error', (error) => {
      const isClosed = ['ECONNRESET', 'EPIPE'].includes(codeOf(error));
      reject(sent.reusedSocket && isClosed ? new StaleConnection() : error);
    });
    sent.end(data);
  });
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return undefined;
  }
}

/** The code of an error of the system. Its message is not asked for, because nobody knows what is in it. */
function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : 'without a code';
}

/** What the client asks of a response. It passes on what `toJSON` comes to, and sets headers on the raw response. */
function responseOf(answer: HttpAnswer): Stripe.HttpClientResponse {
  return {
    getStatusCode: () => answer.status,
    getHeaders: () => answer.headers as Record<string, string>,
    getRawResponse: () => ({}),
    toStream: () => {
      throw new NoAnswer('answers are not streamed');
    },
    toJSON: () => Promise.resolve(answer),
  };
}
