import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import Stripe from 'stripe';
import { connectionError, freePort } from '../../stack/ports.js';
import { Provider } from './provider.js';

/*
 * Who speaks as Stripe does: the simulator, stripe-stateful-mock and Stripe itself. The mock is of the API of 2020,
 * and has no intents; it is asked what a charge is and what becomes of it.
 */

/** A card that pays, and one that is declined. */
export type Card = 'good' | 'declined';

export interface Target {
  /** Where its API is. */
  url: string;
  /** The secret key of its account. */
  key: string;
  client(key?: string): Stripe;
  /**
   * Has a charge of an amount in EUR authorised that is captured later.
   * @returns what it is captured by
   * @throws what the client throws
   */
  authorize(amount: number, card: Card): Promise<{ charge: string; capture: () => Promise<unknown> }>;
  close(): Promise<void>;
}

export async function openSimulator(): Promise<Target> {
  const provider = await Provider.start();
  return { ...byIntents(provider.url, provider.newKey()), close: () => provider.close() };
}

/** Stripe's test mode, with the key of an account of whoever runs the test. */
export function openStripe(key: string): Promise<Target> {
  return Promise.resolve({ ...byIntents('https://api.stripe.com', key), close: () => Promise.resolve() });
}

export async function openStatefulMock(): Promise<Target> {
  const port = await freePort();
  const program = createRequire(import.meta.url).resolve('stripe-stateful-mock/dist/cli.js');
  const env = { ...process.env, PORT: String(port), LOG_LEVEL: 'silent' };
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  while ((await connectionError('127.0.0.1', port, 1_000)) !== undefined) {
    if (hasEnded(child)) throw new Error(`stripe-stateful-mock ended with code ${child.exitCode}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const target = at(`http://127.0.0.1:${port}`, 'sk_test_ofTheStatefulMock');
  const sources = { good: 'tok_visa', declined: 'tok_chargeDeclined' };
  return {
    ...target,
    async authorize(amount, card) {
      const asked = { amount, currency: 'eur', capture: false, source: sources[card] };
      const { id } = await target.client().charges.create(asked);
      return { charge: id, capture: () => target.client().charges.capture(id) };
    },
    async close() {
      if (hasEnded(child)) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
    },
  };
}

/** A target that has intents. They are made as the adapter makes them. */
function byIntents(url: string, key: string): Omit<Target, 'close'> {
  const target = at(url, key);
  const methods = { good: 'pm_card_visa', declined: 'pm_card_chargeDeclined' };
  return {
    ...target,
    async authorize(amount, card) {
      const { paymentIntents } = target.client();
      const { id } = await paymentIntents.create({
        amount,
        currency: 'eur',
        capture_method: 'manual',
        automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
        payment_method: methods[card],
      });
      const { latest_charge: charge } = await paymentIntents.confirm(id);
      if (typeof charge !== 'string') throw new Error(`${id} has no charge.`);
      return { charge, capture: () => paymentIntents.capture(id) };
    },
  };
}

function at(url: string, key: string): Pick<Target, 'url' | 'key' | 'client'> {
  const { protocol, hostname, port } = new URL(url);
  const where = { protocol: protocol === 'http:' ? 'http' : 'https', host: hostname, ...(port && { port }) } as const;
  const clientOf = (one: string): Stripe => new Stripe(one, { ...where, maxNetworkRetries: 0, telemetry: false });
  const own = clientOf(key);
  return { url, key, client: (one) => (one === undefined ? own : clientOf(one)) };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
