import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ChainVerifier } from '../../src/reconciliation/chain-verifier.js';
import type { Finding } from '../../src/reconciliation/checks.types.js';
import { breakOf, RunsWorld, ScriptedCheck } from './runs-world.js';

/* Runs with more breaks than any page has: everything goes page by page, and comes to the same as in one go. */

let world: RunsWorld;
const books = new ScriptedCheck('books');
const money = new ScriptedCheck('money');
beforeAll(async () => {
  world = await RunsWorld.open([books, money]);
});
afterAll(() => world.close());

const many = 4_321;
const uuidOf = (place: number): string => `0198c5a0-0000-7000-8000-${String(place).padStart(12, '0')}`;
const wrong = Array.from({ length: many }, (_, place) =>
  breakOf(`trd_${uuidOf(place)}`, { type: 12, amount: BigInt(place) }),
);
const later = new Date(Date.now() + 3_600_000);
const pending = wrong.slice(0, 2_500).map((one): Finding => ({ ...one, type: 30, breaksAt: later }));
/** Parts of some hundred findings, as checks have them. */
const inParts = (all: readonly Finding[]): Finding[][] =>
  Array.from({ length: Math.ceil(all.length / 700) }, (_, part) => all.slice(part * 700, (part + 1) * 700));

async function story(id: string): Promise<Record<string, unknown>> {
  const [row] = await world.main.query<Record<string, unknown>[]>(
    `select (select count(*)::int from reconciliation.breaks where run = $1 and type = 12) as breaks,
       (select count(*)::int from reconciliation.breaks where run = $1 and type = 34) as pending,
       (select max(number) from reconciliation.breaks where run = $1) as last,
       (select max(number) from reconciliation.breaks where run = $1 and type = 12) as "lastBreak",
       (select count(*)::int from reconciliation.cases where cleared_at is null) as open,
       (select count(*)::int from reconciliation.facts where data->>'reconciliation' = 'rec_' || $1) as facts,
       (select array_agg(distinct state) from reconciliation.repairs where run = $1) as repairs,
       (select count(*)::int from reconciliation.repairs where run = $1) as planned,
       (select continuity->'changes' from reconciliation.runs where id = $1) as changes`,
    [id.slice(4)],
  );
  return row ?? {};
}

const sums = (cases: number, amount: bigint): object => ({ cases, amount: amount.toString() });
const all = wrong.reduce((sum, { amount }) => sum + (amount ?? 0n), 0n);

test('thousands of breaks are written, sealed and cleared, and of so many none is repaired', async () => {
  books.parts = inParts(wrong);
  money.parts = inParts(pending);
  const first = await world.run();
  expect(first).toMatchObject({ verdict: 'BREAKS', breaks: many, pending: pending.length });
  expect(await story(first.id)).toMatchObject({
    ...{ breaks: many, pending: pending.length, last: many + pending.length, lastBreak: many, open: many, facts: many },
    ...{ repairs: ['stopped'], planned: many },
    changes: [
      {
        ...{ class: 'auto', before: sums(0, 0n), opened: sums(many, all), cleared: sums(0, 0n), changed: '0' },
        after: sums(many, all),
      },
    ],
  });

  // The first thousand are gone, and one of the others has grown.
  const left = wrong.slice(1_000).map((one, place) => (place === 0 ? { ...one, amount: 7_000n } : one));
  const gone = all - left.reduce((sum, { amount }) => sum + (amount ?? 0n), 0n);
  books.parts = inParts(left);
  money.parts = [[]];
  const second = await world.run();
  expect(second).toMatchObject({ verdict: 'BREAKS', breaks: left.length, pending: 0 });
  const lost = wrong.slice(0, 1_000).reduce((sum, { amount }) => sum + (amount ?? 0n), 0n);
  expect(await story(second.id)).toMatchObject({
    ...{ open: left.length, facts: 1_000 },
    changes: [{ cleared: sums(1_000, lost), changed: (lost - gone).toString(), opened: sums(0, 0n) }],
  });

  books.parts = [[]];
  const third = await world.run('history');
  expect(third).toMatchObject({ verdict: 'RECONCILED', breaks: 0 });
  expect(await story(third.id)).toMatchObject({ open: 0, facts: left.length });
  expect(await new ChainVerifier(world.main).verify(null, third.id)).toMatchObject({ holds: true, verified: 3 });
  const counts = ['found', 'confirmed', 'unsure'].map((table) => `(select count(*)::int from reconciliation.${table})`);
  expect(await world.main.query(`select ${counts.join(' + ')} as left`)).toEqual([{ left: 0 }]);
});

test('a run that was told of something last is named where it is altered, whichever page it is on', async () => {
  books.parts = inParts(wrong.slice(0, 2_100));
  const { id } = await world.run();
  await world.alter(`update reconciliation.breaks set amount = 1 where run = '${id.slice(4)}' and number = 2100`);
  expect(await new ChainVerifier(world.main).verify(null, id)).toMatchObject({
    altered: [{ id, what: 'its cut, its inputs or its breaks were altered' }],
  });
});
