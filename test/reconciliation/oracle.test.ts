import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findings, History } from './histories.js';
import { oracle } from './oracle.js';
import { bookFunction, plants, type Site } from './planter.js';

/** Which rows are damaged where one is. A seed that is given draws others. */
const rowSeed = process.env['VELTRIX_TEST_SEED'] ?? '51';
const seed = process.env['VELTRIX_TEST_SEED'] ?? String(Math.floor(Math.random() * 1_000_000));
/** Of how many damaged histories each oracle says what is broken. A release is held to 1 000. */
const histories = Number(process.env['VELTRIX_TEST_ORACLE_HISTORIES'] ?? 24);
/** How many are damaged in one test. */
const together = 6;
console.log(`Histories are damaged by VELTRIX_TEST_SEED=${seed}.`);

let history: History;
beforeAll(async () => {
  history = await History.open({ exchanges: 400, money: 120, waiting: true });
}, 120_000);
afterAll(() => history.close());

/** Numbers that a text decides, one after the other. */
function* numbersOf(text: string): Generator<number, never> {
  let state = [...text].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) >>> 0, 17);
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state >>> 8;
  }
}

/** Damages the history in one to five ways, each of its own site, and asks both. */
async function both(name: string): Promise<{ ways: string[]; first: string[]; second: string[] }> {
  const numbers = numbersOf(name);
  const ways = Array.from({ length: 1 + (numbers.next().value % 5) }, () => {
    const plant = plants[numbers.next().value % plants.length];
    if (plant === undefined) throw new Error('There are plants.');
    return { plant, draw: String(numbers.next().value) };
  });
  const chosen: string[] = [];
  const damage: [string, ...unknown[]][] = [[bookFunction]];
  const used = new Set<string>();
  for (const { plant, draw } of ways) {
    const sites = await history.main.query<Site[]>(
      `select * from (${plant.sites}) s order by md5('${draw}' || s.id) limit 8`,
    );
    const site = sites.find(({ id = '' }) => !used.has(id) && !used.has(`${plant.name} all`));
    if (site === undefined) continue;
    used.add(site['id'] ?? '');
    chosen.push(`${plant.type}: ${plant.name} at ${site['id']}`);
    for (const [sql, ...parameters] of plant.damage(site)) damage.push([sql, ...parameters]);
  }
  return history.damaged(damage, async (ask) => {
    const found = (await findings(ask)).map(({ type, subject }) => `${type} ${subject}`);
    return { ways: chosen, first: [...new Set(found)].sort(), second: await oracle(ask) };
  });
}

test('of a true history the second oracle finds nothing', async () => {
  expect(await history.damaged([], (ask) => oracle(ask))).toEqual([]);
});

describe('both oracles name the same breaks of histories that are damaged at random', () => {
  const batches = Array.from({ length: Math.ceil(histories / together) }, (_, batch) => batch);
  test.each(batches)(
    'batch %i',
    async (batch) => {
      for (let number = batch * together; number < Math.min((batch + 1) * together, histories); number++) {
        const { ways, first, second } = await both(`${seed}/${number}`);
        expect({ number, ways, found: second }).toEqual({ number, ways, found: first });
      }
    },
    60_000,
  );
});

/** Rows that are gone or changed, whatever they are of. */
const rawWays: readonly (readonly [string, table: string])[] = [
  ...['transfers', 'entries', 'outcomes'].map((table) => ['delete', `ledger.${table}`] as const),
  ...['movements', 'holds', 'instances'].map((table) => ['delete', `inventory.${table}`] as const),
  ...['payments', 'disputes', 'outside_movements'].map((table) => ['delete', `payments.${table}`] as const),
  ...['trades.trades', 'purchases.purchases', 'purchases.restocked'].map((table) => ['delete', table] as const),
  ...['refunds.refunds', 'refunds.totals', 'reconciliation.provider_objects'].map(
    (table) => ['delete', table] as const,
  ),
  ['amount = amount + 3', 'ledger.entries'],
  [`to_owner = 'player:thief'`, 'inventory.movements'],
  [`reference = 'trd_0198c5a0-0000-7000-8000-000000000000'`, 'ledger.transfers'],
];

describe('both oracles name the same breaks where one row', () => {
  test.each(rawWays)('has %s of %s', async (change, table) => {
    const [row] = await history.main.query<{ ctid: string; told: string }[]>(
      `select ctid::text, t::text as told from ${table} t order by md5('${rowSeed}' || ctid::text) limit 1`,
    );
    const at = `where ctid = '${row?.ctid}'`;
    const damage = change === 'delete' ? `delete from ${table} ${at}` : `update ${table} set ${change} ${at}`;
    await history.damaged([[damage]], async (ask) => {
      const first = (await findings(ask)).map(({ type, subject }) => `${type} ${subject}`);
      expect({ row, found: await oracle(ask) }).toEqual({ row, found: [...new Set(first)].sort() });
    });
  });
});
