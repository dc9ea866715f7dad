import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Snapshot } from '../../src/reconciliation/checks.types.js';
import { breakOf, RunsWorld, ScriptedCheck } from './runs-world.js';

let world: RunsWorld;
const books = new ScriptedCheck('books');
const money = new ScriptedCheck('money');

beforeAll(async () => {
  world = await RunsWorld.open([books, money]);
});
afterAll(() => world.close());
afterEach(() => {
  for (const check of [books, money]) check.reset();
});

async function cases(): Promise<{ subject: string; cleared: boolean }[]> {
  return world.main.query(
    `select subject, cleared_at is not null as cleared from reconciliation.cases order by subject`,
  );
}

describe('a run of reconciliation', () => {
  it('is reconciled where no check finds anything, and counts what it has looked at', async () => {
    books.parts = [[], [], []];
    const { id, verdict } = await world.run();
    expect(verdict).toBe('RECONCILED');
    const [{ looked }] = await world.main.query<[{ looked: unknown }]>(
      'select looked from reconciliation.runs where id = $1',
      [id.slice(4)],
    );
    expect(looked).toEqual({ books: { things: 30 }, money: { things: 10 } });
  });

  it('has a break where something is found twice, and opens a case of it', async () => {
    books.parts = [[], [breakOf('trd_1')]];
    expect(await world.run()).toMatchObject({ verdict: 'BREAKS', breaks: 1, pending: 0 });
    expect(await cases()).toEqual([{ subject: 'trd_1', cleared: false }]);
  });

  it('clears a case that it finds no more, whichever check looks, and opens the same one again', async () => {
    expect(await world.run('hot')).toMatchObject({ verdict: 'RECONCILED' });
    expect(await cases()).toEqual([{ subject: 'trd_1', cleared: true }]);
    books.parts = [[breakOf('trd_1')]];
    expect(await world.run()).toMatchObject({ verdict: 'BREAKS' });
    expect(await cases()).toEqual([{ subject: 'trd_1', cleared: false }]);
    books.parts = [[]];
    await world.run();
    const events = await world.main.query('select event from reconciliation.case_events order by id');
    expect(events).toEqual(['opened', 'cleared', 'opened-again', 'cleared'].map((event) => ({ event })));
  });

  it('has a case stay open that a run of something else does not find, but that is there still', async () => {
    money.parts = [[breakOf('pur_1')]];
    await world.run();
    money.parts = [[]];
    money.again_ = [breakOf('pur_1')];
    expect(await world.run('hot')).toMatchObject({ verdict: 'BREAKS', breaks: 1 });
    money.again_ = undefined;
    expect(await world.run('hot')).toMatchObject({ verdict: 'RECONCILED' });
  });

  it('clears no case of which it cannot say that nothing is wrong any more', async () => {
    const open = async (subject: string): Promise<boolean | undefined> =>
      (await cases()).find((one) => one.subject === subject)?.cleared === false;
    money.parts = [[breakOf('pur_2')]];
    await world.run();
    money.parts = [[]];
    money.isUnsure = true;
    expect(await world.run('hot')).toMatchObject({ verdict: 'RECONCILED' });
    expect(await open('pur_2')).toBe(true);
    money.again_ = [breakOf('pur_2', { breaksAt: new Date(Date.now() + 3_600_000) })];
    money.isUnsure = false;
    expect(await world.run('hot')).toMatchObject({ verdict: 'RECONCILED_WITH_PENDING', breaks: 0 });
    expect(await open('pur_2')).toBe(true);
    money.failsAgain = Object.assign(new Error('It takes too long.'), { code: '57014' });
    const { id, verdict } = await world.run('hot');
    expect(verdict).toBe('INCOMPLETE');
    expect((await world.row(id)).reasons).toMatchObject([{ code: 'side-unreadable' }]);
    expect(await open('pur_2')).toBe(true);
    Object.assign(money, { again_: undefined, failsAgain: undefined });
    expect(await world.run('hot')).toMatchObject({ verdict: 'RECONCILED' });
    expect(await open('pur_2')).toBe(false);
  });

  it('has one case of what is found anew at each cut, and says no moment of its own', async () => {
    books.parts = [[breakOf('player:eve', { since: new Date('2026-11-01T23:59:00Z') })]];
    await world.run();
    books.parts = [[breakOf('player:eve', { since: new Date('2026-11-02T00:01:00Z'), amount: 9n })]];
    await world.run();
    const rows = await world.main.query(
      `select to_char(period, 'YYYY-MM-DD') as period, amount, cleared_at from reconciliation.cases
       where subject = 'player:eve'`,
    );
    expect(rows).toEqual([{ period: '2026-11-01', amount: '9', cleared_at: null }]);
    books.parts = [[]];
    await world.run();
  });

  it('forgets what is found once alone: it has moved on between two reads', async () => {
    books.parts = [[breakOf('trd_2')]];
    books.again_ = [];
    expect(await world.run()).toMatchObject({ verdict: 'RECONCILED' });
  });

  it('has as pending what is within its time, until that is over', async () => {
    books.parts = [[breakOf('trd_3', { breaksAt: new Date(Date.now() + 3_600_000) })]];
    const { id, ...end } = await world.run();
    expect(end).toEqual({ verdict: 'RECONCILED_WITH_PENDING', breaks: 0, pending: 1 });
    const rows = await world.main.query(
      'select type, becomes, breaks_at is not null as told, case_id from reconciliation.breaks where run = $1',
      [id.slice(4)],
    );
    expect(rows).toEqual([{ type: 34, becomes: 31, told: true, case_id: null }]);
    books.parts = [[breakOf('trd_3', { breaksAt: new Date(Date.now() - 1) })]];
    expect(await world.run()).toMatchObject({ verdict: 'BREAKS', breaks: 1, pending: 0 });
    books.parts = [[]];
    await world.run();
  });

  it('is incomplete where a side cannot be read whole, whatever it has found', async () => {
    books.parts = [[breakOf('trd_4')]];
    money.more = { reasons: [{ code: 'short-page', detail: 'A page was short.', title: null }] };
    const { id, verdict } = await world.run();
    expect(verdict).toBe('INCOMPLETE');
    expect((await world.row(id)).reasons).toEqual([{ code: 'short-page', detail: 'A page was short.', title: null }]);
    money.more = {};
    books.parts = [[]];
    await world.run();
  });

  it('is incomplete where a role may not read, or where the schema is another', async () => {
    for (const [code, reason] of [
      ['42501', 'permission'],
      ['42P01', 'newer-schema'],
    ]) {
      books.fails = Object.assign(new Error('no'), { code });
      const { id, verdict } = await world.run();
      expect(verdict).toBe('INCOMPLETE');
      expect((await world.row(id)).reasons).toMatchObject([{ code: reason }]);
    }
  });

  it('is looked on at after a failure from where it was, and gives up a check that fails for good', async () => {
    books.parts = [[], [breakOf('trd_5')]];
    const id = await world.begun();
    await world.service.lookOn(id, () => false);
    books.fails = new Error('The connection is gone.');
    await expect(world.service.lookOn(id, () => false)).rejects.toThrow('The connection is gone.');
    books.fails = undefined;
    while (!(await world.service.lookOn(id, () => false)).done);
    expect(await world.service.finish(id)).toMatchObject({ verdict: 'BREAKS', breaks: 1 });
    expect(books.looks).toBe(3);

    const other = await world.begun();
    await world.service.skip(other, 'books', 'It was tried twelve times.');
    while (!(await world.service.lookOn(other, () => false)).done);
    expect(await world.service.finish(other)).toMatchObject({ verdict: 'INCOMPLETE' });
    expect((await world.row(other)).reasons).toMatchObject([
      { code: 'side-unreadable', detail: 'books: It was tried twelve times.' },
    ]);
    books.parts = [[]];
    await world.run();
  });

  it('gives up one check once, however often it is told to', async () => {
    const id = await world.begun();
    for (let times = 0; times < 3; times++) await world.service.skip(id, 'books', 'It cannot be read.');
    expect(await world.service.progress(id)).toMatchObject({ done: false, check: 'money', at: 1 });
    while (!(await world.service.lookOn(id, () => false)).done);
    await world.service.finish(id);
    expect((await world.row(id)).reasons.map(({ detail }) => detail)).toEqual(['books: It cannot be read.']);
  });

  it('comes to the same bytes whether it is made in one go or by several processes at once', async () => {
    books.parts = [[breakOf('trd_6')], [breakOf('trd_7')], []];
    const one = await world.begun();
    while (!(await world.service.lookOn(one, () => true)).done);
    await world.service.finish(one);
    const [{ cuts }] = await world.main.query<[{ cuts: object }]>(
      'select cuts from reconciliation.runs where id = $1',
      [one.slice(4)],
    );
    const other = await world.begun();
    await world.main.query('update reconciliation.runs set cuts = $2 where id = $1', [other.slice(4), cuts]);
    for (let done = false; !done;) {
      const progress = await Promise.all([1, 2, 3].map(() => world.service.lookOn(other, () => false)));
      done = progress.some((one) => one.done);
    }
    await Promise.all([world.service.finish(other), world.service.finish(other)]);
    expect((await world.row(other)).digest).toEqual((await world.row(one)).digest);
    books.parts = [[]];
    await world.run();
  });

  it('waits until all transactions of before its cut have ended, and says so where they do not', async () => {
    const late = world.main.createQueryRunner();
    await late.startTransaction();
    await late.query('select pg_current_xact_id()');
    const { id } = await world.service.accept({
      kind: 'full',
      title: null,
      period: 'asked/late',
      fingerprint: null,
      repair: 'make',
    });
    let asked = 0;
    expect(await world.service.begin(id, async () => Promise.resolve(++asked < 3))).toBe(false);
    await late.commitTransaction();
    await late.release();
    // Transactions of other databases of the server count as well, and other tests have some.
    const soon = async (): Promise<boolean> => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return ++asked < 500;
    };
    expect(await world.service.begin(id, soon)).toBe(true);
  });

  it('reads alone by the connections that its checks look with', async () => {
    const { main } = await world.readers.all();
    const write = `insert into titles.titles (id, name) values ('written', 'Written')`;
    await expect(main.query(write)).rejects.toThrow('read-only transaction');
    await expect(main.inOneSnapshot((snapshot) => snapshot.query(write))).rejects.toThrow('read-only transaction');
    const late = main.inOneSnapshot(async (snapshot) => {
      await snapshot.query('select');
      return snapshot.query(write);
    });
    await expect(late).rejects.toThrow('read-only transaction');
  });

  it('sums up what there was at one moment, however many statements that takes', async () => {
    const { main } = await world.readers.all();
    const runs = async (snapshot: Snapshot): Promise<unknown> =>
      snapshot.query('select count(*)::int as runs from reconciliation.runs');
    const [first, second] = await main.inOneSnapshot(async (snapshot) => {
      const before = await runs(snapshot);
      await world.run('hot');
      return [before, await runs(snapshot)];
    });
    expect(second).toEqual(first);
    expect(await runs(main)).not.toEqual(first);
  });

  it('tells each title what a run has come to for it, and of its own breaks alone', async () => {
    books.parts = [[breakOf('trd_8')]];
    const { id } = await world.run();
    const told = await world.main.query(
      `select title, type, data->>'verdict' as verdict from reconciliation.facts
       where subject = $1 or data->>'reconciliation' = $1 order by title, type`,
      [id],
    );
    expect(told).toEqual([
      { title: 'demo', type: 'break.found', verdict: null },
      { title: 'demo', type: 'reconciliation.finished', verdict: 'BREAKS' },
      { title: 'other', type: 'reconciliation.finished', verdict: 'RECONCILED' },
    ]);
    books.parts = [[]];
    await world.run();
  });
});

describe('the bridge', () => {
  it('leads from one closing to the next by what has moved, and says what is left', async () => {
    const line = (movements: Record<string, bigint>, closing: bigint): void => {
      books.more = { lines: [{ title: 'demo', account: 'asset', asset: 'gems', movements, closing }] };
    };
    line({ grant: 10n, burn: -3n }, 7n);
    await world.run();
    line({ grant: 30n, burn: -3n, sale: 1n }, 25n);
    const { id } = await world.run();
    const [row] = await world.main.query<object[]>(
      `select opening, moved, closing, residual from reconciliation.bridge where run = $1`,
      [id.slice(4)],
    );
    expect(row).toEqual({ opening: '7', moved: { grant: '20', sale: '1' }, closing: '25', residual: '3' });
    // Nothing is green that has something left, unless a break of the asset says why.
    expect((await world.row(id)).reasons).toEqual([
      { code: 'balance-differs', detail: 'The bridge of gems leaves 3 that nothing explains.', title: 'demo' },
    ]);
    books.parts = [[breakOf('player:ann', { asset: 'gems' })]];
    expect(await world.run()).toMatchObject({ verdict: 'BREAKS' });
    line({ grant: 30n, burn: -3n, sale: 1n }, 28n);
    books.parts = [[]];
    expect(await world.run()).toMatchObject({ verdict: 'RECONCILED' });
  });
});
