import { expect } from '@jest/globals';
import type {
  Evidence,
  OperationKind,
  PaymentTerms,
  ProviderAccount,
  ProviderAnswer,
} from '../../src/payments/provider.types.js';
import { StripeProvider } from '../../src/payments/stripe/stripe.provider.js';
import type { Provider } from '../simulator/provider.js';

/** How long a call may take that is to be answered. */
const patience = { timeoutMs: 20_000 };

/** A purchase of an account of the simulator's, and the calls that are made for it. */
export class Payer {
  readonly secretKey: string;
  readonly account: ProviderAccount;
  readonly terms: PaymentTerms;
  private calls = 0;

  constructor(
    readonly provider: Provider,
    { method = null, currency = 'EUR' }: { method?: string | null; currency?: string } = {},
  ) {
    this.secretKey = provider.newKey();
    this.account = new StripeProvider(provider.url).account({
      secretKey: this.secretKey,
      webhookSecrets: [],
    });
    this.terms = { title: 'arena', id: `pur_${this.secretKey.slice(8)}`, currency, amount: 1999n, method };
  }

  /** Makes a call with a key of its own, or again with a key. */
  async call(
    kind: OperationKind,
    reference: string | null,
    { key = `${this.terms.id}:${kind}:${this.calls++}`, timeoutMs = patience.timeoutMs, body = {} } = {},
  ): Promise<ProviderAnswer> {
    const all = { ...this.account.bodyOf(kind, this.terms), ...body };
    return this.holdsNoSecret(await this.account.call({ kind, reference, key, body: all }, { timeoutMs }));
  }

  async fetch(reference: string, timeoutMs = patience.timeoutMs): Promise<ProviderAnswer> {
    return this.holdsNoSecret(await this.account.fetch(reference, { timeoutMs }));
  }

  /** @returns the id of an intent that waits for its confirmation */
  async created(): Promise<string> {
    const answer = await this.call('create', null);
    if (answer.result !== 'intent') throw new Error(JSON.stringify(answer.evidence));
    return answer.intent.reference;
  }

  /** @returns the id of an intent that a good card has authorised, whatever the method of the terms */
  async authorised(): Promise<string> {
    const id = await this.created();
    const answer = await this.call('confirm', id, { body: { payment_method: 'pm_card_visa' } });
    expect(answer).toMatchObject({ result: 'intent', intent: { status: 'requires-capture' } });
    return id;
  }

  strike(fault: string, more: Record<string, unknown> = {}): Promise<void> {
    return this.provider.fault({ on: { method: 'POST' }, fault, times: 1, account: this.secretKey, ...more });
  }

  endFaults(): Promise<unknown> {
    return this.provider.control('DELETE', 'faults', { account: this.secretKey });
  }

  async books(): Promise<Record<string, unknown>[]> {
    return (await this.provider.effects({ account: this.secretKey })).intents;
  }

  /** @returns what each POST has done */
  async effects(): Promise<string[]> {
    const { calls } = await this.provider.effects({ account: this.secretKey });
    return calls.filter(({ method }) => method === 'POST').map(({ effect }) => effect);
  }

  private holdsNoSecret<Answer extends { evidence: Evidence }>(answer: Answer): Answer {
    const said = JSON.stringify(answer, (name, value: unknown) =>
      name === 'clientSecret' ? undefined : typeof value === 'bigint' ? value.toString() : value,
    );
    expect(said).not.toContain(this.secretKey);
    expect(said).not.toContain('_secret_');
    expect(JSON.stringify(answer.evidence)).not.toMatch(/secret|4242|pm_/);
    return answer;
  }
}
