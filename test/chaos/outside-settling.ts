import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { disputes, type DisputeRow } from './outside-books.js';
import { disputeStateOf, wantedMovements } from './outside.rules.js';
import { titles } from './stage.js';
import type { System } from './system.js';

/** How long it may take to find and book what has moved at the provider, once nothing is struck, in milliseconds. */
const boundMs = 150_000;

/**
 * Waits until everything that has moved at the provider is found, kept and booked: every account is walked once more,
 * and nothing is due. What is not so within the bound is a finding of the check.
 */
export async function outsideSettled({ databaseUrl, provider }: System): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    // The provider tells times in whole seconds.
    const { rows: began } = await client.query<{ at: Date }>("select clock_timestamp() + interval '1 second' as at");
    await sleep(1_100);
    await client.query('update payments.outside_walks set due_at = now()');
    await client.query('update payments.outside_looks set due_at = now() where parked is null');
    for (const deadline = Date.now() + boundMs; Date.now() < deadline; await sleep(500)) {
      const books = await provider.books(titles);
      const { rows: booked } = await client.query<{ name: string }>(
        `select title || ' ' || key as name from ledger.outcomes where transfer_id is not null`,
      );
      const keys = new Set(booked.map(({ name }) => name));
      const isBooked = wantedMovements(books, (key) => keys.has(key)).every(({ title, key }) =>
        keys.has(`${title} ${key}`),
      );
      const { rows: kept } = await client.query<DisputeRow>(disputes);
      const states = new Map(kept.map(({ title, reference, state }) => [`${title} ${reference}`, state]));
      const areKept = books.disputes.every(
        ({ title, reference, status }) => states.get(`${title} ${reference}`) === disputeStateOf(status),
      );
      if (isBooked && areKept && (await isQuiet(client, began[0]?.at))) return;
    }
  } finally {
    await client.end();
  }
}

/** Whether every walk has passed a moment, and nothing waits to be looked at, booked, or followed by its goods. */
async function isQuiet(client: pg.Client, since: Date | undefined): Promise<boolean> {
  const { rows } = await client.query<{ waiting: number }>(
    `select (select count(*) from payments.outside_walks where walked_until < $1 or walk_to is not null)::int
       + (select count(*) from payments.outside_looks where due_at <= clock_timestamp())::int
       + (select count(*) from payments.outside_movements m
          where booking_due_at is not null or to_jsonb(m)->>'goods_due_at' is not null)::int as waiting`,
    [since],
  );
  return rows[0]?.waiting === 0;
}
