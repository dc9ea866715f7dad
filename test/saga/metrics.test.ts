import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newId } from '../../src/ids.js';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import type { Party } from '../../src/trades/trades.types.js';
import type { Exchange } from '../../contracts/nouns.js';
import { allowBadOnes, refuseFor } from '../convoys/bad-steps.js';
import { acceptTrades } from '../convoys/convoy-samples.js';
import { until } from '../e2e/processes.js';
import { counts, sums, valuesOf } from '../http/metric-values.js';
import { SagaWorld, gives, title, type StepName } from './saga-world.js';

/*
 * The metrics of trades and of steps, with every label that they can have: what happens is brought about and counted by
 * hand, and the metrics must say that and nothing else.
 */

let world: SagaWorld;
beforeAll(async () => {
  world = await SagaWorld.open({ environment: { STUCK_AFTER_SECONDS: '1' } });
  await world.defineGoods();
});
afterAll(() => world.close());

const act = { operator: 'olga', reason: 'It is night.' };

interface Outcome {
  /** The state and the reason of the trade. */
  state: 'settled' | 'refused' | 'compensated';
  reason: string;
  /** How many come to it. */
  count: number;
  parties: (pair: { buyer: string; seller: string; sword: string }) => Promise<[Party, Party]> | [Party, Party];
  /** What is done to its saga, which stands at a step that fails. */
  steered?: (exchange: Exchange) => Promise<unknown>;
}

const compensate = (exchange: Exchange): Promise<unknown> =>
  world.client.workflow.getHandle(`trade/${exchange.id}`).executeUpdate('compensate', { args: [act] });
const sword =
  (gold: string): Outcome['parties'] =>
  ({ buyer, seller, sword: item }) => [gives(buyer, { gold }), gives(seller, {}, [item])];
const burn = async (instance: string): Promise<void> =>
  void (await world.inventory.burn([{ title, key: randomUUID(), fingerprint: '', instance, reason: 'test' }]));

const outcomes: Outcome[] = [
  { state: 'settled', reason: '', count: 3, parties: sword('60') },
  { state: 'refused', reason: 'insufficient-funds', count: 2, parties: sword('101') },
  {
    state: 'refused',
    reason: 'asset-not-tradeable',
    count: 1,
    parties: async (pair) => (
      await world.grant(pair.buyer, 'bound', 9n),
      [gives(pair.buyer, { bound: '1' }), gives(pair.seller, {}, [pair.sword])]
    ),
  },
  {
    state: 'refused',
    reason: 'unknown-asset',
    count: 1,
    parties: ({ buyer, seller, sword: item }) => [gives(buyer, { nothing: '1' }), gives(seller, {}, [item])],
  },
  {
    state: 'refused',
    reason: 'account-frozen',
    count: 2,
    parties: async (pair) => (await freeze(pair.buyer), sword('1')(pair)),
  },
  {
    state: 'refused',
    reason: 'account-closed',
    count: 1,
    parties: async (pair) => (await close('leaver'), sword('1')({ ...pair, buyer: 'leaver' })),
  },
  {
    state: 'refused',
    reason: 'balance-limit-exceeded',
    count: 1,
    parties: async ({ buyer, seller, sword: item }) => (
      await world.grant(buyer, 'gems', 10n),
      await world.session.query(`update ledger.assets set max_balance = 5 where code = 'gems'`),
      [gives(buyer, { gems: '6' }), gives(seller, {}, [item])]
    ),
  },
  {
    state: 'refused',
    reason: 'item-not-owned',
    count: 2,
    parties: ({ buyer, sword: item }) => [gives(buyer, { gold: '1' }), gives('stranger', {}, [item])],
  },
  {
    state: 'refused',
    reason: 'item-not-found',
    count: 1,
    parties: ({ buyer, seller }) => [gives(buyer, { gold: '1' }), gives(seller, {}, [newId('ins')])],
  },
  {
    state: 'refused',
    reason: 'item-burned',
    count: 1,
    parties: async (pair) => (await burn(pair.sword), sword('1')(pair)),
  },
  {
    state: 'refused',
    reason: 'item-not-tradeable',
    count: 3,
    parties: async ({ buyer, seller }) => [
      gives(buyer, { gold: '1' }),
      gives(seller, {}, [await world.mint(seller, 'relic')]),
    ],
  },
  {
    state: 'refused',
    reason: 'item-held',
    count: 1,
    parties: async (pair) => (await setAside(pair), sword('1')(pair)),
  },
  { state: 'compensated', reason: 'compensated-by-operator', count: 2, parties: sword('1'), steered: compensate },
  {
    state: 'compensated',
    reason: 'compensated-by-operator',
    count: 1,
    parties: sword('1'),
    steered: ({ id }) => world.client.workflow.getHandle(`trade/${id}`).cancel(),
  },
];

const freeze = (player: string): Promise<unknown> =>
  world.session.query(`update ledger.accounts set state = 'frozen' where owner = $1`, [`player:${player}`]);
/** Closes the account of a player who never had anything. */
const close = (player: string): Promise<unknown> =>
  world.session.query(
    `insert into ledger.accounts (title, owner, asset, min_available, state) values ($1, $2, 'gold', 0, 'closed')`,
    [title, `player:${player}`],
  );

/** Has an instance held by another exchange. */
async function setAside({
  buyer,
  seller,
  sword: instance,
}: {
  buyer: string;
  seller: string;
  sword: string;
}): Promise<void> {
  await world.inventory.hold([
    { exchange: newId('trd'), title, moves: [{ instance, from: `player:${seller}`, to: `player:${buyer}` }] },
  ]);
}

const sumBy = <T>(list: readonly T[], label: (one: T) => string, value: (one: T) => number): Record<string, number> => {
  const sum: Record<string, number> = {};
  for (const one of list) sum[label(one)] = (sum[label(one)] ?? 0) + value(one);
  return sum;
};

test('the outcomes of trades are counted by state and reason, and their seconds by state', async () => {
  await world.defineAsset('gems');
  for (const { count, parties, steered } of outcomes) {
    for (let made = 0; made < count; made++) {
      const exchange = exchangeOf(await world.accept(...(await parties(await world.pair()))));
      const workflowId = `trade/${exchange.id}`;
      world.before = (step) =>
        steered !== undefined && step === 'ledgerTransfer' ? Promise.reject(new Error('not now')) : Promise.resolve();
      await world.starter.start([exchange], workflowId);
      if (steered !== undefined) {
        await until('it is at its transfer', () => Promise.resolve((world.calls.get('ledgerTransfer') ?? 0) > 1));
        await steered(exchange);
      }
      await world.client.workflow.getHandle(workflowId).result();
      world.calls.clear();
    }
  }
  world.reset();
  expect(await valuesOf(world.registry, 'veltrix_deal_outcomes_total')).toEqual(
    sumBy(
      outcomes,
      ({ state, reason }) => `kind=trade reason=${reason} state=${state}`,
      ({ count }) => count,
    ),
  );
  expect(await counts(world.registry, 'veltrix_deal_seconds')).toEqual(
    sumBy(
      outcomes,
      ({ state }) => `kind=trade state=${state}`,
      ({ count }) => count,
    ),
  );
  const { rows } = await world.session.query<{ state: string; seconds: number }>(
    `select state, sum(extract(epoch from closed_at - created_at))::float8 as seconds
     from trades.trades group by state`,
  );
  const seconds = await sums(world.registry, 'veltrix_deal_seconds');
  for (const row of rows) expect(seconds[`kind=trade state=${row.state}`]).toBeCloseTo(row.seconds, 3);
  // One that is closed again is not counted again.
  const [closed] = (
    await world.session.query<{ id: string }>(`select 'trd_' || id as id from trades.trades where state = 'settled'`)
  ).rows;
  await world.trades.close([{ id: closed?.id ?? '', state: 'settled' }]);
  expect((await valuesOf(world.registry, 'veltrix_deal_outcomes_total'))['kind=trade reason= state=settled']).toBe(3);
});

const allSteps: StepName[] = [
  'inventoryHold',
  'ledgerTransfer',
  'inventoryMove',
  'closeTrades',
  'ledgerCancel',
  'inventoryRelease',
  'markTrades',
  'noteSaga',
  'startAlone',
  'ledgerKept',
  'inventoryKept',
  'inventoryEndByHand',
];

test('the attempts at steps are timed by step and by whether they answered', async () => {
  await allowBadOnes(world);
  // How often each step is yet to fail.
  const left = new Map<StepName, number>();
  const fail = (times: Partial<Record<StepName, number>>): void =>
    Object.entries(times).forEach(([step, count]) => left.set(step as StepName, count));
  world.before = (step) => {
    const times = left.get(step) ?? 0;
    left.set(step, times - 1);
    return times > 0 ? Promise.reject(new Error('not now')) : Promise.resolve();
  };
  const begin = async (parties: Outcome['parties']): Promise<Exchange> => {
    const exchange = exchangeOf(await world.accept(...(await parties(await world.pair()))));
    await world.starter.start([exchange], `trade/${exchange.id}`);
    return exchange;
  };
  const run = ({ id }: Exchange) => world.client.workflow.getHandle(`trade/${id}`);
  const steer = (exchange: Exchange, name: string): Promise<unknown> =>
    run(exchange)
      .executeUpdate(name, { args: [act] })
      .catch(() => undefined);
  const untilStuck = (exchange: Exchange): Promise<void> =>
    until('it is stuck', async () => (await world.row(exchange.id)).state === 'stuck');

  fail({ inventoryHold: 2, ledgerTransfer: 1, inventoryMove: 2, closeTrades: 1 });
  await run(await begin(sword('1'))).result();
  fail({ inventoryRelease: 2 });
  await run(await begin(sword('101'))).result();
  fail({ ledgerTransfer: Infinity, ledgerCancel: 2, noteSaga: 2, markTrades: 1 });
  const turned = await begin(sword('1'));
  await untilStuck(turned);
  await steer(turned, 'compensate');
  await run(turned).result();
  fail({ ledgerTransfer: 0, inventoryMove: Infinity, ledgerKept: 3, inventoryEndByHand: 1 });
  const byHand = await begin(sword('1'));
  await untilStuck(byHand);
  for (let time = 0; time < 2; time++) await steer(byHand, 'resolve');
  await run(byHand).result();
  const items = await begin(({ buyer, seller, sword: item }) => [gives(buyer), gives(seller, {}, [item])]);
  await untilStuck(items);
  fail({ inventoryKept: 1 });
  await steer(items, 'resolve');
  fail({ inventoryMove: 0, startAlone: 1 });
  await steer(items, 'compensate');
  await run(items).result();
  const convoy = await acceptTrades(world, 3);
  const cure = await refuseFor(world, 'hold', convoy[1] as Exchange);
  await world.settle(convoy, `convoy/${convoy[0]?.id}`);
  await cure();
  await until(
    'it has a run of its own',
    async () =>
      (await run(convoy[1] as Exchange)
        .describe()
        .catch(() => undefined)) !== undefined,
  );
  await run(convoy[1] as Exchange).result();

  const told = await counts(world.registry, 'veltrix_step_seconds');
  const labels = (step: string, result: string): string => `result=${result} step=${step}`;
  expect(told).toEqual(
    Object.fromEntries(
      [...world.attempts].map(([attempt, count]) => [labels(...(attempt.split(' ') as [string, string])), count]),
    ),
  );
  expect(Object.keys(told).sort()).toEqual(
    allSteps.flatMap((step) => [labels(step, 'answered'), labels(step, 'failed')]).sort(),
  );
  expect([
    told[labels('ledgerCancel', 'failed')],
    told[labels('inventoryRelease', 'failed')],
    told[labels('ledgerKept', 'failed')],
    told[labels('startAlone', 'failed')],
  ]).toEqual([2, 2, 3, 1]);
});
