import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '../processes.js';
import { MoneySystem, type Webhooks } from './system.js';

/* Money that moves at the provider without our asking, from its event or the walk to the books, by real processes. */

let system: MoneySystem;
beforeAll(async () => {
  system = await MoneySystem.start('on');
});
afterAll(() => system.close());

/** What the books of a title have of euros, by owner. */
async function euros(title: string): Promise<Record<string, string>> {
  const { rows } = await system.sql.query<{ owner: string; posted: string }>(
    `select owner, (credits_posted - debits_posted)::text as posted from ledger.accounts
     where title = $1 and asset = 'EUR'`,
    [title],
  );
  return Object.fromEntries(rows.map(({ owner, posted }) => [owner, posted]));
}

test.each<[Webhooks]>([['on'], ['off']])(
  'a refund from the dashboard and a dispute that is lost are booked with webhooks %s',
  async (webhooks) => {
    const title = `outside-${webhooks}`;
    const shop = await system.shop(title);
    await system.provider.control('POST', 'webhooks', { mode: webhooks });
    const id = await shop.buy();
    await shop.untilState(id, 'completed');
    await system.provider.act('dashboard-refund', id, '99');
    const { id: dispute } = await system.provider.act<{ id: string }>('dispute-open', id, '150');
    await system.provider.act('dispute-lost', dispute);
    // A walk is due once a minute.
    if (webhooks === 'off') await system.sql.query('update payments.outside_walks set due_at = now()');
    const booked = {
      'system:mint': String(-499 + 99 + 150),
      'system:clearing:stripe': String(499 - 99 - 150 - 1500),
      'system:fees': '1500',
    };
    await until('all of it is booked', async () => 'system:fees' in (await euros(title)), 60_000);
    expect(await euros(title)).toEqual(booked);
    const { body } = await shop.api.send('GET', `/v1/disputes?purchase=${id}`);
    expect(body).toMatchObject({
      data: [{ id: dispute, purchase: id, state: 'lost', amount: '150', currency: 'EUR' }],
    });
    await until('it is told to be booked', async () => {
      const { rows } = await system.sql.query(
        'select 1 from payments.outside_movements where booking_due_at is not null',
      );
      return rows.length === 0;
    });
    const story = await shop.api.send('GET', `/v1/disputes/${dispute}`);
    expect(story.body).toMatchObject({
      movements: [
        { kind: 'dispute', amount: '150', booked: true },
        { kind: 'dispute-fee', amount: '1500', booked: true },
      ],
    });
  },
);
