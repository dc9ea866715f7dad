import { describe, expect, test } from '@jest/globals';
import { WorkflowFailedError } from '@temporalio/client';
import type { Exchange } from '../../contracts/nouns.js';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import { until } from '../e2e/processes.js';
import { valuesOf } from '../http/metric-values.js';
import { acceptTrades } from '../convoys/convoy-samples.js';
import { gives, type SagaWorld } from './saga-world.js';
import { openForTests } from './test-world.js';

/*
 * The database was restored to before deals were accepted, and Temporal was not: their runs go on, and their rows are
 * not there.
 */

let world: SagaWorld;
openForTests((opened) => {
  world = opened;
});

/** The row of a deal is gone, as after a restore. */
async function forget({ id }: Pick<Exchange, 'id'>): Promise<void> {
  await world.session.query(
    `begin; set local session_replication_role = replica;
     delete from trades.open where id = '${id.slice(4)}'; delete from trades.trades where id = '${id.slice(4)}';
     commit`,
  );
}

/** What a run has failed with. */
async function failureOf(settled: Promise<unknown>): Promise<unknown> {
  const error: unknown = await settled.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof WorkflowFailedError ? error.cause?.cause : error;
}

const notThere = (id: string): object =>
  expect.objectContaining({ type: 'DealNotThere', message: expect.stringContaining(`There is no ${id}`) as unknown });

const counted = async (): Promise<number> =>
  (await valuesOf(world.registry, 'veltrix_deals_not_there_total'))[''] ?? Number.NaN;

async function swap(): Promise<{ exchange: Exchange; buyer: string; seller: string; sword: string }> {
  const { buyer, seller, sword } = await world.pair();
  const trade = await world.accept(gives(buyer, { gold: '10' }), gives(seller, {}, [sword]));
  return { exchange: exchangeOf(trade), buyer, seller, sword };
}

describe('the run of a deal that is not there', () => {
  test('moves nothing and ends, as its workflow and a metric say', async () => {
    const { exchange, buyer, seller, sword } = await swap();
    const before = await counted();
    await forget(exchange);
    expect(await failureOf(world.settle([exchange]))).toEqual(notThere(exchange.id));
    expect(await world.balance(buyer, 'gold')).toBe(100n);
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${seller}`, state: 'owned' });
    const { rows } = await world.session.query('select from inventory.holds where exchange = $1', [exchange.id]);
    expect(rows).toEqual([]);
    expect(await counted()).toBe(before + 1);
  });

  test('ends where only the close is left to do', async () => {
    const { exchange } = await swap();
    world.before = async (step) => {
      if (step === 'closeTrades') await forget(exchange);
    };
    expect(await failureOf(world.settle([exchange]))).toEqual(notThere(exchange.id));
  });

  test('ends between two steps, and leaves what it holds to reconciliation', async () => {
    const { exchange, buyer, sword } = await swap();
    const { id } = exchange;
    let isForgotten = false;
    world.before = async (step) => {
      if (step !== 'ledgerTransfer' || isForgotten) return;
      isForgotten = true;
      await forget(exchange);
      throw new Error('The database is away.');
    };
    expect(await failureOf(world.settle([exchange]))).toEqual(notThere(id));
    expect(await world.balance(buyer, 'gold')).toBe(100n);
    expect(await world.ownerOf(sword)).toMatchObject({ state: 'held' });
    await world.inventory.release([{ exchange: id, title: 'arena', cause: { code: 'test', detail: 'The end.' } }]);
  });

  test('ends on its way back, and gives back nothing', async () => {
    const { exchange, buyer, sword } = await swap();
    const { id } = exchange;
    let cancelled = false;
    world.before = async (step) => {
      if (step === 'ledgerCancel') await forget(exchange);
      if (step !== 'ledgerTransfer') return;
      if (!cancelled) await world.client.workflow.getHandle(`trade/${id}`).cancel();
      cancelled = true;
      throw new Error('The database is away.');
    };
    expect(await failureOf(world.settle([exchange]))).toEqual(notThere(id));
    const { rows } = await world.session.query('select from ledger.outcomes where key = $1', [`exchange/${id}`]);
    expect(rows).toEqual([]);
    expect(await world.balance(buyer, 'gold')).toBe(100n);
    expect(await world.ownerOf(sword)).toMatchObject({ state: 'held' });
    await world.inventory.release([{ exchange: id, title: 'arena', cause: { code: 'test', detail: 'The end.' } }]);
  });
});

test('of a convoy those are settled that are there, and the run of each other one ends', async () => {
  const exchanges = await acceptTrades(world, 6);
  const [gone, other] = [exchanges[1] as Exchange, exchanges[4] as Exchange];
  await forget(gone);
  await forget(other);
  const closings = await world.settle(exchanges, `convoy/${exchanges[0]?.id}`);
  expect(closings.map(({ state }) => state)).toEqual(['settled', 'settled', 'settled', 'settled']);
  for (const { id } of [gone, other])
    await until(`the run of ${id} has ended`, async () => {
      const { status } = await world.client.workflow.getHandle(`trade/${id}`).describe();
      return status.name === 'FAILED';
    });
});
