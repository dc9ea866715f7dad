import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { onDatabase } from './faults.js';

/** How often it is looked for what waits, in milliseconds. */
const everyMs = 8_000;

/** What is due in longer than that is left as it is: in the end it is a finding, as what nobody would have come to. */
const withinMinutes = 4;

/** The times at which something that waits is to go on by itself. */
const dueTimes: readonly (readonly [table: string, column: string])[] = [
  ['purchases.open', 'waits_until'],
  ['refunds.open', 'waits_until'],
  ['payments.outside_walks', 'due_at'],
  ['payments.outside_looks', 'due_at'],
  ['payments.outside_movements', 'booking_due_at'],
  ['payments.outside_movements', 'goods_due_at'],
];

/**
 * Has what is due within a few minutes be due at once, again and again until it is aborted. A system that nobody
 * strikes any more need not wait for what it has waited for long enough.
 */
export async function hasten(databaseUrl: string, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    // PostgreSQL may not be back yet.
    await onDatabase(databaseUrl, makeDue).catch(() => undefined);
    await sleep(everyMs, undefined, { signal: stop }).catch(() => undefined);
  }
}

async function makeDue(client: pg.Client): Promise<void> {
  for (const [table, column] of dueTimes)
    await client.query(
      `update ${table} set ${column} = now()
       where ${column} > now() and ${column} < now() + make_interval(mins => $1)`,
      [withinMinutes],
    );
}
