import { setTimeout as pause } from 'node:timers/promises';
import Stripe from 'stripe';
import { NoAnswer, StripeHttp } from '../../payments/stripe/stripe-http.js';
import type { PageAnswer } from './provider-pages.rules.js';

/** The version that the installed client is of. Another would not compile. */
const apiVersion: Stripe.LatestApiVersion = '2026-10-28.endive';

/** How often a page is asked for that nobody answers, and the pause before each time but the first. */
const [tries, pauseMs] = [3, 500];

/** Reads the lists of one account at Stripe. It can do nothing else. */
export class StripeLists {
  private readonly client: Stripe;

  constructor(
    secretKey: string,
    apiUrl: string,
    private readonly timeoutMs: number,
  ) {
    const { protocol, hostname, port } = new URL(apiUrl);
    const scheme = protocol === 'http:' ? 'http' : 'https';
    this.client = new Stripe(secretKey, {
      apiVersion,
      protocol: scheme,
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port || (scheme === 'http' ? 80 : 443),
      maxNetworkRetries: 0,
      telemetry: false,
      httpClient: new StripeHttp(scheme),
    });
  }

  /** Asks for one page, again where the provider is away or has too much to do. What is refused is not asked again. */
  async page(path: string, query: Readonly<Record<string, string>>): Promise<PageAnswer> {
    const url = `${path}?${new URLSearchParams(query).toString()}`;
    for (let tried = 1; ; tried++) {
      const answer = await this.ask(url);
      const isOver = 'status' in answer && answer.status < 500 && answer.status !== 429;
      if (isOver || tried === tries) return answer;
      await pause(pauseMs * tried);
    }
  }

  /** Why there is no answer is told in words of our own: those of others may have a secret in them. */
  private async ask(url: string): Promise<PageAnswer> {
    try {
      return (await this.client.rawRequest('GET', url, undefined, { timeout: this.timeoutMs })) as unknown as {
        status: number;
        body: unknown;
      };
    } catch (error) {
      const cause = error instanceof Stripe.errors.StripeConnectionError ? (error.detail as unknown) : error;
      return { noAnswer: cause instanceof NoAnswer ? cause.message : 'The call could not be made.' };
    }
  }
}
