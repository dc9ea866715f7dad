import type { DataSource } from 'typeorm';
import { ReconciliationService } from '../../src/reconciliation/reconciliation.service.js';
import type { RunEnd } from '../../src/reconciliation/run-ends.js';
import type { Check, Finding, Part, RunKind } from '../../src/reconciliation/checks.types.js';
import { Readers } from '../../src/reconciliation/readers.js';
import { makeDataSource } from '../../src/postgres/data-sources.js';
import { loadConfig, type Config } from '../../src/process/config.js';
import { createDatabase } from '../harness/database.js';
import { patient } from '../harness/meeting.js';

/** A check that finds what a test says, in parts. */
export class ScriptedCheck implements Check {
  readonly kinds = ['hot', 'incremental', 'full', 'history'] as const;
  /** What the first look finds, part by part. */
  parts: Finding[][] = [[]];
  /** What the second look finds of it. Without it, all that the first one has found. */
  again_: Finding[] | undefined;
  /** What a look throws, instead of an answer. */
  fails: Error | undefined;
  /** What a part answers beside its findings. */
  more: Partial<Part> = {};
  /** What the second look throws. */
  failsAgain: Error | undefined;
  /** Whether it says of no place that nothing is wrong there. */
  isUnsure = false;
  looks = 0;

  constructor(readonly name: string) {}

  /** Has it find nothing, as it did before a test has said something else. */
  reset(): void {
    Object.assign(this, {
      ...{ parts: [[]], again_: undefined, fails: undefined, failsAgain: undefined, isUnsure: false },
      ...{ more: {}, looks: 0 },
    });
  }

  look(_look: unknown, after: string | null): Promise<Part> {
    this.looks += 1;
    if (this.fails !== undefined) return Promise.reject(this.fails);
    const at = after === null ? 0 : Number(after);
    const next = at + 1 < this.parts.length ? String(at + 1) : null;
    return Promise.resolve({ findings: this.parts[at] ?? [], looked: { things: 10 }, next, ...this.more });
  }

  again(_look: unknown, places: readonly string[]): Promise<Finding[]> {
    if (this.failsAgain !== undefined) return Promise.reject(this.failsAgain);
    const all = this.again_ ?? this.parts.flat();
    return Promise.resolve(all.filter(({ place }) => places.includes(place)));
  }

  unsure(_look: unknown, places: readonly string[]): Promise<string[]> {
    return Promise.resolve(this.isUnsure ? [...places] : []);
  }
}

/** A break of the demo title. */
export function breakOf(subject: string, over: Partial<Finding> = {}): Finding {
  return {
    type: 31,
    title: 'demo',
    subject,
    account: 'player:ann',
    asset: 'gold',
    amount: 5n,
    detail: 'It is wrong.',
    since: new Date('2026-11-01T10:00:00Z'),
    place: subject,
    ...over,
  };
}

/** Runs of reconciliation over checks that a test scripts, on a database of its own. */
export class RunsWorld {
  readonly main: DataSource;
  readonly service: ReconciliationService;
  readonly readers: Readers;
  private readonly config: Config;

  private constructor(
    parts: Pick<RunsWorld, 'main' | 'service' | 'readers'> & { config: Config },
    private readonly drop: () => Promise<void>,
  ) {
    this.main = parts.main;
    this.service = parts.service;
    this.readers = parts.readers;
    this.config = parts.config;
  }

  /** A worker whose release has other checks. */
  serviceWith(checks: readonly Check[]): ReconciliationService {
    return new ReconciliationService(this.main, checks, this.readers, this.config);
  }

  static async open(checks: readonly Check[]): Promise<RunsWorld> {
    const database = await createDatabase();
    const config = loadConfig({ DATABASE_URL: database.url, VELTRIX_ADMIN_KEY: 'admin-key-of-the-test' });
    const main = await makeDataSource(config, 'main', 'test', patient).initialize();
    const readers = new Readers(config);
    await main.query(`insert into titles.titles (id, name) values ('demo', 'Demo'), ('other', 'Other')`);
    const service = new ReconciliationService(main, checks, readers, config);
    return new RunsWorld({ main, service, readers, config }, async () => {
      await readers.onApplicationShutdown();
      await main.destroy();
      await database.drop();
    });
  }

  /** Makes a whole run. */
  async run(kind: RunKind = 'full', title: string | null = null): Promise<RunEnd & { id: string }> {
    const id = await this.begun(kind, title);
    while (!(await this.service.lookOn(id, () => false)).done);
    return { id, ...(await this.service.finish(id)) };
  }

  /** A run that has cut the databases and looked at nothing. */
  async begun(kind: RunKind = 'full', title: string | null = null): Promise<string> {
    const period = `asked/${Math.random()}`;
    const { id } = await this.service.accept({ kind, title, period, fingerprint: null, repair: 'make' });
    await this.service.begin(id, () => Promise.resolve(true));
    return id;
  }

  /** Changes what is stored, as somebody does who has all rights. */
  async alter(sql: string): Promise<void> {
    await this.main.transaction(async (tx) => {
      await tx.query('set local session_replication_role = replica');
      await tx.query(sql);
    });
  }

  async row(id: string): Promise<{ verdict: string; reasons: { code: string; detail: string }[]; digest: Buffer }> {
    const [row] = await this.main.query<{ verdict: string; reasons: never[]; digest: Buffer }[]>(
      'select verdict, reasons, digest from reconciliation.runs where id = $1',
      [id.slice(4)],
    );
    if (row === undefined) throw new Error(`There is no run ${id}.`);
    return row;
  }

  async close(): Promise<void> {
    await this.drop();
  }
}
