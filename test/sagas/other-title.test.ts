import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openApi, type Answer, type Api } from '../http/api.js';
import { exchange, seed } from '../http/apart/seed.js';
import { Installation, type World } from '../http/apart/world.js';
import { second } from './samples.js';

/*
 * A deal's id is of one title only, so what is kept under it is the title's by the id alone, unless something was
 * written under another title by mistake. Nobody may be shown that.
 */
let api: Api;
let north: World;
let south: World;
beforeAll(async () => {
  api = await openApi({ env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
  const installation = new Installation(api);
  north = await installation.makeWorld('north', 1);
  south = await installation.makeWorld('south', 7);
  await Promise.all([north, south].map(seed));
});
afterAll(() => api.close());

/** The saga, and the list of all, as a title is answered. */
async function shown(world: World, id: string): Promise<[unknown, unknown]> {
  const answers: Answer[] = [
    await world.send('GET', `/v1/sagas/${id}`),
    await world.send('GET', '/v1/sagas?limit=100'),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  return [answers[0]?.body, answers[1]?.body];
}

test('what was kept of a saga under another title is shown to nobody', async () => {
  const { id } = north.trades.find(({ state }) => state === 'accepted') ?? { id: '' };
  const before = await shown(north, id);
  await exchange(south, id, id);
  await api.session.query(
    `insert into sagas.timeline (saga, run_id, number, title, workflow_id, at, state, why)
     values ($1, 'run-9', 1, 'south', 'w', $2, 'stuck', 'the reasons of south')`,
    [id, second(1)],
  );
  await api.session.query(
    `insert into sagas.sagas (id, title, kind, players, state, why, workflow_id, run_id, number, alone, noted_at)
     values ($1, 'south', 'trade', '{ann}', 'stuck', 'the reasons of south', 'w', 'run-9', 1, true, now())`,
    [id],
  );
  expect(await shown(north, id)).toEqual(before);
  expect(JSON.stringify((await south.send('GET', '/v1/sagas?limit=100')).body)).not.toContain(id);
});
