import type { Client, Connection } from 'pg';

/** What a command is told whose connection has been silent for too long. It is an outage. */
const timedOut = 'ETIMEDOUT';

/**
 * How much longer than a statement may run PostgreSQL may take to say so. PostgreSQL ends the statement by itself
 * before, so only a network or a server that is silent goes beyond it.
 */
const share = 1.1;

/** A process that was stopped runs its timers before it reads. So what has come meanwhile gets a moment. */
const readMs = 250;

/** One connection of a pool, and when the server last answered it. */
interface Watched {
  connection: Connection;
  heardAt: number;
  /** Runs while the server owes an answer. */
  timer: NodeJS.Timeout | undefined;
}

/**
 * Drops the connections of one pool that the server does not answer any more. A network may swallow all that is sent:
 * no socket fails then for a quarter of an hour, and whoever waits for an answer would wait for as long. The command
 * fails as it does where a connection is lost, and the pool opens another one.
 */
export class SilentConnections {
  private readonly watched = new Set<Watched>();
  private readonly limitMs: number;

  /** @param statementTimeoutMs how long the server lets a statement of this pool run */
  constructor(statementTimeoutMs: number) {
    this.limitMs = statementTimeoutMs * share;
  }

  /** Watches a connection of the pool from now on. */
  watch(client: Client): void {
    const { connection } = client;
    const one: Watched = { connection, heardAt: performance.now(), timer: undefined };
    this.watched.add(one);
    const query = client.query.bind(client) as (...parameters: unknown[]) => unknown;
    client.query = ((...parameters: unknown[]) => {
      one.timer ??= setTimeout(() => this.silent(one), this.limitMs);
      return query(...parameters);
    }) as typeof client.query;
    // The driver says `drain` where nothing more is asked, within its own listener of the same answer.
    connection.prependListener('readyForQuery', () => {
      one.heardAt = performance.now();
      one.timer?.refresh();
    });
    client.on('drain', () => stopTimer(one));
    connection.once('end', () => {
      stopTimer(one);
      this.watched.delete(one);
    });
  }

  /**
   * Drops a connection that has been silent for too long, unless its answer is there and yet to be read. Those that
   * wait in the pool and have not been heard since are as likely to be dead, and nobody should have to find that out.
   */
  private silent(one: Watched): void {
    const { limitMs } = this;
    const since = performance.now() - limitMs;
    one.timer = setTimeout(() => {
      const seconds = Math.round(limitMs / 1_000);
      const error = Object.assign(new Error(`PostgreSQL has not answered for ${seconds} s.`), { code: timedOut });
      const idle = [...this.watched].filter(({ timer, heardAt }) => timer === undefined && heardAt < since);
      for (const { connection } of [one, ...idle]) connection.stream.destroy(error);
    }, readMs);
  }
}

function stopTimer(one: Watched): void {
  clearTimeout(one.timer);
  one.timer = undefined;
}
