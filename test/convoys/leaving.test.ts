import { describe, expect, test } from '@jest/globals';
import type { ClosedDeal } from '../../contracts/answers.js';
import type { Exchange } from '../../contracts/nouns.js';
import { until } from '../e2e/processes.js';
import type { SagaWorld, StepName } from '../saga/saga-world.js';
import { openForTests } from '../saga/test-world.js';
import { allowBadOnes, bad, refuseFor } from './bad-steps.js';
import { acceptTrades } from './convoy-samples.js';

/*
 * One bad element in a convoy of 256. The database refuses what a step writes for it, and for nothing else.
 */

let world: SagaWorld;
openForTests(async (opened) => {
  world = opened;
  await allowBadOnes(world);
});

/** Holds that the exchange has a run of its own in the Temporal UI, which says what it fails with. */
async function expectAlone({ id }: Exchange, step: StepName): Promise<void> {
  await until(`${id} stands alone at ${step}`, async () => {
    const described = await world.client.workflow
      .getHandle(`trade/${id}`)
      .describe()
      .catch(() => undefined);
    const [pending] = described?.raw.pendingActivities ?? [];
    return (
      described?.status.name === 'RUNNING' &&
      pending?.activityType?.name === step &&
      pending.lastFailure?.message?.includes('this one is bad') === true
    );
  });
  const { rows } = await world.session.query('select workflow_id, closed_at from trades.trades where id = $1', [
    id.slice(4),
  ]);
  expect(rows).toEqual([{ workflow_id: `trade/${id}`, closed_at: null }]);
}

const states = (closings: readonly ClosedDeal[]): Record<string, number> => {
  const counted: Record<string, number> = {};
  for (const { state } of closings) counted[state] = (counted[state] ?? 0) + 1;
  return counted;
};

/** The middle of the list, so that its halves are taken apart several times on both sides. */
const one = (exchanges: readonly Exchange[]): Exchange => exchanges[100] as Exchange;

describe('of 256 exchanges, one that can be neither done nor refused', () => {
  test.each(['hold', 'transfer', 'move', 'close'])('at %s leaves, and the others settle without it', async (name) => {
    const exchanges = await acceptTrades(world, 256);
    const cure = await refuseFor(world, name, one(exchanges));
    const closings = await world.settle(exchanges, `convoy/${exchanges[0]?.id}`);
    expect(states(closings)).toEqual({ settled: 255 });
    expect(closings.some(({ id }) => id === one(exchanges).id)).toBe(false);
    await expectAlone(one(exchanges), bad[name]?.step as StepName);
    await cure();
    await until('it settles', async () => (await world.row(one(exchanges).id)).state === 'settled');
    expect(await world.facts(one(exchanges).id)).toEqual(['trade.accepted', 'trade.settled']);
  });

  test('at the release of what was refused leaves, and the others are refused without it', async () => {
    const exchanges = await acceptTrades(world, 256, '101');
    const cure = await refuseFor(world, 'release', one(exchanges));
    expect(states(await world.settle(exchanges, `convoy/${exchanges[0]?.id}`))).toEqual({ refused: 255 });
    await expectAlone(one(exchanges), 'inventoryRelease');
    await cure();
    await until('it is refused', async () => (await world.row(one(exchanges).id)).state === 'refused');
  });

  test('at the cancel of a run that is turned back leaves, and the others are compensated without it', async () => {
    const exchanges = await acceptTrades(world, 256);
    const cure = await refuseFor(world, 'cancel', one(exchanges));
    const workflowId = `convoy/${exchanges[0]?.id}`;
    let reached: () => void = () => undefined;
    const atHold = new Promise<void>((resolve) => (reached = resolve));
    let go: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (go = resolve));
    world.before = async (step) => {
      if (step !== 'inventoryHold') return;
      reached();
      await late;
    };
    const ended = world.settle(exchanges, workflowId);
    await atHold;
    await world.client.workflow.getHandle(workflowId).cancel();
    expect(states(await ended)).toEqual({ compensated: 255 });
    go();
    // Its own run begins anew, and no undo of it has taken effect.
    await expectAlone(one(exchanges), 'ledgerTransfer');
    await cure();
    await until('it is closed', async () => (await world.row(one(exchanges).id)).state === 'settled');
  });
});

test('the only one that a step of a convoy is asked about leaves too, and its neighbours do not wait', async () => {
  const [both] = await acceptTrades(world, 1);
  const legs = (await acceptTrades(world, 3)).map((exchange) => ({ ...exchange, moves: [] }));
  const cure = await refuseFor(world, 'hold', both as Exchange);
  expect(states(await world.settle([both as Exchange, ...legs], `convoy/${both?.id}`))).toEqual({ settled: 3 });
  await expectAlone(both as Exchange, 'inventoryHold');
  await cure();
  await until('it settles', async () => (await world.row(both?.id ?? '')).state === 'settled');
});

/** How many of how many are bad, and where. */
const crowds: [bad: number, of: number, where: 'at the head' | 'in between'][] = [
  [15, 40, 'at the head'],
  [16, 40, 'at the head'],
  [39, 40, 'at the head'],
  [20, 40, 'in between'],
  [100, 256, 'at the head'],
];

test.each(crowds)('%s bad ones of %s, %s, leave, and all the good ones settle', async (count, of, where) => {
  const exchanges = await acceptTrades(world, of);
  const chosen =
    where === 'at the head'
      ? exchanges.slice(0, count)
      : exchanges.filter((_, place) => place % 2 === 1).slice(0, count);
  await world.session.query('create table public.bad_ones (id text primary key)');
  await world.session.query('insert into public.bad_ones select unnest($1::text[])', [
    chosen.map(({ id }) => `exchange/${id}`),
  ]);
  await world.session.query(`create function public.refuse_many() returns trigger language plpgsql as $$ begin
    if exists (select from public.bad_ones where id = new.key) then raise exception 'this one is bad'; end if;
    return new; end $$`);
  await world.session.query(
    'create trigger refuse_many before insert on ledger.outcomes for each row execute function public.refuse_many()',
  );
  const closings = await world.settle(exchanges, `convoy/${exchanges[0]?.id}`);
  expect(states(closings)).toEqual({ settled: of - count });
  expect(closings.filter(({ id }) => chosen.some((bad) => bad.id === id))).toEqual([]);
  await world.session.query('drop trigger refuse_many on ledger.outcomes');
  await world.session.query('drop function public.refuse_many');
  await world.session.query('drop table public.bad_ones');
  for (const { id } of chosen) await until('it settles', async () => (await world.row(id)).state === 'settled');
});

test.each([2, 9, 30])(
  '%s that are bad and are all that a step is asked about leave, and their neighbours do not wait',
  async (count) => {
    const both = await acceptTrades(world, count);
    const legs = (await acceptTrades(world, 3)).map((exchange) => ({ ...exchange, moves: [] }));
    await world.session.query(
      `create trigger refuse_all before insert on inventory.holds for each row execute function public.refuse_one()`,
    );
    expect(states(await world.settle([...both, ...legs], `convoy/${both[0]?.id}`))).toEqual({ settled: 3 });
    for (const exchange of both.slice(0, 2)) await expectAlone(exchange, 'inventoryHold');
    await world.session.query('drop trigger refuse_all on inventory.holds');
    for (const { id } of both) await until('it settles', async () => (await world.row(id)).state === 'settled');
  },
);

test('one whose row cannot be written leaves all the same, and its neighbours end without it', async () => {
  const exchanges = await acceptTrades(world, 12);
  const { id } = exchanges[5] as Exchange;
  await world.session.query(
    `create trigger refuse_one before update on trades.trades
     for each row when (new.id = '${id.slice(4)}') execute function public.refuse_one()`,
  );
  expect(states(await world.settle(exchanges, `convoy/${exchanges[0]?.id}`))).toEqual({ settled: 11 });
  await until(
    'it has a run of its own',
    async () =>
      (
        await world.client.workflow
          .getHandle(`trade/${id}`)
          .describe()
          .catch(() => undefined)
      )?.status.name === 'RUNNING',
  );
  await world.session.query('drop trigger refuse_one on trades.trades');
  await until('it settles', async () => (await world.row(id)).state === 'settled');
});

test('where no element can be done nobody leaves, and all settle when the reason is gone', async () => {
  const exchanges = await acceptTrades(world, 8);
  await world.session.query(
    `create trigger refuse_all before insert on ledger.outcomes for each row execute function public.refuse_one()`,
  );
  // Cured between two attempts: one in whose middle it is cured can do some of them.
  world.before = async (step) => {
    if (step === 'ledgerTransfer' && world.calls.get(step) === 3)
      await world.session.query('drop trigger refuse_all on ledger.outcomes');
  };
  expect(states(await world.settle(exchanges, `convoy/${exchanges[0]?.id}`))).toEqual({ settled: 8 });
  for (const { id } of exchanges)
    await expect(world.client.workflow.getHandle(`trade/${id}`).describe()).rejects.toThrow();
});
