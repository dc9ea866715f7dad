import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ChainVerifier } from '../../src/reconciliation/chain-verifier.js';
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

describe('the chain of runs', () => {
  const spoilers: [string, string, string][] = [
    ['a break that is changed', 'set amount = 6 where run =', 'breaks'],
    ['a break that is deleted', 'where run =', 'breaks'],
    ['a verdict that is changed', `set verdict = 'RECONCILED' where id =`, 'runs'],
    ['a period that is changed', `set period = 'daily/2026-11-01T02:00:00Z' where id =`, 'runs'],
    ['a break that is of another case', 'set case_id = gen_random_uuid() where run =', 'breaks'],
    ['reasons that are changed', `set looked = '{}' where id =`, 'runs'],
    ['a line of the bridge that is changed', `set closing = closing + 1 where run =`, 'bridge'],
  ];
  it.each(spoilers)('names %s, in the run after it', async (name, change, table) => {
    books.parts = [[breakOf('trd_9')]];
    books.more = {
      lines: [{ title: 'demo', account: 'asset', asset: 'gold', movements: { grant: 7n }, closing: 7n }],
    };
    const { id } = await world.run();
    const [stored] = await world.main.query<object[]>(`select * from reconciliation.${table} limit 1`);
    expect(stored).toBeDefined();
    await world.alter(`create table if not exists kept_${table} as select * from reconciliation.${table} with no data`);
    await world.alter(`insert into kept_${table} select * from reconciliation.${table}`);
    await world.alter(
      `${name.includes('deleted') ? 'delete from' : 'update'} reconciliation.${table} ${change} '${id.slice(4)}'`,
    );
    const next = await world.run('hot');
    expect(next.verdict).toBe('INCOMPLETE');
    expect((await world.row(next.id)).reasons).toMatchObject([
      { code: 'broken-chain', detail: expect.stringContaining(id) as unknown },
    ]);
    // What was altered is put back, so that the next one begins with a whole chain.
    const key = table === 'runs' ? 'id' : 'run';
    await world.alter(`delete from reconciliation.${table} where ${key} = '${id.slice(4)}'`);
    await world.alter(`insert into reconciliation.${table} overriding system value
      select * from kept_${table} where ${key} = '${id.slice(4)}'`);
    await world.alter(`drop table kept_${table}`);
    expect(await world.run('history')).toMatchObject({ verdict: 'BREAKS' });
  });

  it('names a hash that is changed, and what does not follow from the run before it, for ever', async () => {
    const { id } = await world.run();
    await world.alter(`update reconciliation.runs set hash = sha256('x') where id = '${id.slice(4)}'`);
    for (const kind of ['hot', 'history'] as const) {
      const next = await world.run(kind);
      expect(next.verdict).toBe('INCOMPLETE');
      expect((await world.row(next.id)).reasons.map(({ detail }) => detail)).toContain(
        `${id}: its verdict, its counts, its period or its hash were altered.`,
      );
    }
    const gone = await world.run();
    await world.run();
    await world.alter(`delete from reconciliation.runs where id = '${gone.id.slice(4)}'`);
    const { reasons } = await world.row((await world.run('history')).id);
    expect(reasons.map(({ detail }) => detail)).toContainEqual(
      expect.stringContaining('it does not follow from the run before it'),
    );
  });

  it('misses the last runs where they are gone', async () => {
    const verifier = new ChainVerifier(world.main);
    const kept = await world.run();
    const gone = [await world.run(), await world.run()];
    for (const { id } of gone) await world.alter(`delete from reconciliation.runs where id = '${id.slice(4)}'`);
    const last = gone[1]?.id;
    expect(await verifier.verify(null, kept.id)).toMatchObject({
      altered: expect.arrayContaining([
        { id: last, what: expect.stringMatching(/^it was link \d+, the last one, and 2 links are gone$/) as unknown },
      ]) as unknown,
    });
    const next = await world.run('hot');
    expect(next.verdict).toBe('INCOMPLETE');
    const reasons = async (id: string): Promise<string[]> => (await world.row(id)).reasons.map(({ detail }) => detail);
    expect(await reasons(next.id)).toContainEqual(expect.stringContaining(`${last}: it was link`));
    // What comes after them does not fit, for ever.
    await world.run();
    expect(await reasons((await world.run('history')).id)).toContainEqual(
      expect.stringContaining(`${next.id}: it does not follow`),
    );
  });

  it('is verified by a request from a run back, and the next one goes on', async () => {
    const verifier = new ChainVerifier(world.main);
    const { id } = await world.run();
    const [{ chain }] = await world.main.query<[{ chain: string }]>(
      'select chain from reconciliation.runs where id = $1',
      [id.slice(4)],
    );
    const all = await verifier.verify(null, id);
    expect(all).toMatchObject({ verified: Number(chain), next: null });
    const [first, second] = [await verifier.verify(null, id, 3n), await verifier.verify(null, id, BigInt(chain) + 9n)];
    expect(first).toMatchObject({ verified: 3, next: null });
    expect(second).toEqual(all);
  });

  it('names open cases that somebody has closed by hand', async () => {
    books.parts = [[breakOf('trd_10')]];
    await world.run();
    await world.alter(`update reconciliation.cases set cleared_at = now(), cleared_by = id where subject = 'trd_10'`);
    const { id, verdict } = await world.run('hot');
    expect(verdict).toBe('INCOMPLETE');
    expect((await world.row(id)).reasons).toContainEqual(expect.objectContaining({ code: 'items-differ' }));
  });
});
