import { expect, test } from '@jest/globals';
import type { Exchange } from '../../contracts/nouns.js';
import { acceptTrades } from '../convoys/convoy-samples.js';
import { until } from '../e2e/processes.js';
import type { SagaWorld } from './saga-world.js';
import { openForTests } from './test-world.js';

/*
 * What no saga can bring about, and a console can: the hold of an exchange is given back although the ledger has
 * booked.
 */

let world: SagaWorld;
openForTests((opened) => void (world = opened), { STUCK_AFTER_SECONDS: '1' });

const olga = { operator: 'olga', reason: 'I have mended it.' };
const handle = (workflowId: string) => world.client.workflow.getHandle(workflowId);
const why = (id: string): string => `${id}: items were released although the ledger has booked`;

/** Gives the hold of an exchange back right before it is moved. */
function breakHoldOf({ id }: Exchange): void {
  world.before = async (step) => {
    if (step !== 'inventoryMove') return;
    await world.session.query(
      `update inventory.holds set state = 'released', cause_code = 'by-hand', cause_detail = 'A console.'
       where exchange = $1 and state = 'held'`,
      [id],
    );
  };
}

/** Ends the hold by hand, as a console must that has given it back wrongly, and moves its items. */
async function mendHoldOf({ id, moves }: Exchange): Promise<void> {
  await world.session.query('alter table inventory.holds disable trigger holds_end_once');
  await world.session.query(
    `update inventory.holds set state = 'ended-by-hand', cause_code = null, cause_detail = null where exchange = $1`,
    [id],
  );
  await world.session.query('alter table inventory.holds enable trigger holds_end_once');
  const [move] = moves;
  await world.session.query(
    `update inventory.instances set state = 'owned', hold_exchange = null, owner = $2, version = version + 1
     where id = $1`,
    [move?.instance.slice(4), move?.to],
  );
}

const view = async (id: string): Promise<Record<string, unknown> | undefined> =>
  (
    await world.session.query<Record<string, unknown>>(
      'select state, step, why, alone from sagas.sagas where id = $1',
      [id],
    )
  ).rows[0];

async function expectStuck(exchange: Exchange): Promise<void> {
  await until('it is stuck', async () => (await view(exchange.id))?.['state'] === 'stuck');
  expect(await view(exchange.id)).toEqual({ state: 'stuck', step: 'protocol', why: why(exchange.id), alone: true });
  await until('its row says so', async () => (await world.row(exchange.id)).state === 'stuck');
  const events = (await handle(`trade/${exchange.id}`).fetchHistory()).events ?? [];
  expect(events.filter(({ workflowTaskFailedEventAttributes: failed }) => failed)).toEqual([]);
}

test('a saga whose participants contradict each other is stuck and says so, and goes on when mended', async () => {
  const [exchange] = (await acceptTrades(world, 1)) as [Exchange];
  const workflowId = `trade/${exchange.id}`;
  breakHoldOf(exchange);
  await world.starter.start([exchange], workflowId);
  await expectStuck(exchange);
  const steer = (name: string): Promise<unknown> => handle(workflowId).executeUpdate(name, { args: [olga] });
  await expect(steer('retry')).rejects.toMatchObject({
    cause: { type: 'step-failed-again', message: why(exchange.id) },
  });
  await expect(steer('resolve')).rejects.toMatchObject({
    cause: { type: 'step-failed-again', message: `The participants contradict each other: ${why(exchange.id)}` },
  });
  await mendHoldOf(exchange);
  expect(await steer('retry')).toEqual({ step: 'protocol' });
  await handle(workflowId).result();
  expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
});

test('in a convoy such an exchange leaves, and its neighbours settle', async () => {
  const exchanges = await acceptTrades(world, 3);
  const broken = exchanges[1] as Exchange;
  breakHoldOf(broken);
  const closed = await world.settle(exchanges, `convoy/${exchanges[0]?.id}`);
  expect(closed.map(({ id, state }) => [id, state])).toEqual(
    [exchanges[0], exchanges[2]].map((one) => [one?.id, 'settled']),
  );
  await expectStuck(broken);
  await mendHoldOf(broken);
  await handle(`trade/${broken.id}`).executeUpdate('retry', { args: [olga] });
  await handle(`trade/${broken.id}`).result();
  expect(await world.row(broken.id)).toEqual({ state: 'settled', reason_code: null });
});
