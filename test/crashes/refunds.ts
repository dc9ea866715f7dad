import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { dealActivities } from '../../activities/deal.activities.js';
import { attemptForward, attemptGrant } from '../../activities/forward.activities.js';
import { inventoryActivities } from '../../activities/inventory.activities.js';
import { ledgerActivities } from '../../activities/ledger.activities.js';
import type { Exchange } from '../../contracts/nouns.js';
import { DealMetrics } from '../../src/exchanges/deal-metrics.js';
import { DealsService } from '../../src/exchanges/deals.service.js';
import { StoredDeals } from '../../src/exchanges/stored-deals.js';
import { newId } from '../../src/ids.js';
import { purchaseKind } from '../../src/purchases/purchase-kind.js';
import type { PurchaseTerms } from '../../src/purchases/purchases.types.js';
import { Restock } from '../../src/purchases/restock.js';
import { refundKind } from '../../src/refunds/refund-kind.js';
import { RefundTotals } from '../../src/refunds/refund-totals.js';
import { exchangeOf, quote } from '../../src/refunds/refunds.rules.js';
import type { RefundTerms } from '../../src/refunds/refunds.types.js';
import { noTotals } from '../../src/refunds/totals.statements.js';
import { acceptPurchases } from '../saga/bought-kinds.js';
import { title, type SagaWorld } from '../saga/saga-world.js';
import { cardKinds, type RefundKind } from './kinds.js';
import { makePaid, pay, type Money } from './money.js';
import type { Sample } from './samples.js';

/* Refunds of purchases that are completed before any process of a scenario runs. */

/** What is refunded. */
interface Bought {
  buyer: string;
  purchase: string;
  crown: string;
}

/** A refund of all that was paid, by a buyer who has 40 gold left, or no money of any kind. */
export async function makeRefund(world: SagaWorld, money: Money | undefined, kind: RefundKind): Promise<Sample> {
  const bought = await buy(world, money, kind);
  const { purchase } = bought;
  if (kind.missing) await giveAway(world, bought);
  if (kind.fault !== undefined)
    await money?.provider.fault({
      on: { method: 'POST', path: '/v1/refunds', reference: purchase },
      fault: kind.fault,
      times: 1,
    });
  return {
    kind,
    path: `/v1/purchases/${purchase}/refunds`,
    body: { reason: 'asked for' },
    accept: () => accept(world, purchase),
    ...(kind.fault === 'processing' && { act: (id: string) => settle(world, money, id) }),
    end: async (id) => ({
      expected: dueOf(kind, bought),
      found: { ...(await booksOf(world, id, bought)), given: await givenOf(money, purchase) },
    }),
  };
}

/** Has a purchase completed by the services, each step once. */
async function buy(world: SagaWorld, money: Money | undefined, kind: RefundKind): Promise<Bought> {
  const buyer = `buyer-${randomUUID()}`;
  const exchange = kind.of === 'pack' ? await orderPack(world, buyer) : await orderChest(world, money);
  const steps = {
    ...inventoryActivities(world.inventory).steps,
    ...ledgerActivities(world.ledger).steps,
    ...dealActivities('purchase', world.purchases),
  };
  const { signal } = new AbortController();
  await attemptForward(steps, [exchange], signal);
  if (exchange.payment !== undefined) {
    await pay(world, exchange);
    await attemptGrant(steps, [exchange], 1, signal);
  }
  const [mint] = exchange.mints ?? [];
  if (mint === undefined) throw new Error(`${exchange.id} mints nothing.`);
  return { buyer: mint.to.slice('player:'.length), purchase: exchange.id, crown: mint.instance };
}

async function orderPack(world: SagaWorld, buyer: string): Promise<Exchange> {
  await world.grant(buyer, 'gold', 100n);
  const [exchange] = await acceptPurchases(world, ['pack'], buyer);
  return exchange as Exchange;
}

function orderChest(world: SagaWorld, money: Money | undefined): Promise<Exchange> {
  if (money === undefined) throw new Error('The world has no provider.');
  return makePaid(world, money, cardKinds.completed).accept();
}

async function giveAway(world: SagaWorld, { buyer, crown }: Bought): Promise<void> {
  const exchange = newId('trd');
  const moves = [{ instance: crown, from: `player:${buyer}`, to: 'player:friend' }];
  const [held] = await world.inventory.hold([{ exchange, title, moves }]);
  const [moved] = await world.inventory.move([{ exchange, title }]);
  if (held?.outcome !== 'ok' || moved?.outcome !== 'moved') throw new Error('The crown was not given away.');
}

async function accept(world: SagaWorld, id: string): Promise<Exchange> {
  const [main] = world.sources;
  if (main === undefined) throw new Error('There is no main database.');
  const purchase = await new StoredDeals<PurchaseTerms>(purchaseKind, main).read(title, id);
  const order = { amount: null, policy: 'debt', restock: false, grounds: 'asked for', found: null } as const;
  const quoted = quote(order, purchase, noTotals);
  if ('declined' in quoted) throw new Error(`The refund was declined: ${quoted.declined.detail}`);
  const metrics = new DealMetrics(new Registry());
  const refunds = new DealsService<RefundTerms>(refundKind, main, metrics, new RefundTotals(new Restock()));
  const made = { id: newId('rfd'), workflowId: null, title, key: randomUUID(), fingerprint: Buffer.from('x') };
  const [outcome] = await refunds.accept([{ ...made, ...quoted.terms }]);
  if (outcome === undefined || !('deal' in outcome)) throw new Error('The refund was not accepted.');
  return exchangeOf(outcome.deal);
}

/** Has the bank settle a refund that is pending. */
async function settle(world: SagaWorld, money: Money | undefined, id: string): Promise<boolean> {
  if ((await world.row(id)).state !== 'processing') return false;
  const { rows } = await world.session.query<{ reference: string }>(
    'select reference from payments.refunds where id = $1',
    [id],
  );
  await money?.provider.act('settle', rows[0]?.reference ?? '');
  return true;
}

/** What is there of a refund, and what its buyer has. */
async function booksOf(world: SagaWorld, id: string, { buyer, purchase, crown }: Bought): Promise<object> {
  const { rows } = await world.session.query<{ booked: number; totals: string; payment: string | null }>(
    `select (select count(*)::int from ledger.transfers where title = $1 and reference = $2) as booked,
       (select promised || ' promised, ' || refunded || ' refunded' from refunds.totals where purchase = $3) as totals,
       (select r.state || ', ' || p.returned || ' returned' from payments.refunds r
        join payments.payments p on p.id = r.payment where r.id = $2) as payment`,
    [title, id, purchase.slice(4)],
  );
  return {
    row: await world.row(id),
    gold: await world.balance(buyer, 'gold'),
    gems: await world.balance(buyer, 'gem'),
    euros: await world.balance(buyer, 'EUR'),
    crown: (await world.ownerOf(crown)).owner,
    facts: await world.facts(id),
    ...rows[0],
  };
}

/** What must be there. A crown is half of its purchase: 30 gold of 60, or 249 cents of 499. */
function dueOf(kind: RefundKind, { buyer }: Bought): object {
  const done = kind.state === 'succeeded';
  const inGold = kind.of === 'pack';
  const owes = done && kind.missing;
  const [paid, price] = inGold ? ['60', 60n] : ['499', 0n];
  const goldLeft = inGold ? 40n : 0n;
  const ends = {
    succeeded: 'succeeded, 499 returned',
    failed: 'failed, 0 returned',
    compensated: 'canceled, 0 returned',
  };
  return {
    row: { state: kind.state, reason_code: kind.reason },
    gold: goldLeft + (done ? price : 0n) - (owes && inGold ? 30n : 0n),
    gems: done ? 0n : 5n,
    euros: owes && !inGold ? -249n : 0n,
    crown: kind.missing ? 'player:friend' : done ? 'system:store' : `player:${buyer}`,
    facts: ['refund.accepted', `refund.${kind.state}`],
    booked: done ? 1 : 0,
    totals: done ? `0 promised, ${paid} refunded` : '0 promised, 0 refunded',
    payment: inGold ? null : ends[kind.state],
    given: kind.given,
  };
}

/** The refunds that the provider has of a purchase. */
async function givenOf(money: Money | undefined, purchase: string): Promise<string[]> {
  if (money === undefined) return [];
  const { intents } = await money.provider.effects({ reference: purchase });
  const client = money.provider.client(money.secretKey);
  const lists = await Promise.all(
    intents.map(({ reference }) => client.refunds.list({ payment_intent: reference, limit: 100 })),
  );
  return lists.flatMap(({ data }) => data.map(({ status, amount }) => `${status} ${amount}`));
}
