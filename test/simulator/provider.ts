import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Stripe from 'stripe';
import { freePort } from '../../stack/ports.js';

const program = fileURLToPath(new URL('../../dist/simulator/main.js', import.meta.url));

/** What the control says of the provider's books. */
export interface Effects {
  intents: {
    reference: string;
    status: string;
    amount: string;
    currency: string;
    captured: string;
    refunded: string;
    disputed: string;
    metadata: Record<string, string>;
  }[];
  disputes: { reference: string; intent: string; status: string; amount: string; currency: string }[];
  movements: { reference: string; type: string; source: string; intent: string; amount: string; fee: string }[];
  calls: { method: string; path: string; key: string | null; at: string; effect: string }[];
}

/** A simulator as a process of its own, with a folder of its own, and clients of it that are closed with it. */
export class Provider {
  private child: ChildProcess | undefined;
  private readonly agent = new Agent({ keepAlive: true });
  private accounts = 0;

  private constructor(
    readonly port: number,
    readonly controlPort: number,
    private readonly folder: string,
  ) {}

  static async start(): Promise<Provider> {
    const folder = mkdtempSync(join(tmpdir(), 'veltrix-simulator-'));
    const provider = new Provider(await freePort(), await freePort(), folder);
    await provider.run();
    return provider;
  }

  /** Where it answers as the provider. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What an API and a worker are started with that are to pay by it. */
  get env(): { STRIPE_API_URL: string } {
    return { STRIPE_API_URL: this.url };
  }

  /** Starts the process on its folder, again after `kill`. */
  async run(): Promise<void> {
    const child = spawn(process.execPath, [program], {
      env: {
        ...process.env,
        SIMULATOR_PORT: String(this.port),
        SIMULATOR_CONTROL_PORT: String(this.controlPort),
        SIMULATOR_DATA_DIR: this.folder,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child = child;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      child.stdout.on('data', (text: Buffer) => {
        said += text.toString();
        if (said.includes('is controlled on')) resolve();
      });
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`The simulator ended with code ${code}.`)));
    });
  }

  /** As `kill -9`. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Adds bytes to the journal, as a machine may that dies while it writes. */
  writeToJournal(text: string): void {
    appendFileSync(join(this.folder, 'journal.jsonl'), text);
  }

  async close(): Promise<void> {
    this.agent.destroy();
    await this.end('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** @returns a secret key that nobody has used */
  newKey(): string {
    return `sk_test_${process.pid}x${this.accounts++}x${Math.random().toString(36).slice(2)}`;
  }

  /** @returns the official client, as an adapter would make it */
  client(key: string, { timeout = 20_000 }: { timeout?: number } = {}): Stripe {
    return new Stripe(key, {
      host: '127.0.0.1',
      port: this.port,
      protocol: 'http',
      maxNetworkRetries: 0,
      timeout,
      httpAgent: this.agent,
      telemetry: false,
    });
  }

  /** @returns status and body of a call of the control */
  async control(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(`http://127.0.0.1:${this.controlPort}/_control/${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  async fault(fault: Record<string, unknown>): Promise<void> {
    const { status, body } = await this.control('POST', 'faults', fault);
    if (status !== 201) throw new Error(JSON.stringify(body));
  }

  /** @returns the object that has changed */
  async act<Object = Record<string, unknown>>(act: string, reference: string, amount?: string): Promise<Object> {
    const { status, body } = await this.control('POST', 'acts', { act, reference, ...(amount && { amount }) });
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body as Object;
  }

  async effects(query: { reference?: string; account?: string } = {}): Promise<Effects> {
    const { body } = await this.control('GET', `effects?${new URLSearchParams(query).toString()}`);
    return body as Effects;
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }
}

/** @returns the error that a call of the client ends with */
export async function errorOf(call: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await call;
  } catch (error) {
    return error as Stripe.errors.StripeError;
  }
  throw new Error('The call did not fail.');
}

/** What an adapter sends for a payment that is captured later. */
export const asked = { amount: 1999, currency: 'eur', capture_method: 'manual' } as const;
