import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../e2e/processes.js';
import type { Answer } from '../http/api.js';
import { RoutesWorld, type Body } from './routes-world.js';

/* What a run repairs, with the worker that does it. */

let world: RoutesWorld;
beforeAll(async () => {
  world = await RoutesWorld.open();
});
afterAll(() => world.close());

describe('a hold that is left after its trade has ended', () => {
  let sword: string;
  const own = async (): Promise<Body> => world.must(200, 'GET', `/v1/item-instances/${sword}`, { key: world.arena });
  beforeAll(async () => {
    await world.must(201, 'PUT', '/v1/items/sword', { key: world.arena, body: { name: 'Sword' } });
    const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
      world.api.send('POST', path, {
        key: world.arena,
        body,
        headers: { 'idempotency-key': randomUUID(), ...headers },
      });
    const minted = await post('/v1/item-instances', { item: 'sword', owner: 'player:ben', reason: 'welcome' });
    sword = String((minted.body as Body)['id']);
    const trade = await post(
      '/v1/trades',
      {
        parties: [
          { player: 'ann', gives: { amounts: [{ asset: 'gold', amount: '10' }] } },
          { player: 'ben', gives: { items: [sword] } },
        ],
      },
      { prefer: 'wait=20' },
    );
    expect(trade.body).toMatchObject({ state: 'settled' });
    const id = String((trade.body as Body)['id']);
    // As if the last step of its saga had never been, an hour ago.
    await world.damage(
      `update trades.trades set created_at = now() - interval '1 hour', closed_at = now() - interval '1 hour'
         where id = '${id.slice(4)}';
       update inventory.holds set state = 'held' where exchange = '${id}';
       delete from inventory.movements where cause = '${id}' and kind = 'move';
       update inventory.instances set state = 'held', owner = 'player:ben', version = 2, hold_exchange = '${id}'
         where id = '${sword.slice(4)}'`,
    );
  });

  test('is listed by a run that only plans, which leaves it as it is', async () => {
    const planned = await world.run(world.arena, 'full', 'plan');
    expect(planned['repairs']).toMatchObject([{ type: 12, action: 'redrive', state: 'planned' }]);
    expect(await own()).toMatchObject({ owner: 'player:ben', state: 'held' });
  });

  test('is ended by its saga, which a run starts again, and the next run clears the case', async () => {
    const made = await world.run(world.arena);
    const story = (): Promise<Body> =>
      world.must(200, 'GET', `/v1/reconciliations/${String(made['id'])}`, { key: world.arena });
    await until('the repair is made', async () => JSON.stringify((await story())['repairs']).includes('"made"'));
    await until('the sword is where it belongs', async () => (await own())['owner'] === 'player:ann');
    expect(await world.run(world.arena)).toMatchObject({ verdict: 'RECONCILED', repairs: [] });
  });
});
