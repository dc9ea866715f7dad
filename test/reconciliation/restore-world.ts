import { readFileSync } from 'node:fs';
import { Client, WorkflowNotFoundError } from '@temporalio/client';
import pg from 'pg';
import { openConnection } from '../../src/temporal/open-connection.js';
import { MoneySystem } from '../e2e/money/system.js';
import { adminKey, Api, until } from '../e2e/processes.js';

const runbook = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

/** By how much the transactions of the copy are ahead, as if it came from a server that has made more of them. */
const ahead = 100_000;

/** A block of code of the runbook, by words that are in it alone. */
function blockOf(words: string): string {
  const blocks = [...runbook.matchAll(/```(?:sql|sh)\n([^`]*)```/g)].map(([, block]) => block?.trim() ?? '');
  const [found, ...others] = blocks.filter((block) => block.includes(words));
  if (found === undefined || others.length > 0) throw new Error(`The runbook has no one block with ${words}.`);
  return found;
}

/** A break, as far as a test says it. */
export interface FoundBreak {
  type: number;
  subject: string;
  amount?: string;
  detail: string;
  class: string;
}

/** What a run has come to. */
export interface Ran {
  verdict: string;
  reasons: { code: string; detail: string }[];
  repairs: { type: number; action: string; subject: string; state: string }[];
  breaks: FoundBreak[];
}

/** Everything that runs, whose database can be copied and be put back, step by step as the runbook says. */
export class RestoreWorld {
  private readonly operator: Api;
  private asked = 0;

  private constructor(readonly system: MoneySystem) {
    this.operator = new Api(system.main.url, adminKey);
    // The database is taken away from under its sessions.
    system.sql.on('error', () => undefined);
  }

  static async open(): Promise<RestoreWorld> {
    return new RestoreWorld(await MoneySystem.start('on'));
  }

  private get database(): string {
    return new URL(this.system.database.url).pathname.slice(1);
  }

  /** Copies the database while everything runs. */
  async copy(): Promise<void> {
    const { database } = this;
    await onServer(async (client) => {
      await client.query(`alter database ${database} allow_connections false`);
      await endSessions(client, database);
      await client.query(`create database ${database}_copy template ${database} strategy file_copy`);
      await client.query(`alter database ${database} allow_connections true`);
    });
  }

  /** Puts the copy where the database was, as from a server whose transactions have higher numbers. */
  async putBack(): Promise<void> {
    const { database } = this;
    await onServer(async (client) => {
      await client.query(`drop database ${database} with (force)`);
      await client.query(`alter database ${database}_copy rename to ${database}`);
    });
    await this.alter(
      `do $$ declare t record; begin
         for t in select attrelid::regclass as name from pg_attribute a join pg_class c on c.oid = a.attrelid
           where attname = 'transaction_id' and relkind in ('r', 'p') loop
           execute format(
             'update %s set transaction_id = (transaction_id::text::bigint + ${ahead})::text::xid8', t.name);
         end loop;
       end $$`,
    );
  }

  /** Brings the numbers of transactions beyond those of the copy, by the statements of the runbook, as psql does. */
  async passTransactions(): Promise<void> {
    const [limit, loop] = blockOf('pg_current_xact_id()').split(/;\n *(?=do \$\$)/);
    const client = await this.system.sql.connect();
    try {
      await client.query(`set statement_timeout = '1ms'`);
      await client.query(limit ?? '');
      await client.query(loop ?? '');
    } finally {
      client.release(true);
    }
  }

  /** Whether there are transfers of transactions that have not been yet. */
  async isAhead(): Promise<boolean> {
    const { rows } = await this.system.sql.query<{ ahead: boolean }>(
      `select exists (select from ledger.transfers
         where transaction_id >= pg_snapshot_xmax(pg_current_snapshot())) as ahead`,
    );
    return rows[0]?.ahead === true;
  }

  /** Ends the sagas that Temporal still runs, by the query of the runbook. @returns their names */
  async endSagas(): Promise<string[]> {
    const query = /--query '([^']*)'/.exec(blockOf('temporal workflow terminate'))?.[1] ?? '';
    const connection = openConnection({ address: process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '' });
    try {
      const { workflow } = new Client({ connection });
      const own = query.replace('TaskQueue="veltrix"', `TaskQueue="${this.system.taskQueue}"`);
      const ended: string[] = [];
      for await (const { workflowId } of workflow.list({ query: own })) {
        try {
          await workflow.getHandle(workflowId).terminate('The database was restored.');
          ended.push(workflowId);
        } catch (error) {
          // The list of Temporal is late, so it may name what has ended by itself.
          if (!(error instanceof WorkflowNotFoundError)) throw error;
        }
      }
      return ended;
    } finally {
      await connection.close();
    }
  }

  /** Has runs judge what is late as if they were made so much later. */
  async judgeLater(minutes: number): Promise<void> {
    await this.system.sql.query(
      `create function public.later() returns trigger language plpgsql as $$ begin
         new.cuts := jsonb_set(new.cuts::jsonb, '{main,at}',
           to_jsonb((new.cuts->'main'->>'at')::timestamptz + interval '${minutes} minutes'));
         return new;
       end $$`,
    );
    await this.system.sql.query(
      `create trigger later before update on reconciliation.runs for each row
         when (old.cuts is null and new.cuts is not null) execute function public.later()`,
    );
  }

  /** Makes a run of everything, and waits for its repairs. */
  async reconcile(kind: 'full' | 'history'): Promise<Ran> {
    const { operator } = this;
    const asked = operator.post('/v1/reconciliations', `restore-${++this.asked}`, { kind });
    const path = `/v1/reconciliations/${(await operator.must(202, asked))['id'] as string}`;
    const read = (): Promise<Record<string, unknown>> => operator.must(200, operator.send('GET', path));
    await until('the run has finished', async () => (await read())['state'] === 'finished');
    const { data } = await operator.must(200, operator.send('GET', `${path}/breaks?limit=100`));
    return { ...((await read()) as unknown as Omit<Ran, 'breaks'>), breaks: data as FoundBreak[] };
  }

  /** Changes rows as nobody may. */
  async alter(sql: string): Promise<void> {
    const client = await this.system.sql.connect();
    try {
      await client.query(`begin; set local session_replication_role = replica; ${sql}; commit`);
    } finally {
      client.release();
    }
  }
}

async function endSessions(client: pg.Client, database: string): Promise<void> {
  const left = async (): Promise<number> => {
    const { rows } = await client.query<{ left: number }>(
      `select count(pg_terminate_backend(pid, 5000))::int as left from pg_stat_activity where datname = $1`,
      [database],
    );
    return rows[0]?.left ?? 0;
  };
  while ((await left()) > 0);
}

async function onServer(work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: process.env['VELTRIX_TEST_POSTGRES_URL'] });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
