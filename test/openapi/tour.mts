/*
 * The tour of the README by the types that openapi-typescript makes of openapi.json. It is compiled beside them in a
 * folder of its own, so it is no part of the project's own sources. It prints each request as a line of JSON, and in
 * the end what it has seen.
 */
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.js';

type Schemas = components['schemas'];

const { API = '', KEY = '', CONTROL = '' } = process.env;
const client = createClient<paths>({ baseUrl: API, headers: { authorization: `Bearer ${KEY}` } });
client.use({
  async onRequest({ request }) {
    const { pathname, search } = new URL(request.url);
    const body: unknown = request.body === null ? null : await request.clone().json();
    const [key, prefer] = [request.headers.get('idempotency-key'), request.headers.get('prefer')];
    console.log(JSON.stringify({ method: request.method, path: `${pathname}${search}`, key, prefer, body }));
  },
});

/** The body of an answer. @throws Error with the problem that was answered instead */
function must<T>({ data, error }: { data?: T; error?: Schemas['Problem'] }): T {
  if (data === undefined) throw new Error(`${error?.code}: ${error?.detail}`);
  return data;
}

/** The headers of a request that changes value. */
const header = (key: string) => ({ 'Idempotency-Key': key });
/** The same where the answer waits for the saga. */
const waiting = (key: string) => ({ ...header(key), Prefer: 'wait=10' });

must(
  await client.PUT('/v1/assets/{code}', {
    params: { path: { code: 'gold' } },
    body: { name: 'Gold', kind: 'currency' },
  }),
);
must(await client.PUT('/v1/items/{code}', { params: { path: { code: 'sword' } }, body: { name: 'Sword' } }));
const legs = [{ from: 'system:mint', to: 'player:alice', asset: 'gold', amount: '1000' }];
must(await client.POST('/v1/transfers', { params: { header: header('tour-1') }, body: { legs, reason: 'welcome' } }));
const sword = must(
  await client.POST('/v1/item-instances', {
    params: { header: header('tour-2') },
    body: { item: 'sword', owner: 'player:bob', reason: 'welcome' },
  }),
);
const trade = must(
  await client.POST('/v1/trades', {
    params: { header: waiting('tour-3') },
    body: {
      parties: [
        { player: 'alice', gives: { amounts: [{ asset: 'gold', amount: '250' }] } },
        { player: 'bob', gives: { items: [sword.id] } },
      ],
    },
  }),
);

must(await client.GET('/v1/products'));
const order: Schemas['NewPurchase'] = { player: 'alice', product: 'crown', pay: { asset: 'gold', amount: '400' } };
const crown = must(await client.POST('/v1/purchases', { params: { header: waiting('tour-4') }, body: order }));
const read = async (id: string): Promise<Schemas['Purchase']> =>
  must(await client.GET('/v1/purchases/{id}', { params: { path: { id } } }));
await read(crown.id);
const sales = must(
  await client.GET('/v1/products/{code}/sales', { params: { path: { code: 'crown' }, query: { player: 'alice' } } }),
);
const refund = must(
  await client.POST('/v1/purchases/{id}/refunds', {
    params: { path: { id: crown.id }, header: waiting('tour-7') },
    body: { reason: 'misclicked' },
  }),
);
const refunded = await read(crown.id);

const pay: Schemas['MoneyPay'] = { currency: 'EUR', amount: '499', provider: 'stripe' };
const pack = { player: 'alice', product: 'starter-pack' };
const byCard = must(
  await client.POST('/v1/purchases', {
    params: { header: waiting('tour-5') },
    body: { ...pack, pay: { ...pay, method: 'pm_card_visa' } },
  }),
);
const inPage = must(
  await client.POST('/v1/purchases', { params: { header: waiting('tour-6') }, body: { ...pack, pay } }),
);
const waits = await read(inPage.id);
await fetch(`${CONTROL}/_control/acts`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ act: 'buyer-confirms', reference: inPage.id }),
});
let paid = await read(inPage.id);
for (const end = Date.now() + 60_000; paid.closedAt === undefined && Date.now() < end; paid = await read(inPage.id))
  await new Promise((resolve) => setTimeout(resolve, 200));

const balances = async (player: string): Promise<[asset: string, posted: string][]> => {
  const { data } = must(await client.GET('/v1/players/{player}/balances', { params: { path: { player } } }));
  return data.map(({ asset, posted }) => [asset, posted]);
};
const have = { alice: await balances('alice'), bob: await balances('bob') };
const owned = must(await client.GET('/v1/players/{player}/item-instances', { params: { path: { player: 'alice' } } }));

/** What an event says that no other kind of event does. */
function saidBy(event: Schemas['SagaEvent']): string {
  switch (event.event) {
    case 'accepted':
      return event.event;
    case 'step':
      return `${event.step} ${event.outcome}`;
    case 'payment':
      return `payment ${event.operation} ${event.state}`;
    case 'transfer':
      return `transfer of ${event.legs.length}`;
    case 'movement':
      return `movement ${event.kind}`;
    case 'operator':
    case 'answer':
      return `${event.event} ${event.act}`;
    case 'closed':
      return `closed ${event.state}`;
    case 'stuck':
    case 'freed':
    case 'compensating':
    case 'parked':
    case 'ended':
      return `${event.event} ${event.workflowId}`;
  }
}

/** What a saga tells, but for its calls to the provider, of which there may be more or fewer. */
async function storyOf(id: string): Promise<string[]> {
  const { timeline } = must(await client.GET('/v1/sagas/{id}', { params: { path: { id } } }));
  return timeline.map(saidBy);
}

console.log(
  JSON.stringify({
    states: [trade, crown, refund, refunded, byCard, waits, paid].map(({ state }) => state),
    clientSecret: typeof waits.payment?.clientSecret,
    sold: sales.sold,
    have,
    owned: owned.data.map(({ item, properties }) => [item, properties]),
    stories: { trade: await storyOf(trade.id), byCard: await storyOf(byCard.id) },
  }),
);
