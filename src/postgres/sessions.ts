import type { Client } from 'pg';
import { ConfigError } from '../process/config.js';

/**
 * A session that is not what the code relies on. It ends a process that starts; later it is an outage, because another
 * session may be.
 */
export class UnfitSession extends ConfigError {
  /** As PostgreSQL says that it has rejected a connection. */
  readonly code = '08004';
}

/** Settings by their names, in any writing that PostgreSQL reads. */
export type SessionSettings = Readonly<Record<string, string>>;

/** The connections whose sessions are a pooler's. */
const pooled = new WeakSet<Client>();

/**
 * True where a connection pooler gives a connection another session from transaction to transaction, or may. It was
 * found out by checkSession.
 */
export function isPooled(client: Client): boolean {
  return pooled.has(client);
}

interface Found {
  pid: number;
  database: string;
  encoding: string;
  setting: string;
  isRight: boolean;
  /** The statement that has further sessions begin with it. */
  cure: string;
}

/**
 * Names are in quotation marks, by which they are left out where a title reads why a step fails. The statement lets
 * PostgreSQL write each value as it writes its own. What it sets for that is gone with the statement.
 */
const look = `
  with given as materialized (
    select name, value, current_setting(name) as has from unnest($1::text[], $2::text[]) as s (name, value)),
  compared as (select name, has, set_config(name, value, true) as wanted from given)
  select pg_backend_pid() as pid, current_database() as database, current_setting('server_encoding') as encoding,
    name as setting, has = wanted as "isRight",
    format('alter role "%s" in database "%s" set %s = %L;', replace(session_user, '"', '""'),
      replace(current_database(), '"', '""'), name, wanted) as cure
  from compared`;

/**
 * Looks at the session of a new connection. The settings that a connection asks for at its start do not get past a
 * connection pooler, which is known by another process id than it has told.
 * @param settings what the session must have
 * @throws UnfitSession with one sentence that says what to do
 */
export async function checkSession(client: Client, settings: SessionSettings): Promise<void> {
  const { rows } = await client.query<Found>(look, [Object.keys(settings), Object.values(settings)]);
  const [first] = rows;
  if (first === undefined) return;
  refuseEncoding(first.database, first.encoding);
  if ((client as Client & { processID: number | null }).processID !== first.pid) pooled.add(client);
  const cures = rows.filter(({ isRight }) => !isRight).map(({ cure }) => cure);
  if (cures.length === 0) return;
  throw new UnfitSession(
    `Sessions in the database "${first.database}" do not begin with what Veltrix relies on, because a connection ` +
      `pooler does not pass it on: run ${cures.join(' ')} and have the pooler open its sessions anew ` +
      '(RECONNECT of PgBouncer); see "Behind PgBouncer" in docs/operations.md.',
  );
}

/**
 * Asserts that a database can hold every text.
 * @throws UnfitSession where its encoding is not UTF8
 */
export function refuseEncoding(database: string, encoding: string): void {
  if (encoding === 'UTF8') return;
  throw new UnfitSession(
    `The database "${database}" has the encoding ${encoding}, which cannot hold every text: ` +
      `make one with create database … encoding 'UTF8' template template0.`,
  );
}

/**
 * The statement that starts a transaction in a session that may be anybody's: what the session should have begun with
 * is set for the transaction.
 */
export function beginWith(settings: SessionSettings): string {
  const own = Object.entries(settings).filter(([name]) => !name.startsWith('default_transaction_'));
  const set = own.map(([name, value]) => `set local ${name} = '${value}'`);
  return ['start transaction isolation level read committed', ...set].join('; ');
}
