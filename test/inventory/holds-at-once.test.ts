import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { newId } from '../../src/ids.js';
import {
  annToBob,
  expectBooksInOrder,
  meeting,
  mintFor,
  openInventory,
  title,
  untilWaiting,
  type InventoryDatabase,
} from './inventory-database.js';

const cause = { code: 'compensated-by-operator', detail: 'An operator turned it back.' };

let db: InventoryDatabase;
beforeEach(async () => {
  db = await openInventory();
});
afterEach(async () => {
  await expectBooksInOrder(db);
  await db.close();
});

/** Lets everything read and lock instances, and stops it before it keeps anything. */
const beforeKeeping = 'lock table inventory.holds in share mode';

function lockOf(instance: string): string {
  return `select from inventory.instances where id = '${instance.slice(4)}' for update`;
}

async function movements(kind: string): Promise<number> {
  const { rows } = await db.session.query<{ count: number }>(
    'select count(*)::int from inventory.movements where kind = $1',
    [kind],
  );
  return rows[0]?.count ?? 0;
}

it('two holds of one exchange that meet at the instance make one hold, and both are ok', async () => {
  const [instance = ''] = await mintFor(db, 'player:ann', 1);
  const exchange = newId('trd');
  const hold = () => db.inventory.hold([{ exchange, title, moves: annToBob(instance) }]);
  expect(await meeting(db, lockOf(instance), [hold, hold])).toEqual([
    [{ id: exchange, outcome: 'ok' }],
    [{ id: exchange, outcome: 'ok' }],
  ]);
  expect(await movements('hold')).toBe(1);
});

it('two holds of one exchange that lock nothing meet at its row, and both are refused alike', async () => {
  const exchange = newId('trd');
  const hold = () => db.inventory.hold([{ exchange, title, moves: annToBob(newId('ins')) }]);
  const [first, second] = await meeting(db, beforeKeeping, [hold, hold]);
  expect(first).toMatchObject([{ outcome: 'refused', cause: { code: 'item-not-found' } }]);
  expect(second).toEqual(first);
});

it('of two exchanges that want one instance the first holds it, and the other is refused as a whole', async () => {
  const [shared = '', other = ''] = await mintFor(db, 'player:ann', 2);
  const [a, b] = [newId('trd'), newId('trd')];
  const outcomes = await meeting(db, lockOf(shared), [
    () => db.inventory.hold([{ exchange: a, title, moves: annToBob(shared) }]),
    () => db.inventory.hold([{ exchange: b, title, moves: annToBob(other, shared) }]),
  ]);
  expect(
    outcomes
      .flat()
      .map((outcome) => ('cause' in outcome ? outcome.cause.code : outcome.outcome))
      .sort(),
  ).toEqual(['item-held', 'ok']);
});

it('a release that overtakes a waiting hold leaves a tombstone, and the hold is not made', async () => {
  const [instance = ''] = await mintFor(db, 'player:ann', 1);
  const exchange = newId('trd');
  await db.session.query('begin');
  await db.session.query(lockOf(instance));
  const hold = db.inventory.hold([{ exchange, title, moves: annToBob(instance) }]);
  await untilWaiting(db, 1);
  const tombstone = [{ id: exchange, outcome: 'tombstone', cause }];
  expect(await db.inventory.release([{ exchange, title, cause }])).toEqual(tombstone);
  await db.session.query('commit');
  expect(await hold).toEqual(tombstone);
  expect(await movements('hold')).toBe(0);
});

it('a hold that is made while a release waits for another exchange is released with it', async () => {
  const [x = '', y = ''] = await mintFor(db, 'player:ann', 2);
  const [a, b] = [newId('trd'), newId('trd')];
  await db.inventory.hold([{ exchange: b, title, moves: annToBob(y) }]);
  await db.session.query('begin');
  await db.session.query(lockOf(y));
  const release = db.inventory.release([a, b].map((exchange) => ({ exchange, title, cause })));
  await untilWaiting(db, 1);
  expect(await db.inventory.hold([{ exchange: a, title, moves: annToBob(x) }])).toEqual([{ id: a, outcome: 'ok' }]);
  await db.session.query('commit');
  expect(await release).toEqual([a, b].map((id) => ({ id, outcome: 'released', cause })));
});

it('a hold and a release that both found nothing come to one end', async () => {
  for (const instance of await mintFor(db, 'player:ann', 6)) {
    const exchange = newId('trd');
    const outcomes = await meeting<{ outcome: string }[]>(db, beforeKeeping, [
      () => db.inventory.hold([{ exchange, title, moves: annToBob(instance) }]),
      () => db.inventory.release([{ exchange, title, cause }]),
    ]);
    expect(['ok released', 'tombstone tombstone']).toContain(
      outcomes
        .flat()
        .map((outcome) => outcome.outcome)
        .join(' '),
    );
  }
});

it('a release and a move that meet do one thing, once, and tell the same', async () => {
  const instances = await mintFor(db, 'player:ann', 2);
  for (const [order, instance] of instances.entries()) {
    const exchange = newId('trd');
    await db.inventory.hold([{ exchange, title, moves: annToBob(instance) }]);
    const release = () => db.inventory.release([{ exchange, title, cause }]);
    const move = () => db.inventory.move([{ exchange, title }]);
    const commands = order === 0 ? [release, move, release] : [move, release, move];
    const [first, ...others] = await meeting(db, lockOf(instance), commands);
    expect(['released', 'moved']).toContain(first?.[0]?.outcome);
    expect(others).toEqual([first, first]);
  }
  expect((await movements('release')) + (await movements('move'))).toBe(2);
});

it('two tombstones of one exchange that meet keep one cause, and both tell it', async () => {
  const exchange = newId('trd');
  const other = { code: 'insufficient-funds', detail: 'Other.' };
  const [first, second] = await meeting(db, beforeKeeping, [
    () => db.inventory.release([{ exchange, title, cause }]),
    () => db.inventory.release([{ exchange, title, cause: other }]),
  ]);
  expect([cause, other].map((kept) => [{ id: exchange, outcome: 'tombstone', cause: kept }])).toContainEqual(first);
  expect(second).toEqual(first);
});

it('a hold whose connection is lost while it waits is made all the same', async () => {
  const [instance = ''] = await mintFor(db, 'player:ann', 1);
  const exchange = newId('trd');
  await db.session.query('begin');
  await db.session.query(lockOf(instance));
  const hold = db.inventory.hold([{ exchange, title, moves: annToBob(instance) }]);
  await untilWaiting(db, 1);
  await db.session.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  );
  await db.session.query('commit');
  expect(await hold).toEqual([{ id: exchange, outcome: 'ok' }]);
});

it('lists of holds in opposite orders end without a deadlock, and each instance goes to one exchange', async () => {
  const instances = await mintFor(db, 'player:ann', 12);
  const lists = Array.from({ length: 24 }, (_, n) => {
    const order = n % 2 === 0 ? instances : [...instances].reverse();
    const requests = Array.from({ length: 6 }, (_, k) => ({
      exchange: newId('trd'),
      title,
      moves: annToBob(...order.slice(2 * k, 2 * k + 2)),
    }));
    return n % 3 === 0 ? requests.reverse() : requests;
  });
  const outcomes = (await Promise.all(lists.map((list) => db.inventory.hold(list)))).flat();
  const held = outcomes.filter((outcome) => outcome.outcome === 'ok');
  expect(held).toHaveLength(6);
  expect(outcomes.filter((outcome) => 'cause' in outcome && outcome.cause.code === 'item-held')).toHaveLength(
    24 * 6 - 6,
  );
  const moved = await db.inventory.move(held.map(({ id }) => ({ exchange: id, title })));
  expect(moved.map((outcome) => outcome.outcome)).toEqual(held.map(() => 'moved'));
  const { rows } = await db.session.query('select distinct owner from inventory.instances');
  expect(rows).toEqual([{ owner: 'player:bob' }]);
});

it('two lists whose keys are in opposite orders wait for each other one way only', async () => {
  const exchanges = [newId('trd'), newId('trd'), newId('trd')];
  const middle = `insert into inventory.holds (exchange, title, state, cause_code, cause_detail, moves)
    values ('${exchanges[1]}', '${title}', 'tombstone', 'c', 'd', '[]')`;
  const release = (order: string[]) => () =>
    db.inventory.release(order.map((exchange) => ({ exchange, title, cause })));
  const [first, second] = await meeting(db, middle, [release(exchanges), release([...exchanges].reverse())]);
  expect(first).toEqual(exchanges.map((id) => ({ id, outcome: 'tombstone', cause })));
  expect(second).toEqual([...(first ?? [])].reverse());
});

it('whoever had to wait for an instance decides on what it finds afterwards, at its first attempt', async () => {
  const [held = '', burned = '', ended = ''] = await mintFor(db, 'player:ann', 3);
  const exchange = newId('trd');
  await db.inventory.hold([{ exchange, title, moves: annToBob(ended) }]);
  const attempts = jest.spyOn(db.dataSource, 'transaction');
  const hold = (instance: string) => () =>
    db.inventory.hold([{ exchange: newId('trd'), title, moves: annToBob(instance) }]);
  const burn = (key: string) => () =>
    db.inventory.burn([{ title, key, fingerprint: 'f', instance: burned, reason: 'broken' }]);
  const move = () => db.inventory.move([{ exchange, title }]);
  await meeting<unknown>(db, lockOf(held), [hold(held), hold(held), hold(held)]);
  await meeting<unknown>(db, lockOf(burned), [burn('a'), burn('b'), burn('c')]);
  await meeting<unknown>(db, lockOf(ended), [move, move, move]);
  expect(attempts).toHaveBeenCalledTimes(9);
});
