import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { untilWaiting } from '../harness/meeting.js';
import { lockGate } from './gates.js';
import {
  balanceOf,
  element,
  expectBooksInOrder,
  grant,
  leg,
  openLedger,
  told,
  type LedgerDatabase,
} from './ledger-database.js';

/** What is made in one transaction. */
type Work = Parameters<DataSource['transaction']>[1];

let db: LedgerDatabase;

beforeAll(async () => {
  db = await openLedger();
});
afterEach(() => {
  jest.restoreAllMocks();
});
/** Has the answer of the next COMMIT be lost. */
function loseAnAnswer(): void {
  const { transaction } = db.dataSource;
  jest.spyOn(db.dataSource, 'transaction').mockImplementationOnce((async (work: Work) => {
    await transaction.call(db.dataSource, 'READ COMMITTED', work);
    throw new Error('Connection terminated unexpectedly');
  }) as unknown as typeof transaction);
}

afterAll(async () => {
  await expectBooksInOrder(db);
  await db.close();
});

describe('a connection that is lost', () => {
  it('before COMMIT has no effect, and the call is made again', async () => {
    await grant(db, 'lost', 5n);
    const sent = element([leg('lost', 'lost.to', 5n)]);
    await db.session.query('begin');
    await db.session.query(lockGate('lost'));
    const running = db.ledger.transfer([sent]);
    await untilWaiting(db.session, 1);
    await db.session.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    );
    await db.session.query('rollback');
    expect(told(await running)).toEqual(['posted']);
    expect(await balanceOf(db, 'lost.to')).toBe(5n);
  });

  it('at COMMIT itself is no answer, whatever had been decided', async () => {
    const statement = `create function ledger.fail_commit() returns trigger language plpgsql as $$
        begin raise 'no commit'; end $$;
      create constraint trigger fail_commit after insert on ledger.outcomes deferrable initially deferred
        for each row when (new.key like '%uncommitted') execute function ledger.fail_commit()`;
    await db.session.query(statement);
    const sent = element([leg('system:mint', 'uncommitted', 5n)], { key: 'transfers/uncommitted' });
    await expect(db.ledger.transfer([sent])).rejects.toThrow('no commit');
    await db.session.query('drop trigger fail_commit on ledger.outcomes; drop function ledger.fail_commit()');
    expect(told(await db.ledger.transfer([sent]))).toEqual(['posted']);
    expect(await balanceOf(db, 'uncommitted')).toBe(5n);
  });

  it('between two statements has no effect, and the call is made again', async () => {
    const { transaction } = db.dataSource;
    jest.spyOn(db.dataSource, 'transaction').mockImplementationOnce((async (work: Work) =>
      transaction.call(db.dataSource, 'READ COMMITTED', async (tx) => {
        const [own] = await tx.query<[{ pid: number }]>('select pg_backend_pid() as pid');
        await db.session.query('select pg_terminate_backend($1)', [own.pid]);
        // The driver is told of the end while nothing is asked of it.
        await new Promise((resolve) => setTimeout(resolve, 100));
        return work(tx);
      })) as unknown as typeof transaction);
    const [result] = await db.ledger.transfer([element([leg('system:mint', 'between', 5n)])]);
    expect(result).toMatchObject({ outcome: 'posted', replayed: false });
    expect(await balanceOf(db, 'between')).toBe(5n);
  });

  it('after COMMIT has its effect once, and the call answers what it has kept, which is no replay', async () => {
    loseAnAnswer();
    const [result] = await db.ledger.transferInFull([element([leg('system:mint', 'acknowledged', 5n)])]);
    expect(result).toMatchObject({
      outcome: 'posted',
      replayed: false,
      balances: [{ owner: 'system:mint' }, { owner: 'player:acknowledged', posted: 5n }],
    });
    expect(await balanceOf(db, 'acknowledged')).toBe(5n);
  });

  it('after COMMIT makes a replay of the second request by a key alone, also of one that is refused', async () => {
    const [posted, refused] = [
      element([leg('system:mint', 'twice', 5n)], { fingerprint: Buffer.from('a') }),
      element([leg('nobody', 'twice', 5n)], { fingerprint: Buffer.from('b') }),
    ];
    loseAnAnswer();
    expect(await db.ledger.transfer([posted, posted, refused, refused])).toMatchObject([
      { outcome: 'posted', replayed: false },
      { outcome: 'posted', replayed: true },
      { outcome: 'refused', replayed: false },
      { outcome: 'refused', replayed: true },
    ]);
    expect(await db.ledger.transfer([posted, refused])).toMatchObject([{ replayed: true }, { replayed: true }]);
    expect(await balanceOf(db, 'twice')).toBe(5n);
  });

  it('before COMMIT leaves a key to whoever is faster, and is a replay of theirs', async () => {
    const { transaction } = db.dataSource;
    const sent = element([leg('system:mint', 'faster', 5n)], { fingerprint: Buffer.from('a') });
    jest.spyOn(db.dataSource, 'transaction').mockImplementationOnce((async (work: Work) => {
      const lost = new Error('Connection terminated unexpectedly');
      await transaction
        .call(db.dataSource, 'READ COMMITTED', async (tx) => {
          await work(tx);
          throw lost;
        })
        .catch(() => undefined);
      expect(await db.ledger.transfer([sent])).toMatchObject([{ outcome: 'posted', replayed: false }]);
      throw lost;
    }) as unknown as typeof transaction);
    expect(await db.ledger.transfer([sent])).toMatchObject([{ outcome: 'posted', replayed: true }]);
    expect(await balanceOf(db, 'faster')).toBe(5n);
  });

  it('for good is said as what it is, and never as a refusal', async () => {
    const attempts = jest
      .spyOn(db.dataSource, 'transaction')
      .mockRejectedValue(Object.assign(new Error('no'), { code: '40001' }));
    await expect(db.ledger.transfer([element([leg('system:mint', 'never', 5n)])])).rejects.toMatchObject({
      code: '40001',
    });
    expect(attempts).toHaveBeenCalledTimes(3);
    jest.restoreAllMocks();
    expect(await balanceOf(db, 'never')).toBe(0n);
  });
});
