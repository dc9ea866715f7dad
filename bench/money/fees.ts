import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { payOut } from '../system/money.js';
import type { System } from '../system/system.js';

/** The schedule by which Veltrix asks what its provider has kept. */
const schedule = 'fees/veltrix';
const withinMs = 60_000;

/** Keeps the fees of one run from being asked for in the middle of the next. */
export async function pauseFees({ temporal }: System): Promise<void> {
  await temporal.schedule.getHandle(schedule).pause();
}

/** Has the provider settle what was captured, and Veltrix book its fees. @throws Error where they are not booked */
export async function bookFees({ temporal, money, databases }: System): Promise<void> {
  if (money === undefined) return;
  const client = new pg.Client({ connectionString: databases.money });
  await client.connect();
  try {
    let due = await feesDue(client);
    if (due > 0) await payOut(money);
    for (const deadline = Date.now() + withinMs; due > 0; due = await feesDue(client)) {
      if (Date.now() > deadline) throw new Error(`${due} fees are not booked.`);
      await temporal.schedule.getHandle(schedule).trigger();
      await sleep(500);
    }
  } finally {
    await client.end();
  }
}

async function feesDue(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ due: number }>(
    'select count(*)::int as due from payments.payments where fee_due_at is not null',
  );
  return rows[0]?.due ?? 0;
}
