import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { AccountsService } from '../../src/payments/accounts.service.js';
import { FeesService } from '../../src/payments/fees.service.js';
import { OrphansService } from '../../src/payments/orphans.service.js';
import { OutsideLooks } from '../../src/payments/outside-looks.js';
import { OutsideWalks } from '../../src/payments/outside-walks.js';
import { PaymentsOutside } from '../../src/payments/outside.service.js';
import { PaymentsReads } from '../../src/payments/payments.reads.js';
import { PaymentsService } from '../../src/payments/payments.service.js';
import type { PaymentElement } from '../../src/payments/payments.types.js';
import { ProviderAccounts } from '../../src/payments/provider-accounts.js';
import { ProviderCalls } from '../../src/payments/provider-calls.js';
import { ProviderMetrics } from '../../src/payments/provider-metrics.js';
import { RefundLooks } from '../../src/payments/refund-looks.service.js';
import { RefundsService } from '../../src/payments/refunds.service.js';
import type { PaymentProvider } from '../../src/payments/provider.types.js';
import { StripeProvider } from '../../src/payments/stripe/stripe.provider.js';
import { makeDataSource } from '../../src/postgres/data-sources.js';
import { loadConfig, type Config } from '../../src/process/config.js';
import { Degradations } from '../../src/process/health.js';
import { createDatabase, type TestDatabase } from '../harness/database.js';
import { Provider, type Effects } from '../simulator/provider.js';

/** How the step of a run of one payment is asked. */
export const alone = { alone: true, patient: true };

/** The payments of one title over a database of their own, and the simulator as its provider. */
export interface PaymentsWorld {
  provider: Provider;
  /** The address of the database. */
  url: string;
  /** The secret key of the title's account. */
  key: string;
  source: DataSource;
  payments: PaymentsService;
  fees: FeesService;
  orphans: OrphansService;
  refunds: RefundsService;
  refundLooks: RefundLooks;
  outside: PaymentsOutside;
  reads: PaymentsReads;
  calls: ProviderCalls;
  degradations: Degradations;
  /** The metrics of the calls. */
  registry: Registry;
  /** The payments of another process, with an adapter of its own where one is given. */
  another(provider?: PaymentProvider): PaymentsService;
  /** The orphans of another process, with an adapter of its own. */
  orphansOf(provider: PaymentProvider): OrphansService;
  /** The refunds of another process, with an adapter of its own where one is given. */
  anotherRefunds(provider?: PaymentProvider): RefundsService;
  /** The looks at refunds of another process, with an adapter of its own. */
  lookingBy(provider: PaymentProvider): RefundLooks;
  /** What moves outside of another process, with an adapter of its own. */
  outsideOf(provider: PaymentProvider): PaymentsOutside;
  /** Adds an account at the provider for another title. @returns its secret key */
  addTitle(title: string): Promise<string>;
  /** A payment of 4.99 EUR, by default with a card that is good. */
  element(change?: Partial<PaymentElement>): PaymentElement;
  /** What the provider's books say of a payment: one line for each intent. */
  intents(id: string): Promise<string[]>;
  /** Every call that changed something, of the account: `POST …/capture captured`. */
  effects(): Promise<Effects>;
  /** The operations of a payment as `create:1 succeeded`. */
  operations(id: string): Promise<string[]>;
  state(id: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * @param env what is set besides
 * @param making makes a migrated database
 */
export async function openPayments(
  env: Record<string, string> = {},
  making: () => Promise<TestDatabase> = createDatabase,
): Promise<PaymentsWorld> {
  const [database, provider] = await Promise.all([making(), Provider.start()]);
  const config = loadConfig({
    VELTRIX_ADMIN_KEY: 'an-admin-key-of-tests',
    VELTRIX_SECRETS_KEY: '1'.repeat(64),
    DATABASE_URL: database.url,
    STRIPE_API_URL: `http://127.0.0.1:${provider.port}`,
    PAYMENT_CALL_TIMEOUT_SECONDS: '2',
    PAYMENT_CALLS_PER_SECOND: '10000',
    ...env,
  });
  const source = await makeDataSource(config, 'payments', 'test').initialize();
  const accounts = new AccountsService(source, config);
  const addTitle = async (title: string): Promise<string> => {
    const secretKey = provider.newKey();
    const terms = { secretKey, webhookSecrets: [], settlementCurrency: 'EUR', spentGoods: 'debt' } as const;
    await accounts.put({ title, provider: 'stripe', terms });
    return secretKey;
  };
  const key = await addTitle('arena');
  const degradations = new Degradations();
  const registry = new Registry();
  const process = { source, config, degradations, registry };
  const another = (adapter?: PaymentProvider): ReturnType<typeof paymentsOf> =>
    paymentsOf({ source, config, degradations: new Degradations(), registry: new Registry() }, adapter);
  return {
    provider,
    url: database.url,
    key,
    source,
    ...paymentsOf(process),
    degradations,
    registry,
    reads: new PaymentsReads(source),
    another: (adapter) => another(adapter).payments,
    orphansOf: (adapter) => another(adapter).orphans,
    anotherRefunds: (adapter) => another(adapter).refunds,
    lookingBy: (adapter) => another(adapter).refundLooks,
    outsideOf: (adapter) => another(adapter).outside,
    addTitle,
    element: (change = {}) => ({
      id: `pur_${randomUUID()}`,
      title: 'arena',
      provider: 'stripe',
      currency: 'EUR',
      amount: 499n,
      method: 'pm_card_visa',
      ...change,
    }),
    async intents(id) {
      const { intents } = await provider.effects({ reference: id });
      return intents.map(({ status, amount, captured, refunded }) => `${status} ${amount} ${captured} ${refunded}`);
    },
    effects: () => provider.effects({ account: key }),
    async operations(id) {
      const rows = await source.query<{ text: string }[]>(
        `select kind || ':' || seq || ' ' || state as text from payments.operations where payment = $1 order by id`,
        [id],
      );
      return rows.map(({ text }) => text);
    },
    async state(id) {
      const [row] = await source.query<{ state: string }[]>('select state from payments.payments where id = $1', [id]);
      return row?.state ?? 'none';
    },
    async close() {
      await source.destroy();
      await provider.close();
      await database.drop();
    },
  };
}

/** The payments of a process. */
export function paymentsOf(
  {
    source,
    config,
    degradations,
    registry,
  }: Pick<PaymentsWorld, 'source' | 'degradations' | 'registry'> & {
    config: Config;
  },
  adapter: PaymentProvider = new StripeProvider(config.STRIPE_API_URL),
): Pick<PaymentsWorld, 'payments' | 'fees' | 'orphans' | 'refunds' | 'refundLooks' | 'outside' | 'calls'> {
  const metrics = new ProviderMetrics(registry, degradations);
  const calls = new ProviderCalls(source, config, metrics);
  const accounts = new ProviderAccounts(new Map([['stripe', adapter]]), new AccountsService(source, config));
  return {
    payments: new PaymentsService(source, config, accounts, calls),
    fees: new FeesService(source, accounts, calls),
    orphans: new OrphansService(source, accounts, calls),
    refunds: new RefundsService(source, accounts, calls),
    refundLooks: new RefundLooks(source, accounts, calls, registry),
    outside: new PaymentsOutside(
      source,
      new OutsideWalks(source, accounts, calls, metrics),
      new OutsideLooks(source, accounts, calls),
    ),
    calls,
  };
}
