import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, ScheduleOverlapPolicy, type ScheduleHandle } from '@temporalio/client';
import { feesId } from '../../../contracts/sagas.js';
import { openConnection } from '../../../src/temporal/open-connection.js';
import { until } from '../processes.js';
import { MoneySystem } from './system.js';

/* What the provider keeps of a payment, from the schedule that asks for it to the books. */

let system: MoneySystem;
let client: Client;
let schedule: ScheduleHandle;
beforeAll(async () => {
  system = await MoneySystem.start('off');
  client = new Client({
    connection: openConnection({ address: process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '' }),
  });
  schedule = client.schedule.getHandle(feesId(system.taskQueue));
});
afterAll(async () => {
  await client.connection.close();
  await system.close();
});

/** Has the schedule start a run now, with every fee due that is not booked. @returns how many fees it booked */
async function bookNow(): Promise<number> {
  await system.sql.query('update payments.payments set fee_due_at = now() where fee_due_at is not null');
  const before = (await schedule.describe()).info.numActionsTaken;
  await schedule.trigger(ScheduleOverlapPolicy.BUFFER_ALL);
  await until('the schedule has started a run', async () => {
    return (await schedule.describe()).info.numActionsTaken > before;
  });
  const [last] = (await schedule.describe()).info.recentActions.slice(-1);
  if (last?.action.type !== 'startWorkflow') throw new Error('The schedule has started nothing.');
  const booked: unknown = await client.workflow.getHandle(last.action.workflow.workflowId).result();
  return booked as number;
}

/** What the books of a title have of euros, by owner, and by how many entries. */
async function euros(title: string): Promise<unknown> {
  const { rows } = await system.sql.query<{ owner: string; posted: string; entries: number }>(
    `select a.owner, (a.credits_posted - a.debits_posted)::text as posted,
       (select count(*)::int from ledger.entries e where e.account_id = a.id) as entries
     from ledger.accounts a where a.title = $1 and a.asset = 'EUR'`,
    [title],
  );
  return Object.fromEntries(rows.map(({ owner, posted, entries }) => [owner, [posted, entries]]));
}

test('the fee of a payment is booked once it is known, and once', async () => {
  const shop = await system.shop('fees');
  const id = await shop.buy();
  await shop.untilState(id, 'completed');
  const unbooked = { 'system:mint': ['-499', 1], 'system:clearing:stripe': ['499', 1] };
  expect(await bookNow()).toBe(0);
  expect(await euros('fees')).toEqual(unbooked);

  await system.provider.act('settle', id);
  // A run that the schedule makes by itself may have been first.
  expect(await bookNow()).toBeLessThanOrEqual(1);
  const booked = { ...unbooked, 'system:clearing:stripe': ['467', 2], 'system:fees': ['32', 1] };
  await until('the fee is booked', async () => JSON.stringify(await euros('fees')).includes('system:fees'), 45_000);
  expect(await euros('fees')).toEqual(booked);
  const { rows } = await system.sql.query('select id from payments.payments where fee_due_at is not null');
  expect(rows).toEqual([]);
  expect(await bookNow()).toBe(0);
  expect(await euros('fees')).toEqual(booked);
});
