import type { DataSource } from 'typeorm';
import { makeDataSource } from '../../src/postgres/data-sources.js';
import { loadConfig } from '../../src/process/config.js';
import type { Check, Finding, Look } from '../../src/reconciliation/checks.types.js';
import { moneyChecks } from '../../src/reconciliation/money/money-checks.js';
import { Readers } from '../../src/reconciliation/readers.js';
import { ReconciliationService } from '../../src/reconciliation/reconciliation.service.js';
import type { RunEnd } from '../../src/reconciliation/run-ends.js';
import { valueChecks } from '../../src/reconciliation/value/value-checks.js';
import { createDatabase } from '../harness/database.js';
import { patient } from '../harness/meeting.js';
import { booksStatements } from './histories-books.js';
import { moneyStatements } from './histories-money.js';
import { lists, providerStatements } from './histories-provider.js';
import { groundwork, title, valueStatements, type Size } from './histories-value.js';
import { sessionReader } from './session-reader.js';

/** `VELTRIX_TEST_HISTORY=full` is what a release is held to. Every run has the small one. */
export const size: Size =
  process.env['VELTRIX_TEST_HISTORY'] === 'full'
    ? { exchanges: 100_000, money: 5_000, waiting: true }
    : { exchanges: 2_000, money: 300, waiting: true };

/** All that the worker runs but the look at Temporal. What the provider says is in its table, and is whole. */
export const checks: readonly Check[] = [
  ...valueChecks,
  ...moneyChecks({
    import: () => Promise.resolve({ findings: [], looked: {}, next: null }),
  }),
];

/** One damage: statements with their parameters. */
export type Damage = readonly (readonly [sql: string, ...parameters: unknown[]])[];

/** A history in a database of its own, and runs of reconciliation over it. */
export class History {
  private constructor(
    readonly main: DataSource,
    private readonly service: ReconciliationService,
    private readonly drop: () => Promise<void>,
  ) {}

  static async open(of: Size = size): Promise<History> {
    const database = await createDatabase();
    const config = loadConfig({ DATABASE_URL: database.url, VELTRIX_ADMIN_KEY: 'admin-key-of-the-test' });
    const main = await makeDataSource(config, 'main', 'test', patient).initialize();
    const readers = new Readers(config);
    const history = new History(main, new ReconciliationService(main, checks, readers, config), async () => {
      await readers.onApplicationShutdown();
      await main.destroy();
      await database.drop();
    });
    const players = Math.max(20, Math.floor(of.exchanges / 20));
    await history.damage(
      [
        ...groundwork,
        ...valueStatements(of, players),
        ...moneyStatements(of, players),
        ...providerStatements,
        ...booksStatements,
      ].map((sql) => [sql] as const),
      'origin',
    );
    await main.query(
      `insert into reconciliation.provider_lists (title, provider, list, run, state, began_at)
       select $1, 'stripe', unnest($2::text[]), 'rec_earlier', 'whole', now()`,
      [title, lists],
    );
    return history;
  }

  /** Makes a whole run, with its second look and its verdict. */
  async run(): Promise<RunEnd & { id: string }> {
    const period = `asked/${Math.random()}`;
    const { id } = await this.service.accept({
      kind: 'history',
      title: null,
      period,
      fingerprint: null,
      repair: 'make',
    });
    await this.service.begin(id, () => Promise.resolve(true));
    await this.main.query(`update reconciliation.provider_lists set run = $1`, [id]);
    while (!(await this.service.lookOn(id, () => true)).done);
    return { id, ...(await this.service.finish(id)) };
  }

  /** Changes rows underneath, without a trigger that would say no. */
  async damage(damage: Damage, role: 'replica' | 'origin' = 'replica'): Promise<void> {
    await this.main.transaction(async (tx) => {
      await tx.query(`set local session_replication_role = ${role}`);
      for (const [sql, ...parameters] of damage) await tx.query(sql, parameters);
    });
  }

  /** Damages rows in a transaction, looks at them with its eyes, and undoes it. */
  async damaged<T>(damage: Damage, look: (query: Ask) => Promise<T>): Promise<T> {
    const runner = this.main.createQueryRunner();
    const ask: Ask = <Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> =>
      runner.query(sql, [...parameters]) as Promise<Row[]>;
    try {
      await runner.startTransaction();
      await ask('set local session_replication_role = replica');
      for (const [sql, ...parameters] of damage) await ask(sql, parameters);
      return await look(ask);
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
  }

  async close(): Promise<void> {
    await this.drop();
  }
}

export type Ask = <Row>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;

/** What all checks find over what one session sees, once it is found twice. What is within its time is left out. */
export async function findings(ask: Ask): Promise<Finding[]> {
  const now = new Date();
  return (await allFindings(ask, now)).filter(({ breaksAt }) => breaksAt === undefined || breaksAt <= now);
}

/** The same at a moment, with what is within its time. */
export async function allFindings(ask: Ask, now: Date): Promise<Finding[]> {
  // What the session has damaged is of its own transaction, and belongs to the run all the same.
  const cut = { xmax: '9000000000000000000', at: now };
  const all = <Value>(value: Value): Record<'main' | 'ledger' | 'inventory' | 'payments', Value> => ({
    ...{ main: value, ledger: value, inventory: value, payments: value },
  });
  await ask(`update reconciliation.provider_lists set run = 'rec_test'`);
  const look: Look = {
    read: all(sessionReader(ask)),
    cut: all(cut),
    run: { id: 'rec_test', kind: 'history', title: null, since: null },
    now: cut.at,
  };
  const found: Finding[] = [];
  for (const check of checks) {
    if (!check.kinds.includes('history')) continue;
    const places = new Set<string>();
    let after: string | null = null;
    do {
      const part: Awaited<ReturnType<Check['look']>> = await check.look(look, after);
      for (const { place } of part.findings) places.add(place);
      after = part.next;
    } while (after !== null);
    if (places.size > 0) found.push(...(await check.again(look, [...places])));
  }
  return found;
}
