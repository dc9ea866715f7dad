import { StripeProvider } from '../../src/payments/stripe/stripe.provider.js';
import type { PaymentProvider, ProviderAccount } from '../../src/payments/provider.types.js';
import type { StepResult } from '../../src/payments/payments.types.js';
import type { PaymentsWorld } from './payments-world.js';

/** The adapter of the world with a part of its accounts changed, for a process of its own. */
export function adapterWith(
  world: PaymentsWorld,
  change: (account: ProviderAccount) => Partial<ProviderAccount>,
): PaymentProvider {
  const real = new StripeProvider(`http://127.0.0.1:${world.provider.port}`);
  return {
    name: real.name,
    capabilities: real.capabilities,
    readEvent: (...given) => real.readEvent(...given),
    account(secrets) {
      const account = real.account(secrets);
      return {
        bodyOf: (...given) => account.bodyOf(...given),
        call: (...given) => account.call(...given),
        fetch: (...given) => account.fetch(...given),
        refundBodyOf: (...given) => account.refundBodyOf(...given),
        refund: (...given) => account.refund(...given),
        fetchRefund: (...given) => account.fetchRefund(...given),
        listRefunds: (...given) => account.listRefunds(...given),
        listDisputes: (...given) => account.listDisputes(...given),
        fetchNamed: (...given) => account.fetchNamed(...given),
        listOutside: (...given) => account.listOutside(...given),
        listCreated: (...given) => account.listCreated(...given),
        ...change(account),
      };
    },
  };
}

/** Does a step until it has an answer, as a saga does, and looks that it needs no more tries than so many. */
export async function untilAnswered<Result extends object = StepResult>(
  step: () => Promise<Result[]>,
  tries = 6,
): Promise<Result | undefined> {
  for (let attempt = 1; ; attempt++) {
    const results = await step().catch((error: unknown) => {
      if (attempt >= tries) throw error;
      return undefined;
    });
    if (results !== undefined && (results.every((one) => 'answer' in one) || attempt >= tries)) return results[0];
  }
}
