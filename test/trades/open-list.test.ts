import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { TradesReads, type TradeFilter } from '../../src/trades/trades.reads.js';
import { createDatabase, type TestDatabase } from '../harness/database.js';

/* What the list of open trades costs where many closed ones are stored. */

interface Plan {
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Relation Name'?: string;
  Plans?: Plan[];
}

const stored = 20_000;
let database: TestDatabase;
let session: pg.Client;
beforeAll(async () => {
  database = await createDatabase();
  session = new pg.Client({ connectionString: database.url });
  await session.connect();
  await session.query(
    `insert into trades.trades (id, title, key, fingerprint, state, player_a, player_b, parties, closed_at)
     select gen_random_uuid(), 'arena', 'key-' || place, '', 'settled', 'ann', 'bob', '[]', now()
     from generate_series(1, ${stored}) as g (place)`,
  );
  for (const [title, state, count] of [
    ['arena', 'stuck', 3],
    ['arena', 'accepted', 30],
    ['bazaar', 'accepted', 300],
  ])
    await session.query(
      `with made as (
         insert into trades.trades (id, title, key, fingerprint, state, player_a, player_b, parties)
         select gen_random_uuid(), $1, $2::text || place, '', $2, 'ann', 'bob', '[]'
         from generate_series(1, $3::int) as g (place)
         returning id, created_at
       )
       insert into trades.open (id, created_at) select id, created_at from made`,
      [title, state, count],
    );
  await session.query('vacuum analyze trades.trades, trades.open');
});
afterAll(async () => {
  await session.end();
  await database.drop();
});

/** How many rows of a table a plan has looked at. */
function looked(plan: Plan, table: string): number {
  const own = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
  const below = (plan.Plans ?? []).reduce((sum, part) => sum + looked(part, table), 0);
  return below + (plan['Relation Name'] === table ? own : 0);
}

async function planOf(filter: TradeFilter): Promise<Plan> {
  let plan: Plan | undefined;
  const explaining = {
    query: async (text: string, parameters: unknown[]) => {
      const { rows } = await session.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        `explain (analyze, format json) ${text}`,
        parameters,
      );
      plan = rows[0]?.['QUERY PLAN'][0].Plan;
      return [];
    },
  } as unknown as DataSource;
  await new TradesReads(explaining).trades('arena', filter, 50, undefined);
  if (plan === undefined) throw new Error('Nothing was asked.');
  return plan;
}

test.each<[TradeFilter]>([[{ state: 'stuck' }], [{ state: 'accepted' }], [{ state: 'stuck', player: 'ann' }]])(
  'a list of open trades by %j reads no trade that is closed',
  async (filter) => {
    const plan = await planOf(filter);
    expect([looked(plan, 'trades') < 1_000, JSON.stringify(plan, null, 1)]).toEqual([true, expect.any(String)]);
  },
);
