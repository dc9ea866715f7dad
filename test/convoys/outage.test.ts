import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { boundaries } from '../../src/boundaries.js';
import { loadConfig } from '../../src/process/config.js';
import { runMigrations } from '../../src/postgres/migrations.js';
import type { Child, StackProcess } from '../../stack/child.js';
import { endProcess } from '../../stack/ending.js';
import { ensureDatabase, preparePostgres, type Postgres } from '../../stack/postgres.js';
import { until } from '../e2e/processes.js';
import { SagaWorld, type StepName } from '../saga/saga-world.js';
import { acceptTrades } from './convoy-samples.js';

const silence = (): void => undefined;

let folder: string;
let postgres: Postgres;
let server: Child;
let world: SagaWorld;
const started: StackProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'veltrix-outage-'));
  // Root's PostgreSQL runs as another user, who has to pass through.
  chmodSync(folder, 0o711);
  postgres = await preparePostgres({
    folder,
    log: join(folder, 'postgres.log'),
    settings: {},
    tell: silence,
    onStart: (child) => started.push(child),
  });
  server = await postgres.launch();
  await ensureDatabase(postgres, 'veltrix');
  const url = postgres.url('veltrix');
  await runMigrations(loadConfig({ VELTRIX_ADMIN_KEY: 'the-admin-key-of-the-tests', DATABASE_URL: url }), boundaries);
  world = await SagaWorld.open({ given: { url, drop: () => Promise.resolve() } });
  await world.defineGoods();
});
afterAll(async () => {
  await world.close();
  for (const child of started) await endProcess(child, silence);
  rmSync(folder, { recursive: true, force: true });
});

test.each<StepName>(['inventoryHold', 'ledgerTransfer', 'inventoryMove', 'closeTrades'])(
  'nobody leaves a convoy while PostgreSQL is stopped at %s, and all settle when it is back',
  async (step) => {
    world.reset();
    const exchanges = await acceptTrades(world, 64);
    let stopped: Promise<void> | undefined;
    world.before = async (name) => {
      if (name !== step || stopped !== undefined) return;
      stopped = endProcess(server, silence);
      await stopped;
    };
    const ended = world.settle(exchanges, `convoy/${exchanges[0]?.id}`);
    // Where the local attempt has failed, the run asks from the beginning.
    await until('the steps are tried in vain', () => Promise.resolve((world.calls.get('inventoryHold') ?? 0) > 2));
    server = await postgres.launch();
    const closings = await ended;
    expect(closings.filter(({ state }) => state === 'settled')).toHaveLength(64);
    expect(world.calls.has('startAlone')).toBe(false);
    for (const { id } of exchanges.slice(0, 5))
      await expect(world.client.workflow.getHandle(`trade/${id}`).describe()).rejects.toThrow();
  },
);
