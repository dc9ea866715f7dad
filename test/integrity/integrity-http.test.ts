import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { integrity } from '../../src/integrity/integrity.shapes.js';
import { expectProblem } from '../http/api.js';
import { openBooks, type BooksWorld } from './books-world.js';

/* What a title is told of its books that hold. */

let world: BooksWorld;
const dayMs = 86_400_000;
/** Midnight in UTC, so many days from the one on which the totals were written. */
let midnight: (days: number) => string;

beforeAll(async () => {
  world = await openBooks();
  await world.transfer('welcome', 'system:mint player:ann 100', 'system:mint player:bob 50');
  await world.transfer('welcome', 'system:mint player:cid 7');
  await world.transfer('quest', 'system:mint player:ann 3', 'system:mint player:ann 9 gems');
  await world.transfer('gift', 'player:ann player:bob 20');
  await world.transfer('repair', 'player:bob system:mint 15');
  const mistake = await world.transfer('quest', 'system:mint player:bob 5');
  await world.post(`/v1/transfers/${mistake}/reversal`, { reason: 'mistake' });
  const sword = await world.mint('sword', 'player:ann');
  await world.mint('sword', 'player:bob');
  await world.mint('crown', 'player:bob');
  await world.post(`/v1/item-instances/${sword}/burn`, { reason: 'broken' });
  const { rows } = await world.api.session.query<{ day: string }>(
    'select max(day)::text as day from ledger.mint_totals',
  );
  midnight = (days) => new Date(new Date(`${rows[0]?.day}T00:00:00Z`).getTime() + days * dayMs).toISOString();
});
afterAll(() => world.close());

const gold = {
  asset: 'gold',
  holds: true,
  supply: '145',
  sum: '0',
  faucets: [
    { reason: 'welcome', amount: '157' },
    { reason: 'quest', amount: '8' },
  ],
  sinks: [
    { reason: 'repair', amount: '15' },
    { reason: 'mistake', amount: '5' },
  ],
  breaks: [],
};
const gems = {
  asset: 'gems',
  holds: true,
  supply: '9',
  sum: '0',
  faucets: [{ reason: 'quest', amount: '9' }],
  sinks: [],
  breaks: [],
};
const crown = { item: 'crown', holds: true, minted: '1', burned: '0', owned: '1', held: '0', breaks: [] };
const sword = { item: 'sword', holds: true, minted: '2', burned: '1', owned: '1', held: '0', breaks: [] };

it('tells supply, faucets and sinks of each asset and the instances of each item, newest first', async () => {
  const before = Date.now();
  const report = integrity.parse(await world.report());
  expect(report).toMatchObject({ holds: true, assets: [gems, gold], items: [crown, sword], next: null });
  const { ledger = '', inventory = '' } = report.snapshots;
  for (const moment of [ledger, inventory]) {
    expect(new Date(moment).getTime()).toBeGreaterThan(before - 1_000);
    expect(new Date(moment).getTime()).toBeLessThan(Date.now() + 1_000);
  }
  expect(report.at).toBe([ledger, inventory].sort()[1]);
});

it('holds in a title that has nothing', async () => {
  const { body } = await world.api.send('GET', '/v1/integrity', { key: await world.api.makeTitle('empty') });
  expect(body).toMatchObject({ holds: true, assets: [], items: [], next: null });
});

it.each<[string, object]>([
  ['?asset=gold', { assets: [gold], items: [] }],
  ['?item=sword', { assets: [], items: [sword] }],
  ['?asset=gems&item=crown', { assets: [gems], items: [crown] }],
  ['?asset=dust', { assets: [], items: [] }],
])('%s is what is named alone', async (query, told) => {
  expect(await world.report(query)).toMatchObject({ holds: true, next: null, ...told });
});

it('asks no boundary of which nothing is named', async () => {
  expect(Object.keys((await world.report('?item=sword')).snapshots)).toEqual(['inventory']);
  expect(Object.keys((await world.report('?asset=gold')).snapshots)).toEqual(['ledger']);
});

it.each([1, 2, 3, 4])('pages of %d have the assets and then the items, each once', async (limit) => {
  const found: string[] = [];
  const sizes: number[] = [];
  for (let cursor = ''; ;) {
    const { assets, items, next, holds } = await world.report(`?limit=${limit}${cursor}`);
    expect(holds).toBe(true);
    found.push(...assets.map(({ asset }) => asset), ...items.map(({ item }) => item));
    for (const one of assets) expect(one).toEqual(one.asset === 'gold' ? gold : gems);
    sizes.push(assets.length + items.length);
    if (next === null) break;
    cursor = `&cursor=${next}`;
  }
  expect(found).toEqual(['gems', 'gold', 'crown', 'sword']);
  expect(sizes.slice(0, -1).every((size) => size === limit)).toBe(true);
});

describe('the period', () => {
  it('has the days from its first to before its last, and changes neither supply nor what holds', async () => {
    const flows = async (from: number | undefined, to: number | undefined): Promise<unknown[]> => {
      const query = new URLSearchParams({
        asset: 'gold',
        ...(from !== undefined && { from: midnight(from) }),
        ...(to !== undefined && { to: midnight(to) }),
      });
      const { assets } = await world.report(`?${query.toString()}`);
      expect(assets).toMatchObject([{ supply: '145', sum: '0', holds: true }]);
      return assets.map(({ faucets, sinks }) => [faucets, sinks]);
    };
    const [whole, nothing] = [[[gold.faucets, gold.sinks]], [[[], []]]];
    expect(await flows(0, undefined)).toEqual(whole);
    expect(await flows(0, 1)).toEqual(whole);
    expect(await flows(undefined, 1)).toEqual(whole);
    expect(await flows(undefined, 0)).toEqual(nothing);
    expect(await flows(1, undefined)).toEqual(nothing);
    expect(await flows(-3, 0)).toEqual(nothing);
    await world.damage(`update ledger.mint_totals set day = day - 2 where reason in ('quest', 'repair')`);
    expect(await flows(-2, -1)).toEqual([[[{ reason: 'quest', amount: '8' }], [{ reason: 'repair', amount: '15' }]]]);
    expect(await flows(-1, undefined)).toEqual([
      [[{ reason: 'welcome', amount: '157' }], [{ reason: 'mistake', amount: '5' }]],
    ]);
    expect(await flows(-2, undefined)).toEqual(whole);
    await world.damage(`update ledger.mint_totals set day = day + 2 where reason in ('quest', 'repair')`);
  });

  it.each([
    ['from', '2026-02-03T00:00:01Z'],
    ['from', '2026-02-03T12:00:00Z'],
    ['to', '2026-02-03T00:00:00+01:00'],
    ['to', '2026-02-30T00:00:00Z'],
    ['to', '2026-02-03'],
    ['from', ''],
  ])('%s is refused as %s', async (name, value) => {
    const query = new URLSearchParams({ [name]: value });
    const answer = await world.api.send('GET', `/v1/integrity?${query.toString()}`, { key: world.key });
    expectProblem(answer, 400, 'validation-failed');
  });

  it('is refused where it ends before it begins, and goes by the zone', async () => {
    const ask = (from: string, to: string) =>
      world.api.send('GET', `/v1/integrity?${new URLSearchParams({ from, to }).toString()}`, { key: world.key });
    const moment = '2026-02-03T00:00:00Z';
    expectProblem(await ask(moment, moment), 400, 'validation-failed');
    expect((await ask('2026-02-03T01:00:00+01:00', '0000-01-01T00:00:00Z')).status).toBe(400);
    expect((await ask('0000-01-01T00:00:00Z', '2026-02-03T01:00:00+01:00')).status).toBe(200);
    expect((await ask('2026-02-02T00:00:00Z', '9999-12-31T00:00:00Z')).status).toBe(200);
  });
});
