import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from './system.js';

/** How many pages of a list one read walks at most. */
const maxPages = 4;

export interface Answer {
  status: number;
  body: Record<string, unknown>;
  /** How often it was sent. */
  tries: number;
}

/** Sends requests to the APIs of a system, whatever becomes of them. */
export class Sender {
  /** Answers that may not be given to anybody. */
  readonly forbidden: string[] = [];
  private until = Infinity;

  /** @param boundMs how long after `noMoreFaults` a request may still be without a definite answer */
  constructor(
    private readonly system: { apis: readonly Pick<System['apis'][number], 'url'>[] },
    private readonly boundMs = 180_000,
  ) {}

  /** Nothing is struck any more. From now on there is a bound for every answer. */
  noMoreFaults(): void {
    this.until = Date.now() + this.boundMs;
  }

  /**
   * Sends until there is an answer that says what became of it, to one API after the other, beginning with the first.
   * @throws Error if there is none for long after the last fault
   */
  async send(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string>,
    first: number,
  ): Promise<Answer> {
    const { apis } = this.system;
    let last = 'nothing';
    for (let attempt = 0; ; attempt++) {
      if (Date.now() > this.until)
        throw new Error(
          `${method} ${path} had no definite answer within ${this.boundMs / 1_000} s after the last fault; ` +
            `it was sent ${attempt} times, and the last time there was ${last}.`,
        );
      const { url } = apis[(first + attempt) % apis.length] as { url: string };
      try {
        const response = await fetch(`${url}${path}`, {
          method,
          headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
          ...(body !== undefined && { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(20_000),
        });
        const answer: Answer = {
          status: response.status,
          body: (await response.json()) as Record<string, unknown>,
          tries: attempt + 1,
        };
        last = `${answer.status} ${JSON.stringify(answer.body)}`;
        if (answer.status >= 500 && !(answer.status === 503 && response.headers.has('retry-after')))
          this.forbidden.push(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
        if (![408, 429].includes(answer.status) && answer.status < 500) return answer;
      } catch (error) {
        last = String(error);
        // The connection was lost, or nobody listens: what became of the request is found out by its key.
      }
      await sleep(50 + Math.min(attempt * 20, 500));
    }
  }

  /** Reads a thing, or the first pages of a list, put together as one. */
  async walk(
    path: string,
    filter: Record<string, string>,
    limit: number,
    headers: Record<string, string>,
    first: number,
  ): Promise<Answer> {
    const isList = !/\/(balances|gold|sword|potion|(trf|trd|pur|rfd|ins)_[^/]+)$/.test(path);
    if (!isList) return this.send('GET', path, undefined, headers, first);
    const data: unknown[] = [];
    for (let pages = 0, cursor: unknown = null; ; pages++) {
      const query = new URLSearchParams({
        ...filter,
        limit: String(limit),
        ...(typeof cursor === 'string' && { cursor }),
      });
      const { status, body, tries } = await this.send(
        'GET',
        `${path}?${String(query)}`,
        undefined,
        headers,
        first + pages,
      );
      if (status !== 200) return { status, body, tries };
      data.push(...(body['data'] as unknown[]));
      cursor = body['next'];
      if (cursor === null || pages + 1 >= maxPages) return { status, body: { data, complete: cursor === null }, tries };
    }
  }
}
