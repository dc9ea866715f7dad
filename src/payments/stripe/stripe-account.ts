import Stripe from 'stripe';
import type { OutsideName } from '../outside-port.types.js';
import type {
  CallBody,
  CallOptions,
  CreatedPage,
  CreatedWindow,
  DisputesAnswer,
  Evidence,
  ListResult,
  NamedAnswer,
  OperationKind,
  OutsidePage,
  PaymentTerms,
  ProviderAccount,
  ProviderAnswer,
  ProviderCall,
  RefundAnswer,
  RefundListAnswer,
  RefundTerms,
} from '../provider.types.js';
import {
  answerOf,
  foundAnswerOf,
  refundAnswerOf,
  type HttpAnswer,
  type HttpOutcome,
  type Judging,
} from './stripe-answers.rules.js';
import { bodyOf, pathOf, pathOfAll, pathOfPage, refundBodyOf, refunds } from './stripe-bodies.rules.js';
import { disputeOf } from './stripe-dispute.rules.js';
import { NoAnswer, StripeHttp } from './stripe-http.js';
import { ownOfPage, pageOfList } from './stripe-lists.rules.js';
import { namedOf, outsidePageOf, pathOfNamed, pathOfOutside } from './stripe-outside.rules.js';
import { allRefunds, listedRefundOf } from './stripe-refund.rules.js';

/** The version that the installed client is of. Another would not compile. */
const apiVersion: Stripe.LatestApiVersion = '2026-10-28.endive';

/** All of a list, or why it could not be had. */
type Listed<One> = ListResult<{ result: 'all'; all: One[] }> & { evidence: Evidence };

/** One account at Stripe: a client of its own, with connections of its own, so that no account waits for another. */
export class StripeAccount implements ProviderAccount {
  private readonly client: Stripe;

  constructor(secretKey: string, apiUrl: string) {
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

  bodyOf(kind: OperationKind, terms: PaymentTerms): CallBody {
    return bodyOf(kind, terms);
  }

  async call({ kind, reference, key, body }: ProviderCall, options: CallOptions): Promise<ProviderAnswer> {
    const outcome = await this.request(options, 'POST', pathOf(kind, reference), { params: body, key });
    return answerOf(outcome, judging(reference));
  }

  async fetch(reference: string, options: CallOptions): Promise<ProviderAnswer> {
    return answerOf(await this.request(options, 'GET', pathOf('fetch', reference)), judging(reference));
  }

  refundBodyOf(terms: RefundTerms): CallBody {
    return refundBodyOf(terms);
  }

  async refund({ key, body }: { key: string; body: CallBody }, options: CallOptions): Promise<RefundAnswer> {
    const outcome = await this.request(options, 'POST', refunds, { params: body, key });
    return refundAnswerOf(
      outcome,
      judging(body['payment_intent'] ?? null),
      ({ amount }) => amount.toString() === body['amount'],
    );
  }

  async fetchRefund(reference: string, options: CallOptions): Promise<RefundAnswer> {
    const path = `${refunds}/${encodeURIComponent(reference)}`;
    const outcome = await this.request(options, 'GET', path);
    return refundAnswerOf(outcome, judging(reference), (refund) => refund.reference === reference);
  }

  async listRefunds(reference: string, options: CallOptions): Promise<RefundListAnswer> {
    const answer = await this.listAll(refunds, reference, options, listedRefundOf);
    return answer.result === 'all' ? allRefunds(answer.all) : answer;
  }

  async listDisputes(reference: string, options: CallOptions): Promise<DisputesAnswer> {
    const answer = await this.listAll('/v1/disputes', reference, options, disputeOf);
    return answer.result === 'all' ? { result: 'disputes', disputes: answer.all, evidence: answer.evidence } : answer;
  }

  async fetchNamed(name: OutsideName, options: CallOptions): Promise<NamedAnswer> {
    const outcome = await this.request(options, 'GET', pathOfNamed(name));
    return foundAnswerOf(outcome, judging(name.id), (body) => {
      const found = namedOf(body, name);
      return found && { result: 'named' as const, ...found };
    });
  }

  async listOutside(
    window: { from: Date; to: Date },
    after: string | undefined,
    options: CallOptions,
  ): Promise<OutsidePage> {
    const path = pathOfOutside(window, after);
    if (path === undefined) return { result: 'page', entries: [], next: null, evidence: {} };
    const outcome = await this.request(options, 'GET', path);
    return foundAnswerOf(outcome, judging(null), (body) => {
      const page = outsidePageOf(body, after);
      return page && { result: 'page' as const, ...page };
    });
  }

  async listCreated(window: CreatedWindow, after: string | undefined, options: CallOptions): Promise<CreatedPage> {
    const outcome = await this.request(options, 'GET', pathOfPage(window, after));
    return foundAnswerOf(outcome, judging(null), (body) => {
      const page = ownOfPage(body, window.purchase);
      return page && { result: 'created' as const, ...page };
    });
  }

  /** All of a list that belongs to an intent, the oldest first. What fails on one page fails as a whole. */
  private async listAll<One>(
    path: string,
    intent: string,
    options: CallOptions,
    read: (one: unknown) => One | undefined,
  ): Promise<Listed<One>> {
    const all: One[] = [];
    const cursors = new Set<string>();
    for (let after: string | undefined; ;) {
      const outcome = await this.request(options, 'GET', pathOfAll(path, intent, after));
      const answer = foundAnswerOf(outcome, judging(intent), (body) => {
        const page = pageOfList(body, read);
        return page && { result: 'page' as const, ...page };
      });
      if (answer.result !== 'page') return answer;
      all.push(...answer.all);
      const { next, evidence } = answer;
      if (next === undefined) return { result: 'all', all: all.toReversed(), evidence };
      // A list that leads back to where it was would never end.
      if (cursors.has(next)) return { result: 'unknown', why: 'a list that goes round', evidence };
      cursors.add(next);
      after = next;
    }
  }

  /** The parameters go out in the order of their names, so that the bytes are the same however they were stored. */
  private async request(
    { timeoutMs }: CallOptions,
    method: 'GET' | 'POST',
    path: string,
    post?: { params: CallBody; key: string },
  ): Promise<HttpOutcome> {
    try {
      const options = { timeout: Math.max(1, Math.round(timeoutMs)), ...(post && { idempotencyKey: post.key }) };
      const params = post && Object.fromEntries(Object.entries(post.params).sort(([a], [b]) => (a < b ? -1 : 1)));
      return (await this.client.rawRequest(method, path, params, options)) as HttpAnswer;
    } catch (error) {
      return { noAnswer: whyOf(error) };
    }
  }
}

/** What an answer about an object is judged by now. */
function judging(reference: string | null): Judging {
  return { reference, now: Date.now(), random: Math.random() };
}

/** Why there is no answer, in words of our own: those of others may have a secret in them. */
function whyOf(error: unknown): string {
  const cause = error instanceof Stripe.errors.StripeConnectionError ? (error.detail as unknown) : error;
  return cause instanceof NoAnswer ? cause.message : 'the call could not be made';
}
