import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { DealBook } from '../../src/exchanges/deals.js';
import { exchangeWorkflowId, type Exchange } from '../../contracts/nouns.js';
import { until } from '../e2e/processes.js';
import { SweepWorld, type RowKind } from './sweep-world.js';

/*
 * The sweep over rows of every kind, with Temporal fine, away and too slow: who is started, alone or together, and what
 * the rows say after it.
 */

/** How the sweep sends what it finds of a kind. */
const expected: Record<RowKind, 'together' | 'alone' | 'not' | 'harmlessly'> = {
  'never started': 'together',
  'never started, young': 'not',
  running: 'not',
  'stuck and running': 'not',
  'on another task queue': 'alone',
  ended: 'alone',
  'stuck and ended': 'alone',
  unknown: 'together',
  'unknown, young': 'not',
  'closed meanwhile': 'harmlessly',
};
const kinds = Object.keys(expected) as RowKind[];

let world: SweepWorld;

beforeAll(async () => {
  Logger.overrideLogger(false);
  world = await SweepWorld.open();
});
afterAll(() => world.end());
beforeEach(() => world.clear());

/** Three rows of each kind. */
async function ofEveryKind(): Promise<Map<RowKind, Exchange[]>> {
  const made = new Map<RowKind, Exchange[]>();
  for (const kind of kinds) made.set(kind, await world.rows(kind, 3));
  return made;
}

/** Waits until all of them are in a run. Convoys start behind the sweep's back. */
async function started(exchanges: readonly Exchange[]): Promise<void> {
  await until(
    'they are started',
    () => Promise.resolve(exchanges.every((one) => world.startsOf(one).length > 0)),
    20_000,
  );
}

/** Holds that what was to be sent was sent once, in the company that it should have, and that its row says so. */
async function expectSent(rows: ReadonlyMap<RowKind, Exchange[]>): Promise<void> {
  const toSend = kinds.filter((kind) => expected[kind] === 'together' || expected[kind] === 'alone');
  await started(toSend.flatMap((kind) => rows.get(kind) ?? []));
  for (const [kind, exchanges] of rows) {
    for (const exchange of exchanges) {
      const starts = world.startsOf(exchange);
      const noted = await world.noted(exchange);
      if (expected[kind] === 'harmlessly') expect([kind, noted]).toEqual([kind, undefined]);
      else if (expected[kind] === 'not')
        expect([kind, starts, noted?.startedNow]).toEqual([kind, [], kind === 'unknown, young']);
      else {
        const alone = expected[kind] === 'alone';
        expect([kind, starts]).toEqual([
          kind,
          [
            {
              run: alone ? exchangeWorkflowId(exchange) : expect.stringMatching(/^convoy\//),
              size: alone ? 1 : expect.any(Number),
            },
          ],
        ]);
        if (!alone) expect([kind, starts[0]?.size]).toEqual([kind, Math.max(3, starts[0]?.size ?? 0)]);
        expect([kind, noted?.run, noted?.startedNow]).toEqual([kind, starts[0]?.run, true]);
      }
    }
  }
}

/** Holds that nothing was started of what may be under way, and that its row is as it was. */
async function expectLeft(rows: ReadonlyMap<RowKind, Exchange[]>): Promise<void> {
  for (const [kind, exchanges] of rows) {
    if (kind === 'never started' || kind === 'closed meanwhile') continue;
    for (const exchange of exchanges) {
      const { startedNow } = (await world.noted(exchange)) ?? {};
      expect([kind, world.startsOf(exchange), startedNow]).toEqual([kind, [], kind === 'unknown, young']);
    }
  }
}

/** Lets an hour pass for what was noted. */
async function anHourLater(): Promise<void> {
  await world.world.session.query(
    `update trades.open set started_at = started_at - interval '1 hour'
     where started_at is not null and created_at < now() - interval '30 minutes'`,
  );
}

test('what nobody works on is started, as it should be, and nothing else', async () => {
  const rows = await ofEveryKind();
  expect(await world.sweep().run()).toBeGreaterThanOrEqual(12);
  await expectSent(rows);
  for (const kind of ['running', 'stuck and running'] as const)
    for (const one of rows.get(kind) ?? []) expect((await world.noted(one))?.checked).toBe(true);
});

test('what is under way already is not started again by the next sweep', async () => {
  const rows = await ofEveryKind();
  await world.sweep().run();
  await expectSent(rows);
  await anHourLater();
  world.starter.started.length = 0;
  const young = await world.rows('unknown, young', 1);
  await world.sweep().run();
  expect(
    world.starter.started
      .flatMap(({ ids }) => ids)
      .filter((id) => id !== young[0]?.id && !rows.get('unknown, young')?.some((one) => one.id === id)),
  ).toEqual([]);
});

describe.each(['away', 'slow'] as const)('where Temporal is %s', (how) => {
  afterEach(() => (how === 'away' ? undefined : world.proxy.stall(false)));

  test('nothing is taken for lost, and all of it is found when Temporal is back', async () => {
    const rows = await ofEveryKind();
    if (how === 'away') await world.proxy.cut();
    else world.proxy.stall(true);
    const failure = world
      .sweep()
      .run()
      .then(
        () => 'swept',
        (error: unknown) => error,
      );
    const ended = await Promise.race([
      failure,
      new Promise((resolve) => setTimeout(resolve, 50_000, 'goes on for ever').unref()),
    ]);
    expect(ended).toBeInstanceOf(Error);
    await expectLeft(rows);
    if (how === 'away') await world.proxy.mend();
    else world.proxy.stall(false);
    await anHourLater();
    rows.delete('unknown, young');
    // A connection that was lost comes back within seconds, and a sweep comes every few.
    await until(
      'a sweep gets through',
      () =>
        world
          .sweep()
          .run()
          .then(
            () => true,
            () => false,
          ),
      30_000,
    );
    // What was noted before its start failed is like what was lost now, or Temporal has heard of its start after all.
    const forgotten = rows.get('never started') ?? [];
    rows.delete('never started');
    await expectSent(rows);
    for (const one of forgotten) {
      await until('it is in a run', async () => {
        const run = (await world.noted(one))?.run ?? '';
        return world.client.workflow
          .getHandle(run)
          .describe()
          .then(
            ({ status }) => status.name === 'RUNNING',
            () => false,
          );
      });
    }
  });
});

test('a lost row is found behind more long-running ones than a page has', async () => {
  await world.rows('running', 1_030);
  const lost = await world.rows('unknown', 1);
  await world.world.session.query(`update trades.open set started_at = now() - interval '50 minutes' where id = $1`, [
    lost[0]?.id.slice(4),
  ]);
  for (let sweeps = 0; sweeps < 3; sweeps++) await world.sweep().run();
  await started(lost);
});

test('a backlog of more than a page is started by one sweep', async () => {
  const forgotten = await world.rows('never started', 1_100);
  expect(await world.sweep().run()).toBe(1_100);
  await started(forgotten);
}, 180_000);

/** What can be wrong with one row, by what makes it so. */
const badRows: Record<string, { kind: RowKind; spoil: (one: Exchange) => Promise<unknown> }> = {
  'is never started and cannot be read': {
    kind: 'never started',
    spoil: ({ id }) =>
      world.world.session.query(`update trades.trades set parties = '{}' where id = $1`, [id.slice(4)]),
  },
  'is lost and cannot be read': {
    kind: 'unknown',
    spoil: ({ id }) =>
      world.world.session.query(`update trades.trades set parties = '[1]' where id = $1`, [id.slice(4)]),
  },
  'is never started and cannot be noted': { kind: 'never started', spoil: refuseUpdates },
  'is lost and cannot be noted': { kind: 'unknown', spoil: refuseUpdates },
  'has ended and cannot be noted': { kind: 'ended', spoil: refuseUpdates },
  'names a run that Temporal cannot be asked for': {
    kind: 'ended',
    spoil: ({ id }) =>
      world.world.session.query('update trades.trades set workflow_id = $2 where id = $1', [id.slice(4), '']),
  },
  'has ended and cannot be started': {
    kind: 'ended',
    spoil: ({ id }) => Promise.resolve(world.starter.failing.add(id)),
  },
};

async function refuseUpdates({ id }: Exchange): Promise<void> {
  await world.world.session.query(
    `create or replace function public.refuse_one() returns trigger language plpgsql as $$
     begin raise exception 'this one is bad'; end $$`,
  );
  await world.world.session.query(
    `create trigger refuse_one before update on trades.trades
     for each row when (new.id = '${id.slice(4)}' and old.workflow_id is distinct from new.workflow_id)
     execute function public.refuse_one()`,
  );
}

describe('one row that', () => {
  afterEach(() => world.world.session.query('drop trigger if exists refuse_one on trades.trades'));

  test.each(Object.keys(badRows))('%s keeps none of the others', async (name) => {
    const { kind, spoil } = badRows[name] as (typeof badRows)[string];
    const rows = await ofEveryKind();
    const [bad] = rows.get(kind) as [Exchange];
    await spoil(bad);
    await world
      .sweep()
      .run()
      .catch(() => undefined);
    const others = [...rows]
      .flatMap(([of, some]) => (expected[of] === 'together' || expected[of] === 'alone' ? some : []))
      .filter(({ id }) => id !== bad.id);
    await started(others);
    for (const one of others) expect((await world.noted(one))?.startedNow || name.includes('noted')).toBe(true);
    for (const of of kinds.filter((one) => expected[one] === 'not'))
      for (const one of rows.get(of) ?? []) expect([of, world.startsOf(one)]).toEqual([of, []]);
  });
});

test('rows that fill a page and cannot be read hide nothing from the sweeps', async () => {
  const bad = await world.rows('never started', 1_030);
  await world.world.session.query(`update trades.trades set parties = '{}' where id = any($1::uuid[])`, [
    bad.map(({ id }) => id.slice(4)),
  ]);
  await world.world.session.query(`update trades.open set created_at = now() - interval '2 hours'`);
  const good = await world.rows('never started', 3);
  for (let sweeps = 0; sweeps < 2; sweeps++) await world.sweep().run();
  await started(good);
});

test('one row that cannot be read does not end the pages of a sweep', async () => {
  const forgotten = await world.rows('never started', 1_100);
  await world.world.session.query(`update trades.trades set parties = '{}' where id = $1`, [forgotten[0]?.id.slice(4)]);
  expect(await world.sweep().run()).toBe(1_099);
});

test('a dozen runs that Temporal does not tell of keep none of the others', async () => {
  for (let count = 0; count < 12; count++) {
    const [one] = (await world.rows('unknown', 1)) as [Exchange];
    world.untold.add((await world.noted(one))?.run ?? '');
  }
  await world.world.session.query(`update trades.open set started_at = now() - interval '2 hours'`);
  const lost = [...(await world.rows('unknown', 2)), ...(await world.rows('ended', 2))];
  await expect(world.sweep().run()).rejects.toThrow('Temporal has lost a part of this run.');
  await started(lost);
});

test.each(['withoutRun', 'dueAgain', 'stillOpen'] as const)(
  'a kind of deal whose %s fails keeps none of the other kinds, and is told of in the end',
  async (what) => {
    const none = (): Promise<unknown> => Promise.resolve({ looked: 0, found: [] });
    const broken = {
      kind: 'trade',
      withoutRun: none,
      dueAgain: none,
      stillOpen: none,
      [what]: () => Promise.reject(new Error('the other kind is broken')),
    } as unknown as DealBook;
    const rows = await ofEveryKind();
    await expect(world.sweep(broken).run()).rejects.toThrow('the other kind is broken');
    await expectSent(rows);
  },
);
