import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import type { Party } from '../../src/trades/trades.types.js';
import { compensateUpdate, type Closing, type Exchange, type OperatorAct } from '../../workflows/contracts.js';
import { SagaWorld, title, type StepName } from './saga-world.js';

const gives = (player: string, amounts: Record<string, string> = {}, items: string[] = []): Party => ({
  player,
  gives: { amounts: Object.entries(amounts).map(([asset, amount]) => ({ asset, amount })), items },
});

let world: SagaWorld;
let seller = 0;

beforeAll(async () => {
  world = await SagaWorld.open();
  await world.defineAsset('gold');
  await world.defineAsset('bound', false);
  await world.defineItem('sword');
  await world.defineItem('relic', false);
});
afterAll(async () => {
  const imbalance = await world.imbalance();
  await world.close();
  expect(imbalance).toEqual({ sums: [], openHolds: 0 });
});
beforeEach(() => {
  world.calls.clear();
  world.failAfter.clear();
  world.before = () => Promise.resolve();
  seller += 1;
});

/** A buyer with 100 gold and a seller with a sword, new for each test. */
async function pair(): Promise<{ buyer: string; seller: string; sword: string }> {
  const names = { buyer: `buyer-${seller}`, seller: `seller-${seller}` };
  await world.grant(names.buyer, 'gold', 100n);
  return { ...names, sword: await world.mint(names.seller) };
}

describe('a trade that can be settled', () => {
  const forward: StepName[] = ['inventoryHold', 'ledgerTransfer', 'inventoryMove', 'closeTrades'];

  test.each([undefined, ...forward])('settles once although the answer of %s is lost twice', async (step) => {
    const { buyer, seller: from, sword } = await pair();
    if (step !== undefined) world.failAfter.set(step, 2);
    const { exchange, closing } = await world.trade(gives(buyer, { gold: '60' }), gives(from, {}, [sword]));
    expect(closing).toEqual({ id: exchange.id, title, state: 'settled' });
    expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
    expect(await world.balance(buyer, 'gold')).toBe(40n);
    expect(await world.balance(from, 'gold')).toBe(60n);
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${buyer}`, state: 'owned' });
    expect(await world.facts(exchange.id)).toEqual(['trade.accepted', 'trade.settled']);
    if (step !== undefined) expect(world.calls.get(step)).toBe(3);
  });

  test('of legs alone asks only the ledger', async () => {
    const { buyer, seller: from } = await pair();
    const { exchange } = await world.trade(gives(buyer, { gold: '1' }), gives(from));
    expect(await world.row(exchange.id)).toMatchObject({ state: 'settled' });
    expect([...world.calls.keys()].sort()).toEqual(['closeTrades', 'ledgerTransfer']);
  });

  test('of items alone asks only the inventory', async () => {
    const { buyer, seller: from, sword } = await pair();
    const { exchange } = await world.trade(gives(buyer), gives(from, {}, [sword]));
    expect(await world.row(exchange.id)).toMatchObject({ state: 'settled' });
    expect([...world.calls.keys()].sort()).toEqual(['closeTrades', 'inventoryHold', 'inventoryMove']);
  });
});

describe('a trade that is refused', () => {
  test.each<StepName | undefined>([undefined, 'inventoryHold', 'ledgerTransfer', 'inventoryRelease', 'closeTrades'])(
    'for funds gives the item back once although the answer of %s is lost',
    async (step) => {
      const { buyer, seller: from, sword } = await pair();
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
    const { buyer, seller: from, sword } = await pair();
    const { exchange } = await world.trade(gives(from, { gold: '1' }), gives(buyer, {}, [sword]));
    expect(await world.row(exchange.id)).toEqual({ state: 'refused', reason_code: 'item-not-owned' });
    expect(world.calls.has('ledgerTransfer')).toBe(false);
  });

  test.each<[code: string, make: (names: { buyer: string; seller: string; sword: string }) => Promise<[Party, Party]>]>([
    ['item-not-found', ({ buyer, seller: from }) => Promise.resolve([gives(buyer), gives(from, {}, ['ins_0198c0de-7a11-7000-8000-000000000001'])])],
    ['item-not-tradeable', async ({ buyer, seller: from }) => [gives(buyer), gives(from, {}, [await world.mint(from, 'relic')])]],
    ['asset-not-tradeable', async ({ buyer, seller: from }) => (await world.grant(buyer, 'bound', 5n), [gives(buyer, { bound: '5' }), gives(from)])],
    ['unknown-asset', ({ buyer, seller: from }) => Promise.resolve([gives(buyer, { silver: '5' }), gives(from)])],
    [
      'account-frozen',
      async ({ buyer, seller: from }) => {
        await world.session.query(`update ledger.accounts set state = 'frozen' where owner = $1`, [`player:${buyer}`]);
        return [gives(buyer, { gold: '5' }), gives(from)];
      },
    ],
    [
      'item-burned',
      async ({ buyer, seller: from, sword }) => {
        await world.inventory.burn([{ title, key: `burn/${sword}`, fingerprint: '', instance: sword, reason: 'test' }]);
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
  ])('says %s', async (code, make) => {
    const { exchange } = await world.trade(...(await make(await pair())));
    expect(await world.row(exchange.id)).toEqual({ state: 'refused', reason_code: code });
    // The hold that a test made by hand ends by its own saga, as every hold does.
    const { rows } = await world.session.query<{ exchange: string }>(`select exchange from inventory.holds where state = 'held'`);
    await world.inventory.release(rows.map((row) => ({ exchange: `trd_${row.exchange}`, title, cause: { code: 'compensated-by-operator', detail: 'test' } })));
  });
});

test('of a list, the refused are closed with their reasons while the rest settle', async () => {
  const { buyer, seller: from, sword } = await pair();
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

describe('a workflow that is cancelled', () => {
  /** Starts a saga, waits until it is about to make a step, cancels it there, and lets the step run late. */
  async function cancelAt(step: StepName, a: Party, b: Party): Promise<string> {
    const exchange = exchangeOf(await world.accept(a, b));
    let reached: () => void = () => undefined;
    let go: () => void = () => undefined;
    const atStep = new Promise<void>((resolve) => (reached = resolve));
    const late = new Promise<void>((resolve) => (go = resolve));
    world.before = async (name) => {
      if (name !== step) return;
      reached();
      await late;
    };
    const running = world.settle([exchange]);
    await atStep;
    await world.client.workflow.getHandle(`trade/${exchange.id}`).cancel();
    await running;
    go();
    // The late attempt takes its effect now, if it has any.
    await new Promise((resolve) => setTimeout(resolve, 300));
    return exchange.id;
  }

  test.each<StepName>(['inventoryHold', 'ledgerTransfer'])('before the pivot gives everything back, and the late %s changes nothing', async (step) => {
    const { buyer, seller: from, sword } = await pair();
    const id = await cancelAt(step, gives(buyer, { gold: '60' }), gives(from, {}, [sword]));
    expect(await world.row(id)).toEqual({ state: 'compensated', reason_code: 'compensated-by-operator' });
    expect(await world.balance(buyer, 'gold')).toBe(100n);
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${from}`, state: 'owned' });
    expect(await world.facts(id)).toEqual(['trade.accepted', 'trade.compensated']);
  });

  test('after the pivot goes forward', async () => {
    const { buyer, seller: from, sword } = await pair();
    const exchange = exchangeOf(await world.accept(gives(buyer, { gold: '60' }), gives(from, {}, [sword])));
    let cancelled = false;
    world.before = async (name) => {
      if (name !== 'inventoryMove' || cancelled) return;
      cancelled = true;
      await world.client.workflow.getHandle(`trade/${exchange.id}`).cancel();
      throw new Error('the first attempt to move is lost');
    };
    await world.settle([exchange]);
    expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${buyer}`, state: 'owned' });
    expect(await world.balance(buyer, 'gold')).toBe(40n);
  });

  test('with items alone is turned back by its release', async () => {
    const { buyer, seller: from, sword } = await pair();
    const id = await cancelAt('inventoryMove', gives(buyer), gives(from, {}, [sword]));
    expect(await world.row(id)).toEqual({ state: 'compensated', reason_code: 'compensated-by-operator' });
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${from}`, state: 'owned' });
  });
});

describe('an operator who compensates', () => {
  const act: OperatorAct = { operator: 'olga', reason: 'The player asked for it.' };
  const cause = { code: 'compensated-by-operator', detail: 'olga: The player asked for it.' };
  const compensate = (exchange: Exchange, by: unknown = act): Promise<Closing> =>
    world.client.workflow.getHandle(`trade/${exchange.id}`).executeUpdate(compensateUpdate, { args: [by] });

  /** Starts a saga whose step fails for ever, and answers once it has failed. */
  async function failingAt(step: StepName, a: Party, b: Party, others: Exchange[] = []): Promise<{ exchange: Exchange; ended: Promise<Closing[]> }> {
    const exchange = exchangeOf(await world.accept(a, b));
    let reached: () => void = () => undefined;
    const failed = new Promise<void>((resolve) => (reached = resolve));
    world.before = (name) => {
      if (name !== step) return Promise.resolve();
      reached();
      return Promise.reject(new Error(`${step} cannot be made now`));
    };
    const ended = world.settle([exchange, ...others]);
    await failed;
    return { exchange, ended };
  }

  test.each<StepName>(['inventoryHold', 'ledgerTransfer'])('while %s fails for ever is told that everything was given back, and so it was', async (step) => {
    const { buyer, seller: from, sword } = await pair();
    const { exchange, ended } = await failingAt(step, gives(buyer, { gold: '60' }), gives(from, {}, [sword]));
    const closing = { id: exchange.id, title, state: 'compensated', cause };
    expect(await compensate(exchange)).toEqual(closing);
    expect(await ended).toEqual([closing]);
    expect(await world.row(exchange.id)).toEqual({ state: 'compensated', reason_code: 'compensated-by-operator' });
    expect(await world.balance(buyer, 'gold')).toBe(100n);
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${from}`, state: 'owned' });
    expect(await world.facts(exchange.id)).toEqual(['trade.accepted', 'trade.compensated']);
  });

  test('an exchange of items alone is told so after the release', async () => {
    const { buyer, seller: from, sword } = await pair();
    const { exchange, ended } = await failingAt('inventoryMove', gives(buyer), gives(from, {}, [sword]));
    expect(await compensate(exchange)).toMatchObject({ state: 'compensated', cause });
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${from}`, state: 'owned' });
    await ended;
  });

  test('after the pivot comes too late and is told that it is settled, before the move can be made', async () => {
    const { buyer, seller: from, sword } = await pair();
    const { exchange, ended } = await failingAt('inventoryMove', gives(buyer, { gold: '60' }), gives(from, {}, [sword]));
    expect(await compensate(exchange)).toEqual({ id: exchange.id, title, state: 'settled' });
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${from}`, state: 'held' });
    world.before = () => Promise.resolve();
    expect(await ended).toEqual([{ id: exchange.id, title, state: 'settled' }]);
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${buyer}`, state: 'owned' });
  });

  test('is told the refusal where the items were refused before', async () => {
    const { buyer, seller: from, sword } = await pair();
    const { exchange, ended } = await failingAt('closeTrades', gives(from, { gold: '1' }), gives(buyer, {}, [sword]));
    expect(await compensate(exchange)).toMatchObject({ state: 'refused', cause: { code: 'item-not-owned' } });
    world.before = () => Promise.resolve();
    await ended;
    expect(await world.row(exchange.id)).toEqual({ state: 'refused', reason_code: 'item-not-owned' });
  });

  test('at the same time as another is told what the other is', async () => {
    const { buyer, seller: from, sword } = await pair();
    const { exchange, ended } = await failingAt('ledgerTransfer', gives(buyer, { gold: '60' }), gives(from, {}, [sword]));
    const [first, second] = await Promise.all([compensate(exchange), compensate(exchange, { operator: 'oleg', reason: 'Too slow.' })]);
    expect(first).toMatchObject({ state: 'compensated' });
    expect(second).toEqual(first);
    await ended;
  });

  test.each([[null], [{ operator: 'olga' }], [{ operator: '', reason: 'x' }], [{ operator: 'olga', reason: 'a\u0000b' }], [{ operator: 7, reason: 'x' }]])(
    'as %j is refused, and the saga goes on',
    async (by) => {
      const { buyer, seller: from, sword } = await pair();
      const { exchange, ended } = await failingAt('ledgerTransfer', gives(buyer, { gold: '60' }), gives(from, {}, [sword]));
      await expect(compensate(exchange, by)).rejects.toMatchObject({ name: 'WorkflowUpdateFailedError' });
      world.before = () => Promise.resolve();
      expect(await ended).toMatchObject([{ state: 'settled' }]);
    },
  );

  test('is refused by a run that settles several', async () => {
    const { buyer, seller: from } = await pair();
    const other = exchangeOf(await world.accept(gives(buyer, { gold: '1' }), gives(from)));
    const { exchange, ended } = await failingAt('ledgerTransfer', gives(buyer, { gold: '2' }), gives(from), [other]);
    await expect(compensate(exchange)).rejects.toMatchObject({ name: 'WorkflowUpdateFailedError', cause: { message: expect.stringContaining('2 exchanges') } });
    world.before = () => Promise.resolve();
    expect(await ended).toMatchObject([{ state: 'settled' }, { state: 'settled' }]);
  });
});

test('two runs of one exchange come to one end', async () => {
  const { buyer, seller: from, sword } = await pair();
  const exchange = exchangeOf(await world.accept(gives(buyer, { gold: '60' }), gives(from, {}, [sword])));
  const runs = await Promise.all([world.settle([exchange]), world.settle([exchange], `trade/second-run-of-${exchange.id}`)]);
  expect(runs[0]).toEqual(runs[1]);
  expect(await world.balance(buyer, 'gold')).toBe(40n);
  expect(await world.facts(exchange.id)).toEqual(['trade.accepted', 'trade.settled']);
});

test('a run that starts after the close changes nothing', async () => {
  const { buyer, seller: from, sword } = await pair();
  const { exchange } = await world.trade(gives(buyer, { gold: '60' }), gives(from, {}, [sword]));
  await world.settle([exchange], `trade/late-run-of-${exchange.id}`);
  expect(await world.balance(buyer, 'gold')).toBe(40n);
  expect(await world.facts(exchange.id)).toEqual(['trade.accepted', 'trade.settled']);
});

test('closing a trade that does not exist fails aloud', async () => {
  await expect(world.trades.close([{ id: 'trd_0198c0de-7a11-7000-8000-000000000009', title, state: 'settled' }])).rejects.toThrow('There is no trade');
});
