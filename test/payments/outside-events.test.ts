import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { until } from '../e2e/processes.js';
import { openApi, type Api } from '../http/api.js';
import { eventOf, sendEvent } from './events.js';
import { openOutside, type OutsideWorld } from './outside-world.js';

/*
 * Money that moves without our asking, found by events alone: no walk is ever due. An event is a hint, so it is nothing
 * to go by whether it comes twice, late, in another order or not at all.
 */

let world: OutsideWorld;
let api: Api;
let secret: string;
beforeAll(async () => {
  world = await openOutside();
  api = await openApi({ env: { DATABASE_URL: world.url } });
  const key = await api.makeTitle('arena');
  const endpoint = await world.provider.client(world.key).webhookEndpoints.create({
    url: `${api.url}/v1/webhooks/stripe/arena`,
    enabled_events: ['*'],
  });
  secret = endpoint.secret ?? '';
  const body = {
    secretKey: world.key,
    webhookSecrets: [secret],
    settlementCurrency: 'EUR',
    spentGoods: 'debt',
  };
  expect(await api.send('PUT', '/v1/payment-accounts/stripe', { key, body })).toMatchObject({ status: 200 });
  await world.settle();
});
beforeEach(async () => {
  await world.provider.control('POST', 'webhooks', { mode: 'on' });
  await world.source.query(`update payments.outside_walks set due_at = now() + interval '1 day'`);
});
afterAll(async () => {
  await api.close();
  await world.close();
});

/** Waits until so many movements of a payment are there, looking at what events have named. */
async function untilMoved(id: string, count: number): Promise<string[]> {
  await until(`${count} movements are there`, async () => {
    await world.seeAll();
    return (await world.movements(id)).length >= count;
  });
  return world.movements(id);
}

const clearing = async (): Promise<number> => (await world.books())['system:clearing:stripe'] ?? 0;

test.each([
  ['once', 'on', 'snapshot'],
  ['twice', 'duplicate', 'snapshot'],
  ['in another order', 'reorder', 'snapshot'],
  ['late', 'delay', 'snapshot'],
  ['with names alone', 'on', 'thin'],
])('two refunds of 3 and 4 are -3 and -4 where their events come %s', async (_, mode, kind) => {
  const { id, intent } = await world.captured();
  const before = await clearing();
  await world.provider.control('POST', 'webhooks', { mode, kind, ...(mode === 'delay' && { ms: 500 }) });
  await world.provider.act('dashboard-refund', id, '3');
  await world.provider.act('dashboard-refund', id, '4');
  expect(await untilMoved(id, 2)).toEqual(['outside-refund 3 3', 'outside-refund 4 4']);
  await until('nothing more is delivered', async () => {
    await world.seeAll();
    const [row] = await world.source.query<{ count: number }[]>(
      'select count(*)::int from payments.outside_looks where about = $1',
      [intent],
    );
    return row?.count === 0;
  });
  expect(await world.movements(id)).toHaveLength(2);
  expect(await clearing()).toBe(before - 7);
});

test('of two refunds the event of the first is lost, and that of the second tells of both', async () => {
  const { id } = await world.captured();
  await world.provider.control('POST', 'webhooks', { mode: 'off' });
  await world.provider.act('dashboard-refund', id, '3');
  await world.provider.control('POST', 'webhooks', { mode: 'on' });
  await world.provider.act('dashboard-refund', id, '4');
  expect(await untilMoved(id, 2)).toEqual(['outside-refund 3 3', 'outside-refund 4 4']);
});

test.each(['snapshot', 'thin'])('a dispute and a warning are found by their events as %s', async (kind) => {
  const { id } = await world.captured();
  await world.provider.control('POST', 'webhooks', { mode: 'on', kind });
  await world.provider.act('fraud-warning', id);
  await world.provider.act('dispute-open', id, '100');
  expect(await untilMoved(id, 2)).toEqual(['dispute 100 100', 'dispute-fee 1500 0']);
  await until('the warning is told', async () => {
    await world.seeAll();
    return (await world.facts(id)).includes('payment.fraud-warned');
  });
  expect((await world.facts(id)).sort()).toEqual(['dispute.opened', 'dispute.withdrawn', 'payment.fraud-warned']);
});

test('an event in another mode is kept, and has nothing looked at', async () => {
  const { id, intent } = await world.captured();
  await world.provider.control('POST', 'webhooks', { mode: 'off' });
  await world.provider.act('dashboard-refund', id, '3');
  const refund = { object: 'refund', id: 're_1', payment_intent: intent };
  const live = eventOf(intent, { type: 'refund.created', livemode: true, data: { object: refund } });
  expect(await sendEvent(api, live, { secret })).toMatchObject({ status: 200 });
  await world.seeAll();
  expect(await world.movements(id)).toEqual([]);
  const test = eventOf(intent, { type: 'refund.created', data: { object: refund } });
  expect(await sendEvent(api, test, { secret })).toMatchObject({ status: 200 });
  expect(await untilMoved(id, 1)).toEqual(['outside-refund 3 3']);
});

test('events that are about no such money, or about our own refunds, have nothing looked at', async () => {
  const { intent } = await world.captured();
  await world.provider.control('POST', 'webhooks', { mode: 'off' });
  const own = { object: 'refund', id: 're_2', payment_intent: intent, metadata: { refund: 'rfd_1' } };
  const foreign = { object: 'refund', id: 're_3', payment_intent: 'pi_foreign' };
  await sendEvent(api, eventOf(intent, { type: 'refund.created', data: { object: own } }), { secret });
  await sendEvent(api, eventOf(intent, { type: 'refund.created', data: { object: foreign } }), { secret });
  await sendEvent(api, eventOf(intent, { type: 'payment_intent.succeeded' }), { secret });
  const looks = await world.source.query(
    `select kind, about from payments.outside_looks where about in ($1, 'pi_foreign', 're_2', 're_3')`,
    [intent],
  );
  expect(looks).toEqual([]);
});
