import { createHash } from 'node:crypto';
import { newId } from '../../src/ids.js';
import type { IntentStatus, OperationKind, PaymentTerms } from '../../src/payments/provider.types.js';
import { StripeAccount } from '../../src/payments/stripe/stripe-account.js';
import { packCard, packCurrency, packGems } from '../driver/pack.js';
import { secretKeys } from '../system/accounts.js';
import type { Services } from '../system/services.js';
import type { UsualPurchase, UsualPurchaseActivities } from './contracts.js';

const timeoutMs = 30_000;

/** The reason of what this way grants, by which it is counted. */
export const usualGrant = 'usual purchase';

/** The steps of a purchase, on the services and the adapter of src/, each with a list of one. */
export function usualPurchaseActivities({ ledger, inventory }: Services, stripeUrl: string): UsualPurchaseActivities {
  const account = new StripeAccount(secretKeys['usual-purchase'], stripeUrl);
  const call = async (
    kind: OperationKind,
    purchase: UsualPurchase,
    reference: string | null,
    wanted: IntentStatus,
  ): Promise<string> => {
    const key = `${purchase.key}:${kind}`;
    const body = account.bodyOf(kind, termsOf(purchase));
    const answer = await account.call({ kind, reference, key, body }, { timeoutMs });
    if (answer.result === 'intent' && answer.intent.status === wanted) return answer.intent.reference;
    throw new Error(`${key} came to ${answer.result}.`);
  };
  return {
    createIntent: (purchase) => call('create', purchase, null, 'requires-confirmation'),
    confirmIntent: async (purchase, reference) => void (await call('confirm', purchase, reference, 'requires-capture')),
    captureIntent: async (purchase, reference) => void (await call('capture', purchase, reference, 'succeeded')),
    async bookPurchase({ title, key, player, price }) {
      const legs = [
        { from: 'system:mint', to: 'system:clearing:stripe', asset: packCurrency, amount: BigInt(price) },
        { from: 'system:mint', to: `player:${player}`, asset: 'gem', amount: BigInt(packGems) },
      ] as const;
      const [outcome] = await ledger.transfer([
        { title, key: `exchange/${key}`, kind: 'paid', legs, reason: 'exchange', reference: key },
      ]);
      if (outcome?.outcome !== 'posted') throw new Error(`${key} came to ${outcome?.outcome}.`);
    },
    async grantItem({ title, key, player }) {
      const fingerprint = createHash('sha256').update(key).digest('hex');
      const [outcome] = await inventory.mint([
        {
          ...{ title, key: `grant-${key}`, fingerprint, id: newId('ins') },
          ...{ item: 'sword', owner: `player:${player}`, reason: usualGrant },
        },
      ]);
      if (outcome?.outcome !== 'done') throw new Error(`${key} came to ${outcome?.outcome}.`);
    },
  };
}

function termsOf({ title, key, price }: UsualPurchase): PaymentTerms {
  return { title, id: key, currency: packCurrency, amount: BigInt(price), method: packCard };
}
