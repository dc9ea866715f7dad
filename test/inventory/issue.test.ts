import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { newId } from '../../src/ids.js';
import { InventoryService } from '../../src/inventory/inventory.service.js';
import type { BurnRequest, MintRequest } from '../../src/inventory/inventory.types.js';
import {
  annToBob,
  expectBooksInOrder,
  meeting,
  mintFor,
  openInventory,
  title,
  type InventoryDatabase,
} from './inventory-database.js';

const cause = { code: 'insufficient-funds', detail: 'The account does not hold enough.' };

let db: InventoryDatabase;
beforeAll(async () => {
  db = await openInventory();
});
afterAll(async () => {
  await expectBooksInOrder(db);
  await db.close();
});

function sword(over: Partial<MintRequest> = {}): MintRequest {
  const id = newId('ins');
  return { title, key: id, fingerprint: 'f', id, item: 'sword', owner: 'player:ann', reason: 'quest', ...over };
}

function burnOf(instance: string, over: Partial<BurnRequest> = {}): BurnRequest {
  return { title, key: newId('req'), fingerprint: 'f', instance, reason: 'broken', ...over };
}

/** The service, as it is where the answer of its first COMMIT is lost. */
function withALostAnswer(): InventoryService {
  let lost = 0;
  return new InventoryService({
    transaction: async (...run: Parameters<DataSource['transaction']>) => {
      const result: unknown = await db.dataSource.transaction(...run);
      if (lost++ === 0) throw new Error('Connection terminated unexpectedly');
      return result;
    },
  } as unknown as DataSource);
}

async function count(sql: string, parameter: string): Promise<number> {
  const { rows } = await db.session.query<{ count: number }>(`select count(*)::int from ${sql}`, [parameter]);
  return rows[0]?.count ?? -1;
}

describe('a mint', () => {
  it('makes an instance, and answers it as it was minted however often and late it is asked', async () => {
    const request = sword({ properties: { level: 3, name: 'Żar 🗡', bound: false, maker: null } });
    const [first] = await db.inventory.mint([request]);
    expect(first).toEqual({
      outcome: 'done',
      replayed: false,
      instance: {
        id: request.id,
        item: 'sword',
        owner: 'player:ann',
        serial: null,
        state: 'owned',
        properties: request.properties,
        version: 1,
        createdAt: expect.any(Date),
        updatedAt: expect.any(Date),
      },
    });
    const exchange = newId('trd');
    await db.inventory.hold([{ exchange, title, moves: annToBob(request.id) }]);
    await db.inventory.move([{ exchange, title }]);
    expect(await db.inventory.mint([{ ...request, id: newId('ins') }])).toEqual([{ ...first, replayed: true }]);
  });

  it('of an unknown item is refused and not kept, so that the key serves once the item is defined', async () => {
    const request = sword({ item: 'lance' });
    expect(await db.inventory.mint([request])).toMatchObject([{ outcome: 'refused', cause: { code: 'unknown-item' } }]);
    expect(await count('inventory.outcomes where key = $1', request.key)).toBe(0);
    await db.items.put({ title, code: 'lance', name: 'Lance', tradeable: true, limit: null, retired: false });
    expect(await db.inventory.mint([request])).toMatchObject([{ outcome: 'done', replayed: false }]);
  });

  it('that is wrong leaves its neighbours alone', async () => {
    const list = [
      sword(),
      sword({ owner: 'system:mint' }),
      sword({ properties: { a: 'x\u0000' } }),
      sword({ owner: 'system:store' }),
    ];
    const outcomes = await db.inventory.mint(list);
    expect(outcomes.map((outcome) => (outcome.outcome === 'refused' ? outcome.cause.code : outcome.outcome))).toEqual([
      'done',
      'validation-failed',
      'validation-failed',
      'done',
    ]);
  });

  it('with a key of another body, another title or another command is told apart', async () => {
    const request = sword();
    await db.inventory.mint([request]);
    const [other] = await db.inventory.mint([{ ...request, id: newId('ins'), fingerprint: 'g' }]);
    expect(other).toMatchObject({ outcome: 'refused', cause: { code: 'idempotency-key-reused' } });
    await db.items.put({ title: 'other', code: 'sword', name: 'Sword', tradeable: true, limit: null, retired: false });
    expect(await db.inventory.mint([{ ...request, id: newId('ins'), title: 'other' }])).toMatchObject([
      { outcome: 'done', replayed: false },
    ]);
    expect(await db.inventory.burn([burnOf(request.id, { key: request.key })])).toMatchObject([
      { outcome: 'done', replayed: false },
    ]);
  });

  it('whose key comes twice in one list has one effect, and is told apart from another with that key', async () => {
    const request = sword();
    const again = { ...request, id: newId('ins') };
    const [first, same, other] = await db.inventory.mint([
      request,
      again,
      { ...again, id: newId('ins'), fingerprint: 'g' },
    ]);
    expect(first).toMatchObject({ outcome: 'done', replayed: false, instance: { id: request.id } });
    expect(same).toEqual({ ...first, replayed: true });
    expect(other).toMatchObject({ outcome: 'refused', cause: { code: 'idempotency-key-reused' } });
  });

  it('with one key many times at once makes one instance, and everybody is told the same', async () => {
    const key = newId('req');
    const outcomes = (await Promise.all(Array.from({ length: 20 }, () => db.inventory.mint([sword({ key })])))).flat();
    expect(
      new Set(outcomes.map((outcome) => (outcome.outcome === 'done' ? outcome.instance.id : 'refused'))).size,
    ).toBe(1);
    expect(outcomes.filter((outcome) => !outcome.replayed)).toHaveLength(1);
  });

  it('whose connection is lost after the commit is found by its key, and neither made again nor a replay', async () => {
    const request = sword();
    expect(await withALostAnswer().mint([request, request])).toMatchObject([
      { outcome: 'done', replayed: false, instance: { id: request.id } },
      { outcome: 'done', replayed: true, instance: { id: request.id } },
    ]);
    expect(await count('inventory.movements where instance = $1', request.id.slice(4))).toBe(1);
    expect(await db.inventory.mint([request])).toMatchObject([{ outcome: 'done', replayed: true }]);
  });
});

describe('a burn', () => {
  it('whose connection is lost after the commit is no replay, whether it was made or refused', async () => {
    const [instance = ''] = await mintFor(db, 'player:ann', 1);
    const burn = burnOf(instance);
    expect(await withALostAnswer().burn([burn])).toMatchObject([{ outcome: 'done', replayed: false }]);
    const again = burnOf(instance);
    expect(await withALostAnswer().burn([again])).toMatchObject([{ outcome: 'refused', replayed: false }]);
    expect(await db.inventory.burn([burn, again])).toMatchObject([{ replayed: true }, { replayed: true }]);
  });

  it('ends an instance for good, and answers the same by its key', async () => {
    const [instance = ''] = await mintFor(db, 'player:ann', 1);
    const request = burnOf(instance);
    const [first] = await db.inventory.burn([request]);
    expect(first).toMatchObject({
      outcome: 'done',
      replayed: false,
      instance: { id: instance, state: 'burned', owner: 'player:ann', version: 2 },
    });
    expect(await db.inventory.burn([request])).toEqual([{ ...first, replayed: true }]);
    expect(await db.inventory.burn([burnOf(instance)])).toMatchObject([
      { outcome: 'refused', cause: { code: 'item-burned' } },
    ]);
  });

  it('whose key comes twice in one list has one effect, and is told apart from another with that key', async () => {
    const [instance = '', another = ''] = await mintFor(db, 'player:ann', 2);
    const request = burnOf(instance);
    const [first, same, other] = await db.inventory.burn([
      request,
      request,
      { ...request, instance: another, fingerprint: 'g' },
    ]);
    expect(first).toMatchObject({ outcome: 'done', replayed: false, instance: { id: instance, state: 'burned' } });
    expect(same).toEqual({ ...first, replayed: true });
    expect(other).toMatchObject({ outcome: 'refused', cause: { code: 'idempotency-key-reused' } });
    expect(await db.inventory.burn([burnOf(another)])).toMatchObject([{ outcome: 'done', replayed: false }]);
  });

  it('of a held instance is refused, and refused by its key for ever', async () => {
    const [instance = ''] = await mintFor(db, 'player:ann', 1);
    const exchange = newId('trd');
    await db.inventory.hold([{ exchange, title, moves: annToBob(instance) }]);
    const request = burnOf(instance);
    expect(await db.inventory.burn([request])).toMatchObject([
      { outcome: 'refused', replayed: false, cause: { code: 'item-held' } },
    ]);
    await db.inventory.release([{ exchange, title, cause }]);
    expect(await db.inventory.burn([request])).toMatchObject([
      { outcome: 'refused', replayed: true, cause: { code: 'item-held' } },
    ]);
    expect(await db.inventory.burn([burnOf(instance)])).toMatchObject([{ outcome: 'done' }]);
  });

  it('of what is not there, or not in this title, finds nothing and keeps nothing', async () => {
    const [instance = ''] = await mintFor(db, 'player:ann', 1);
    const requests = [burnOf(newId('ins')), burnOf('ins_nonsense'), burnOf(instance, { title: 'other' })];
    const outcomes = await db.inventory.burn(requests);
    expect(outcomes.map((outcome) => outcome.outcome === 'refused' && outcome.cause.code)).toEqual([
      'not-found',
      'not-found',
      'not-found',
    ]);
    for (const { key } of requests) expect(await count('inventory.outcomes where key = $1', key)).toBe(0);
  });

  it('and a hold that meet leave the instance either burned or held', async () => {
    const instances = await mintFor(db, 'player:ann', 6);
    for (const instance of instances) {
      const outcomes = await meeting<({ outcome: string } | { outcome: 'refused'; cause: { code: string } })[]>(
        db,
        `select from inventory.instances where id = '${instance.slice(4)}' for update`,
        [
          () => db.inventory.burn([burnOf(instance)]),
          () => db.inventory.hold([{ exchange: newId('trd'), title, moves: annToBob(instance) }]),
        ],
      );
      const told = outcomes.flat().map((outcome) => ('cause' in outcome ? outcome.cause.code : outcome.outcome));
      expect(['done item-burned', 'item-held ok']).toContain(told.join(' '));
    }
  });

  it('of one instance by many keys at once happens once', async () => {
    const [instance = ''] = await mintFor(db, 'player:ann', 1);
    const outcomes = (
      await Promise.all(Array.from({ length: 10 }, () => db.inventory.burn([burnOf(instance)])))
    ).flat();
    expect(outcomes.filter((outcome) => outcome.outcome === 'done')).toHaveLength(1);
    expect(
      outcomes.filter((outcome) => outcome.outcome === 'refused' && outcome.cause.code === 'item-burned'),
    ).toHaveLength(9);
  });
});

it('two lists whose keys are in opposite orders wait for each other one way only', async () => {
  const keys = ['a', 'b', 'c'].map((letter) => `${letter} ${newId('req')}`);
  const middle = `insert into inventory.outcomes (title, command, key, fingerprint, instance)
    values ('${title}', 'mint', '${keys[1]}', 'f', gen_random_uuid())`;
  const mint = (order: string[]) => () => db.inventory.mint(order.map((key) => sword({ key })));
  const [first, second] = await meeting(db, middle, [mint(keys), mint([...keys].reverse())]);
  expect(first?.map((outcome) => outcome.outcome)).toEqual(['done', 'done', 'done']);
  expect(second).toEqual(first?.map((outcome) => ({ ...outcome, replayed: true })).reverse());
});
