import type pg from 'pg';
import Stripe from 'stripe';
import type { Answer, Api } from '../http/api.js';

/*
 * Events as the provider sends them, signed by its own client.
 */

/** What a snapshot event has that is looked at, and what is not. */
export interface EventBody {
  object: 'event';
  id: string;
  type: string;
  livemode: boolean;
  created: number;
  data: { object: { object: string; id: string } };
}

let events = 0;

/** An event about a payment, with another id each time. */
export function eventOf(reference: string, given: Partial<EventBody> = {}): EventBody {
  const data = { object: { object: 'payment_intent', id: reference } };
  const created = Math.floor(Date.now() / 1_000);
  const id = `evt_${process.pid}_${(events += 1)}`;
  return { object: 'event', id, type: 'payment_intent.succeeded', livemode: false, created, data, ...given };
}

/** How an event is signed, and where it is sent. */
export interface Signing {
  secret: string;
  /** How old the signature is, in seconds. */
  age?: number;
  path?: string;
  headers?: Record<string, string>;
}

/** The header by which the provider signs a body. */
export function signatureOf(payload: string, { secret, age = 0 }: Signing): string {
  const timestamp = Math.floor(Date.now() / 1_000) - age;
  return Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
}

/** Sends an event as the provider does. Text is sent as it is. */
export function sendEvent(api: Api, event: EventBody | string, signing: Signing): Promise<Answer> {
  const body = typeof event === 'string' ? event : JSON.stringify(event, null, 2);
  const { path = '/v1/webhooks/stripe/arena', headers } = signing;
  return api.send('POST', path, { body, headers: { 'stripe-signature': signatureOf(body, signing), ...headers } });
}

/** Makes a payment that the provider knows by a reference. Its title has an account. */
export async function addPayment(
  session: pg.Client,
  { id, title, reference }: { id: string; title: string; reference: string },
): Promise<void> {
  await session.query(
    `insert into payments.payments (id, title, provider, currency, amount, reference, deadline)
     values ($1, $2, 'stripe', 'EUR', 499, $3, now() + interval '1 hour')`,
    [id, title, reference],
  );
}
