import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import type { Exchange } from '../../contracts/nouns.js';
import { Degradations } from '../../src/process/health.js';
import { databases } from '../../src/postgres/data-sources.js';
import { newId } from '../../src/ids.js';
import { AccountsService } from '../../src/payments/accounts.service.js';
import type { PaymentsService } from '../../src/payments/payments.service.js';
import { elementOf } from '../../src/payments/payments.types.js';
import { exchangeOf } from '../../src/purchases/purchases.rules.js';
import { alone, paymentsOf } from '../payments/payments-world.js';
import { publishProduct } from '../purchases/products.js';
import { endOfPurchase } from '../saga/bought-kinds.js';
import { title, type SagaWorld } from '../saga/saga-world.js';
import type { Provider } from '../simulator/provider.js';
import type { PaidKind } from './kinds.js';
import type { Sample } from './samples.js';

/* Purchases in real money, with the simulator as their provider. */

/** A provider, and what the processes of a world must be told of it. */
export interface Money {
  provider: Provider;
  /** The key of the title's account. */
  secretKey: string;
  environment: Record<string, string>;
}

export function openMoney(provider: Provider): Money {
  return {
    provider,
    secretKey: provider.newKey(),
    environment: {
      VELTRIX_SECRETS_KEY: '1'.repeat(64),
      STRIPE_API_URL: `http://127.0.0.1:${provider.port}`,
    },
  };
}

/** Gives the title an account at the provider, and puts on sale what is paid in money. The store is open already. */
export async function sellForMoney(world: SagaWorld, { secretKey }: Money): Promise<void> {
  await new AccountsService(sourceOf(world), world.config).put({
    title,
    provider: 'stripe',
    terms: { secretKey, webhookSecrets: [], settlementCurrency: 'EUR', spentGoods: 'debt' },
  });
  for (const [code, item] of Object.entries(items))
    await publishProduct(world.session, title, code, {
      content: { amounts: [{ asset: 'gem', amount: '5' }], items: [{ item, count: 1 }] },
      prices: { virtual: [], money: [{ currency: 'EUR', amount: '499' }] },
      stock: 1_000,
      limits: { perPlayer: 1, perPlayerAndDay: null, perPlayerAndWeek: null, perPlayerAndMonth: null },
      onSale: { from: null, until: null },
    });
}

const items = { chest: 'crown', idol: 'diadem' } as const;

/** A purchase in money, by a buyer who has nothing. */
export function makePaid(world: SagaWorld, { provider }: Money, kind: PaidKind): Sample {
  const buyer = `buyer-${randomUUID()}`;
  const item = items[kind.product];
  const does = 'buyer' in kind.by ? kind.by.buyer : undefined;
  const pay = {
    currency: 'EUR',
    amount: '499',
    provider: 'stripe' as const,
    ...('method' in kind.by && { method: kind.by.method }),
  };
  const content = { amounts: [{ asset: 'gem', amount: '5' }], items: [{ item, instances: [newId('ins')] }] };
  const done = kind.state === 'completed';
  return {
    kind,
    path: '/v1/purchases',
    body: { player: buyer, product: kind.product, pay },
    async accept() {
      const [outcome] = await world.purchases.accept([
        {
          ...{ id: newId('pur'), workflowId: null, title, key: randomUUID(), fingerprint: Buffer.from('x') },
          ...{ player: buyer, product: kind.product, version: 1, quantity: 1, pay, content, reference: null },
        },
      ]);
      if (outcome === undefined || !('deal' in outcome)) throw new Error('The purchase was not accepted.');
      return exchangeOf(outcome.deal);
    },
    ...(does !== undefined && {
      act: async (id: string) => {
        if ((await world.row(id)).state !== 'requires_action') return false;
        if (does === 'pays') await provider.act('buyer-confirms', id);
        else await cancel(world, id, pay);
        return true;
      },
    }),
    end: async (id) => ({
      expected: {
        row: { state: kind.state, reason_code: kind.reason },
        gold: 0n,
        gems: done ? 5n : 0n,
        facts: ['purchase.accepted', `purchase.${kind.state}`],
        booked: done ? 1 : 0,
        minted: done ? [`player:${buyer} ${item}`] : [],
        owned: done ? [item] : [],
        intents: kind.intents,
        captures: done ? 1 : 0,
      },
      found: { ...(await endOfPurchase(world, id, buyer)), ...(await atProvider(provider, id)) },
    }),
  };
}

/** What the provider's own books say of a purchase. */
async function atProvider(provider: Provider, id: string): Promise<{ intents: string[]; captures: number }> {
  const { intents, calls } = await provider.effects({ reference: id });
  return {
    intents: intents.map(({ status, captured }) => `${status} ${captured}`),
    captures: calls.filter(({ effect }) => effect === 'captured').length,
  };
}

function paymentsHere(world: SagaWorld): PaymentsService {
  return paymentsOf({
    source: sourceOf(world),
    config: world.config,
    degradations: new Degradations(),
    registry: new Registry(),
  }).payments;
}

/** Has a purchase paid by a card that is good. */
export async function pay(world: SagaWorld, exchange: Exchange): Promise<void> {
  if (exchange.payment === undefined) throw new Error(`${exchange.id} is not paid in money.`);
  const element = elementOf(exchange, exchange.payment);
  const results = [
    ...(await paymentsHere(world).authorize([element], alone)),
    ...(await paymentsHere(world).capture([element], alone)),
  ];
  if (!results.every((one) => 'answer' in one)) throw new Error(`It is not paid: ${JSON.stringify(results)}`);
}

/** As the API does for a buyer. The sweep then has the rest done. */
async function cancel(world: SagaWorld, id: string, pay: { currency: string; amount: string }): Promise<void> {
  const element = elementOf({ id, title }, { ...pay, provider: 'stripe' });
  await paymentsHere(world).turnBack(element, { code: 'purchase-cancelled', detail: 'The purchase was cancelled.' });
}

/** What the provider owes by the books: the price of each purchase that is completed. */
export async function clearingOf(world: SagaWorld): Promise<bigint> {
  const { rows } = await world.session.query<{ owed: string | null }>(
    `select sum(credits_posted - debits_posted) as owed from ledger.accounts
     where title = $1 and owner = 'system:clearing:stripe' and asset = 'EUR'`,
    [title],
  );
  return BigInt(rows[0]?.owed ?? 0);
}

function sourceOf(world: SagaWorld): DataSource {
  const source = world.sources[databases.indexOf('payments')];
  if (source === undefined) throw new Error('There is no database of payments.');
  return source;
}
