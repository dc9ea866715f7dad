import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { until } from './processes.js';
import { StuckSystem } from './stuck-system.js';

/*
 * What an operator sees of a purchase that is stuck, and does about it, through REST: the same as of a trade, and
 * beside that its stock, its limits and what it mints.
 */

let system: StuckSystem;
beforeAll(async () => {
  system = await StuckSystem.open();
  await system.start();
  const { api } = system;
  await api.must(201, api.send('PUT', '/v1/items/crown', { name: 'Crown', limit: 2 }));
  const product = {
    name: 'Crown',
    content: { items: [{ item: 'crown', count: 1 }] },
    prices: { virtual: [{ asset: 'gold', amount: '60' }] },
    stock: 5,
    limits: { perPlayer: 1 },
  };
  await api.must(201, api.send('PUT', '/v1/products/crown', product));
  await api.must(200, api.send('POST', '/v1/products/crown/publish'));
}, 120_000);
afterAll(() => system.close());
afterEach(() => system.calm(), 240_000);

let buyers = 0;

/** A purchase of a crown by somebody who can pay it, once it is stuck. */
async function stuckPurchase(): Promise<{ id: string; buyer: string }> {
  const { api } = system;
  const buyer = `buyer-of-crown-${++buyers}`;
  await api.grant(buyer, '100');
  const body = { player: buyer, product: 'crown', pay: { asset: 'gold', amount: '60' } };
  const { id } = await api.must(202, api.post('/v1/purchases', buyer, body));
  await system.untilStuck(id as string);
  return { id: id as string, buyer };
}

async function closed(id: string): Promise<Record<string, unknown>> {
  const { api } = system;
  let purchase: Record<string, unknown> = {};
  await until(`${id} is closed`, async () => {
    purchase = await api.must(200, api.send('GET', `/v1/purchases/${id}`));
    return purchase['closedAt'] !== undefined;
  });
  return purchase;
}

/** What the store and its edition say, and what a player may still buy. */
async function counts(buyer: string): Promise<unknown> {
  const { api, session } = system;
  const { sold, limits } = await api.must(200, api.send('GET', `/v1/products/crown/sales?player=${buyer}`));
  const { rows } = await session.query<object>(`select issued, reserved from inventory.items where code = 'crown'`);
  return { sold, left: (limits as { left: number }[])[0]?.left, ...rows[0] };
}

test('a purchase that is stuck after its pivot is found as one, and resolve mints what it has paid', async () => {
  const cure = await system.refuse('inventoryMove');
  const { id, buyer } = await stuckPurchase();
  expect(await system.listed('state=stuck&kind=purchase')).toEqual([id]);
  expect(await system.listed('state=stuck&kind=trade')).toEqual([]);
  expect(await system.listed(`state=stuck&player=${buyer}`)).toEqual([id]);
  await until('the Temporal UI finds it', async () =>
    (await system.found(`SagaState = 'stuck' and SagaKind = 'purchase' and BusinessId = '${id}'`)).includes(
      `purchase/${id}`,
    ),
  );
  expect(await system.saga(id)).toMatchObject({
    kind: 'purchase',
    state: 'stuck',
    step: 'inventoryMove',
    players: [buyer],
    deal: { state: 'stuck' },
    workflow: { id: `purchase/${id}` },
  });
  expect(await counts(buyer)).toEqual({ sold: 1, left: 0, issued: 0, reserved: 1 });
  expect(await system.act(id, 'compensate')).toMatchObject({ status: 409, body: { code: 'too-late' } });
  await until('it is resolved', async () => (await system.act(id, 'resolve')).status === 200);
  expect(await closed(id)).toMatchObject({ state: 'completed' });
  await cure();
  expect(await counts(buyer)).toEqual({ sold: 1, left: 0, issued: 1, reserved: 0 });
  expect(await system.api.posted(buyer)).toBe('40');
  const { data } = await system.api.must(200, system.api.send('GET', `/v1/players/${buyer}/item-instances`));
  expect(data).toMatchObject([{ item: 'crown', serial: 1 }]);

  await until('its run has told all', async () =>
    (await system.story(id)).timeline.some(({ event }) => event === 'ended'),
  );
  const told = (await system.story(id)).timeline.map(({ event, step, operator }) =>
    [event, step ?? operator].filter((word) => word !== undefined).join(' '),
  );
  expect(told).toEqual(
    expect.arrayContaining([
      'accepted',
      'step inventoryHold',
      'transfer',
      'stuck inventoryMove',
      'operator olga',
      'answer olga',
      'movement',
      'step closePurchases',
      'closed',
    ]),
  );
}, 240_000);

test('a purchase that is turned back before its pivot gives back all that it has taken', async () => {
  const cure = await system.refuse('ledgerTransfer');
  const { id, buyer } = await stuckPurchase();
  const before = await counts(buyer);
  expect(before).toMatchObject({ left: 0, reserved: 1 });
  expect(await system.act(id, 'compensate')).toMatchObject({ status: 200 });
  expect(await closed(id)).toMatchObject({ state: 'compensated', reason: { code: 'compensated-by-operator' } });
  await cure();
  const { sold } = before as { sold: number };
  expect(await counts(buyer)).toMatchObject({ sold: sold - 1, left: 1, reserved: 0 });
  expect(await system.api.posted(buyer)).toBe('100');
  const { data } = await system.api.must(200, system.api.send('GET', `/v1/players/${buyer}/item-instances`));
  expect(data).toEqual([]);
}, 240_000);

test('a purchase that is parked waits for its operator, and is completed after resume', async () => {
  const cure = await system.refuse('ledgerTransfer');
  const { id, buyer } = await stuckPurchase();
  expect(await system.act(id, 'park')).toMatchObject({ status: 200 });
  await cure();
  await system.untilIn(id, 'parked');
  expect(await system.saga(id)).toMatchObject({ kind: 'purchase', owner: 'olga', deal: { state: 'stuck' } });
  expect(await system.act(id, 'resume')).toMatchObject({ status: 200 });
  expect(await closed(id)).toMatchObject({ state: 'completed' });
  expect(await system.api.posted(buyer)).toBe('40');
}, 240_000);
