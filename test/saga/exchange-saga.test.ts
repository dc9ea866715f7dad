import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import type { Party } from '../../src/trades/trades.types.js';
import { gives, type SagaWorld, title, type StepName } from './saga-world.js';
import { openForTests } from './test-world.js';

let world: SagaWorld;
openForTests((opened) => void (world = opened));

describe('a trade that can be settled', () => {
  const forward: StepName[] = ['inventoryHold', 'ledgerTransfer', 'inventoryMove', 'closeTrades'];

  test.each([undefined, ...forward])('settles once although the answer of %s is lost twice', async (step) => {
    const { buyer, seller: from, sword } = await world.pair();
    if (step !== undefined) world.failAfter.set(step, 2);
    const { exchange, closing } = await world.trade(gives(buyer, { gold: '60' }), gives(from, {}, [sword]));
    expect(closing).toEqual({ id: exchange.id, state: 'settled', closedAt: expect.any(String) });
    expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
    expect(await world.balance(buyer, 'gold')).toBe(40n);
    expect(await world.balance(from, 'gold')).toBe(60n);
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${buyer}`, state: 'owned' });
    expect(await world.facts(exchange.id)).toEqual(['trade.accepted', 'trade.settled']);
    if (step !== undefined) expect(world.calls.get(step)).toBe(3);
  });

  test('of legs alone asks only the ledger', async () => {
    const { buyer, seller: from } = await world.pair();
    const { exchange } = await world.trade(gives(buyer, { gold: '1' }), gives(from));
    expect(await world.row(exchange.id)).toMatchObject({ state: 'settled' });
    expect([...world.calls.keys()].sort()).toEqual(['closeTrades', 'ledgerTransfer']);
  });

  test('of items alone asks only the inventory', async () => {
    const { buyer, seller: from, sword } = await world.pair();
    const { exchange } = await world.trade(gives(buyer), gives(from, {}, [sword]));
    expect(await world.row(exchange.id)).toMatchObject({ state: 'settled' });
    expect([...world.calls.keys()].sort()).toEqual(['closeTrades', 'inventoryHold', 'inventoryMove']);
  });
});

describe('a trade that is refused', () => {
  test.each<StepName | undefined>([undefined, 'inventoryHold', 'ledgerTransfer', 'inventoryRelease', 'closeTrades'])(
    'for funds gives the item back once although the answer of %s is lost',
    async (step) => {
      const { buyer, seller: from, sword } = await world.pair();
      if (step !== undefined) world.failAfter.set(step, 1);
      const { exchange, closing } = await world.trade(gives(buyer, { gold: '101' }), gives(from, {}, [sword]));
      expect(closing).toMatchObject({ state: 'refused', cause: { code: 'insufficient-funds' } });
      expect(await world.row(exchange.id)).toEqual({ state: 'refused', reason_code: 'insufficient-funds' });
      expect(await world.balance(buyer, 'gold')).toBe(100n);
      expect(await world.ownerOf(sword)).toEqual({ owner: `player:${from}`, state: 'owned' });
      expect(await world.facts(exchange.id)).toEqual(['trade.accepted', 'trade.refused']);
    },
  );

  test('by the inventory never asks the ledger', async () => {
    const { buyer, seller: from, sword } = await world.pair();
    const { exchange } = await world.trade(gives(from, { gold: '1' }), gives(buyer, {}, [sword]));
    expect(await world.row(exchange.id)).toEqual({ state: 'refused', reason_code: 'item-not-owned' });
    expect(world.calls.has('ledgerTransfer')).toBe(false);
  });

  test.each<[code: string, make: (names: { buyer: string; seller: string; sword: string }) => Promise<[Party, Party]>]>(
    [
      [
        'item-not-found',
        ({ buyer, seller: from }) =>
          Promise.resolve([gives(buyer), gives(from, {}, ['ins_0198c0de-7a11-7000-8000-000000000001'])]),
      ],
      [
        'item-not-tradeable',
        async ({ buyer, seller: from }) => [gives(buyer), gives(from, {}, [await world.mint(from, 'relic')])],
      ],
      [
        'asset-not-tradeable',
        async ({ buyer, seller: from }) => (
          await world.grant(buyer, 'bound', 5n),
          [gives(buyer, { bound: '5' }), gives(from)]
        ),
      ],
      ['unknown-asset', ({ buyer, seller: from }) => Promise.resolve([gives(buyer, { silver: '5' }), gives(from)])],
      [
        'account-frozen',
        async ({ buyer, seller: from }) => {
          await world.session.query(`update ledger.accounts set state = 'frozen' where owner = $1`, [
            `player:${buyer}`,
          ]);
          return [gives(buyer, { gold: '5' }), gives(from)];
        },
      ],
      [
        'item-burned',
        async ({ buyer, seller: from, sword }) => {
          await world.inventory.burn([
            { title, key: `burn/${sword}`, fingerprint: '', instance: sword, reason: 'test' },
          ]);
          return [gives(buyer), gives(from, {}, [sword])];
        },
      ],
      [
        'item-held',
        async ({ buyer, seller: from, sword }) => {
          const other = exchangeOf(await world.accept(gives(buyer), gives(from, {}, [sword])));
          await world.inventory.hold([{ exchange: other.id, title, moves: other.moves }]);
          return [gives(buyer), gives(from, {}, [sword])];
        },
      ],
    ],
  )('says %s', async (code, make) => {
    const { exchange } = await world.trade(...(await make(await world.pair())));
    expect(await world.row(exchange.id)).toEqual({ state: 'refused', reason_code: code });
    // The hold that a test made by hand ends by its own saga, as every hold does.
    const { rows } = await world.session.query<{ exchange: string }>(
      `select exchange from inventory.holds where state = 'held'`,
    );
    await world.inventory.release(
      rows.map((row) => ({
        exchange: row.exchange,
        title,
        cause: { code: 'compensated-by-operator', detail: 'test' },
      })),
    );
  });
});

describe('a service that does not answer', () => {
  const outage = Object.assign(new Error('timeout'), { code: '57014' });
  const services: Record<string, () => jest.SpiedFunction<() => Promise<unknown>>> = {
    'inventory.hold': () => jest.spyOn(world.inventory, 'hold') as never,
    'ledger.transfer': () => jest.spyOn(world.ledger, 'transfer') as never,
    'inventory.move': () => jest.spyOn(world.inventory, 'move') as never,
    'trades.close': () => jest.spyOn(world.trades, 'close') as never,
  };
  afterEach(() => void jest.restoreAllMocks());

  test.each(Object.keys(services))('is asked again and not taken for one that refuses: %s', async (name) => {
    const { buyer, seller: from, sword } = await world.pair();
    const spy = services[name]?.().mockRejectedValueOnce(outage).mockRejectedValueOnce(outage);
    const { exchange } = await world.trade(gives(buyer, { gold: '60' }), gives(from, {}, [sword]));
    expect(spy).toHaveBeenCalledTimes(3);
    expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${buyer}`, state: 'owned' });
  });
});

test('of a list, the refused are closed with their reasons while the rest settle', async () => {
  const { buyer, seller: from, sword } = await world.pair();
  const poor = exchangeOf(await world.accept(gives(buyer, { gold: '1000' }), gives(from)));
  const good = exchangeOf(await world.accept(gives(buyer, { gold: '10' }), gives(from, {}, [sword])));
  const wrong = exchangeOf(await world.accept(gives(buyer, {}, [await world.mint('somebody')]), gives(from)));
  const last = exchangeOf(await world.accept(gives(buyer, { gold: '5' }), gives(from)));
  const closings = await world.settle([poor, good, wrong, last]);
  expect(closings.map(({ id, state }) => [id, state])).toEqual([
    [poor.id, 'refused'],
    [good.id, 'settled'],
    [wrong.id, 'refused'],
    [last.id, 'settled'],
  ]);
  expect(await world.balance(buyer, 'gold')).toBe(85n);
  expect(world.calls.get('ledgerTransfer')).toBe(1);
});

test('two runs of one exchange come to one end', async () => {
  const { buyer, seller: from, sword } = await world.pair();
  const exchange = exchangeOf(await world.accept(gives(buyer, { gold: '60' }), gives(from, {}, [sword])));
  const runs = await Promise.all([
    world.settle([exchange]),
    world.settle([exchange], `trade/second-run-of-${exchange.id}`),
  ]);
  expect(runs[0]).toEqual(runs[1]);
  expect(await world.balance(buyer, 'gold')).toBe(40n);
  expect(await world.facts(exchange.id)).toEqual(['trade.accepted', 'trade.settled']);
});

test('a run that starts after the close changes nothing', async () => {
  const { buyer, seller: from, sword } = await world.pair();
  const { exchange } = await world.trade(gives(buyer, { gold: '60' }), gives(from, {}, [sword]));
  await world.settle([exchange], `trade/late-run-of-${exchange.id}`);
  expect(await world.balance(buyer, 'gold')).toBe(40n);
  expect(await world.facts(exchange.id)).toEqual(['trade.accepted', 'trade.settled']);
});

test('a trade that is closed stays as it is, however it is closed again', async () => {
  const { buyer, seller: from } = await world.pair();
  const { exchange, closing } = await world.trade(gives(buyer, { gold: '60' }), gives(from));
  const cause = { code: 'insufficient-funds', detail: 'It is not so.' };
  const [again] = await world.trades.close([{ id: exchange.id, state: 'refused', cause }]);
  expect(again).toEqual({ id: exchange.id, closedAt: closing?.closedAt });
  expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
  expect(await world.facts(exchange.id)).toEqual(['trade.accepted', 'trade.settled']);
});

test('closing a trade that does not exist fails aloud', async () => {
  await expect(
    world.trades.close([{ id: 'trd_0198c0de-7a11-7000-8000-000000000009', state: 'settled' }]),
  ).rejects.toThrow('There is no trade');
});
