import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import pg from 'pg';
import { WithStartWorkflowOperation, WorkflowIdConflictPolicy } from '@temporalio/client';
import { purchaseKind } from '../../src/purchases/purchase-kind.js';
import { refundKind } from '../../src/refunds/refund-kind.js';
import { tradeKind } from '../../src/trades/trade-kind.js';
import { exchangeWorkflowId, type Exchange } from '../../contracts/nouns.js';
import { exchangeSagaWorkflow } from '../../contracts/sagas.js';
import type { Recorder } from './recorder.js';
import { intoProvider } from './provider-faults.js';
import type { System } from './system.js';

/** One injection as the seed has drawn it. */
export interface Fault {
  kind: FaultKind;
  /** Which of several processes, connections or deals; taken modulo how many there are. */
  target: number;
  /** How long it lasts, in milliseconds. */
  lasts: number;
  /** How long after the injection before it this one comes, in milliseconds. */
  after: number;
}

/** What a fault needs to know of the run. */
export interface Scene {
  system: System;
  recorder: Recorder;
}

/** Does the injection. @returns whether it hit something */
type Inject = (scene: Scene, fault: Fault) => Promise<boolean>;

/** How long an injection waits for something that it can hit, in milliseconds. */
const tryFor = 10_000;

const one = <T>(list: readonly T[], { target }: Fault): T => list[target % list.length] as T;

async function terminateBackends({ system }: Scene): Promise<boolean> {
  return onDatabase(system.databaseUrl, async (client) => {
    const { rowCount } = await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name like 'veltrix %' and pid <> pg_backend_pid()`,
    );
    return (rowCount ?? 0) > 0;
  });
}

/** Holds rows that everybody wants, as a report or a person at a console does. */
async function lockRows({ system }: Scene, { lasts }: Fault): Promise<boolean> {
  return onDatabase(system.databaseUrl, async (client) => {
    await client.query('begin');
    const accounts = await client.query('select from ledger.accounts order by id limit 20 for update');
    // In the order and as strongly as the inventory locks them: a mint of any item reads the row of that item.
    await client.query('select from inventory.items order by title, code limit 20 for no key update');
    await client.query('select from inventory.instances order by id limit 20 for update');
    await client.query('select from refunds.totals order by purchase desc limit 20 for no key update');
    await client.query('select from purchases.sales order by title, product limit 20 for update');
    await sleep(lasts);
    await client.query('rollback');
    return (accounts.rowCount ?? 0) > 0;
  });
}

/** A deal that is open just now, and the run that its row says works on it; that run may settle others with it. */
interface OpenSaga {
  exchange: Exchange;
  workflowId: string;
}
type OpenTrade = Parameters<typeof tradeKind.exchangeOf>[0] & { workflowId: string };
type OpenPurchase = Parameters<typeof purchaseKind.exchangeOf>[0] & { workflowId: string };
type OpenRefund = Parameters<typeof refundKind.exchangeOf>[0] & { workflowId: string };

/** The newest open deals of all kinds. */
async function openSagas(client: pg.Client): Promise<OpenSaga[]> {
  // A refund that takes another one back says more than its exchange is made of here.
  const newest = (prefix: string, table: string, columns: string): string =>
    `select '${prefix}_' || id as id, title, ${columns}, workflow_id as "workflowId" from ${table} t
     where closed_at is null and workflow_id is not null and to_jsonb(t)->>'reverses' is null
      order by created_at desc limit 10`;
  const trades = await client.query<OpenTrade>(newest('trd', 'trades.trades', 'parties'));
  const purchases = await client.query<OpenPurchase>(newest('pur', 'purchases.purchases', 'player, pay, content'));
  const refunds = await client.query<OpenRefund>(
    newest(
      'rfd',
      'refunds.refunds',
      `'pur_' || purchase as purchase, player, amount::text, pay, takes, policy, found,
      null as reverses`,
    ),
  );
  return [
    ...refunds.rows.map((row) => ({ exchange: refundKind.exchangeOf(row), workflowId: row.workflowId })),
    ...trades.rows.map((row) => ({ exchange: tradeKind.exchangeOf(row), workflowId: row.workflowId })),
    ...purchases.rows.map((row) => ({ exchange: purchaseKind.exchangeOf(row), workflowId: row.workflowId })),
  ];
}

/** Does something to the sagas that are open, the newest first. @returns whether one was hit before it was over */
async function onOpenSagas({ system }: Scene, act: (saga: OpenSaga) => Promise<boolean>): Promise<boolean> {
  const sagas = await onDatabase(system.databaseUrl, openSagas);
  return (await Promise.all(sagas.map(act))).includes(true);
}

function terminateWorkflows(scene: Scene): Promise<boolean> {
  return onOpenSagas(scene, ({ workflowId }) => {
    const done = scene.system.client.workflow
      .getHandle(workflowId)
      .terminate('chaos')
      .then(
        () => true,
        () => false,
      );
    return Promise.race([done, sleep(1_000, false)]);
  });
}

/**
 * An operator turns deals back. What they are told is an answer like any other, which the end must agree with. A
 * convoy does not let them in, so they give the deal a run of its own, as one that leaves has: two runs settle it
 * then, one with them in it.
 */
function compensate(scene: Scene): Promise<boolean> {
  const { recorder, system } = scene;
  return onOpenSagas(scene, async ({ exchange }) => {
    const { id, title } = exchange;
    const key = `compensate-${id}-${recorder.entries.length}`;
    await recorder.write({
      entry: 'asked',
      at: now(),
      id: key,
      title,
      key: null,
      operation: 'compensate',
      body: { id },
    });
    const act = { operator: 'olga', reason: 'Chaos.' };
    const startWorkflowOperation = new WithStartWorkflowOperation(exchangeSagaWorkflow, {
      workflowId: exchangeWorkflowId(exchange),
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      taskQueue: 'veltrix',
      args: [[exchange]],
    });
    const update = (): Promise<unknown> =>
      system.client.workflow.executeUpdateWithStart('compensate', { args: [act], startWorkflowOperation });
    const body = await system.client.withDeadline(Date.now() + 20_000, update).then(
      (closing) => closing as Record<string, unknown>,
      () => undefined,
    );
    if (body !== undefined) await recorder.write({ entry: 'answered', at: now(), id: key, status: 200, body });
    return body !== undefined;
  });
}

async function killEverything({ system }: Scene, { target, lasts }: Fault): Promise<boolean> {
  const { apis, workers, postgres, temporal, provider } = system;
  const all = [...apis.map(({ process: managed }) => managed), ...workers, temporal, provider.process];
  // The order in which they come back is drawn with the target.
  all.forEach((managed, index) => managed.kill('SIGKILL', 100 + ((target * 7 + index * 13) % 10) * (lasts / 10)));
  postgres.kill('SIGQUIT', (target % 10) * (lasts / 10));
  await sleep(lasts);
  return true;
}

const intoSystem = {
  'kill -9 of an API': ({ system }, fault) =>
    Promise.resolve(one(system.apis, fault).process.kill('SIGKILL', fault.lasts / 4)),
  'kill -9 of a worker': ({ system }, fault) =>
    Promise.resolve(one(system.workers, fault).kill('SIGKILL', fault.lasts / 4)),
  'an API stands still': ({ system }, fault) => one(system.apis, fault).process.pause(fault.lasts),
  'a worker stands still past the timeouts': ({ system }, fault) =>
    one(system.workers, fault).pause(3_000 + fault.lasts),
  'PostgreSQL stops at once': ({ system }, { lasts }) => Promise.resolve(system.postgres.kill('SIGQUIT', lasts / 4)),
  'backends terminated': terminateBackends,
  'connections reset': ({ system }, fault) => Promise.resolve(one(system.proxies, fault).reset() > 0),
  'connections stall': async ({ system }, fault) => (await one(system.proxies, fault).stall(fault.lasts), true),
  'COMMIT sent and its answer lost': cutCommits('before the answer'),
  'COMMIT sent and the connection gone': cutCommits('with the answer in flight'),
  'rows locked': lockRows,
  'kill -9 of Temporal': ({ system }, { lasts }) => Promise.resolve(system.temporal.kill('SIGKILL', lasts / 4)),
  'workflows terminated': terminateWorkflows,
  'an operator compensates': compensate,
  'everything killed, back in random order': killEverything,
} satisfies Record<string, Inject>;

const inject = { ...intoSystem, ...intoProvider };
export type FaultKind = keyof typeof inject;

/** What is struck side by side: the system, where injections may overlap, and the provider of payments. */
export const faultKinds = {
  system: Object.keys(intoSystem) as FaultKind[],
  provider: Object.keys(intoProvider) as FaultKind[],
};
/** How long after each other injections come, in milliseconds. */
const pauses = { system: { min: 500, max: 2_200 }, provider: { min: 600, max: 2_400 } };

function cutCommits(how: 'before the answer' | 'with the answer in flight'): Inject {
  return async ({ system }, fault) => {
    const proxy = one(system.proxies, fault);
    const before = proxy.cutAtCommit;
    proxy.cutNextCommits([how, how, how]);
    for (let waited = 0; proxy.cutAtCommit === before && waited < 2_000; waited += 50) await sleep(50);
    return proxy.cutAtCommit > before;
  };
}

/** What takes the whole system away. It comes up half as often as all else. */
const rare: readonly FaultKind[] = ['everything killed, back in random order', 'PostgreSQL stops at once'];

/**
 * The injections into the system or the provider in their order: the same for the same seed. Every kind comes up once
 * before any comes again, so that a short run has struck in every way. Then they come up once more but for the rare
 * ones, and so on.
 */
export function schedule(seed: number, seconds: number, target: keyof typeof faultKinds): Fault[] {
  const all = faultKinds[target];
  const often = all.filter((kind) => !rare.includes(kind));
  const inAnyOrder = (some: FaultKind[]): fc.Arbitrary<FaultKind[]> =>
    fc.shuffledSubarray(some, { minLength: some.length, maxLength: some.length });
  const round = fc.tuple(inAnyOrder(all), inAnyOrder(often));
  const details = fc.record({
    target: fc.nat(1_000),
    lasts: fc.integer({ min: 400, max: 2_000 }),
    after: fc.integer(pauses[target]),
  });
  const kinds = fc.sample(round, { seed, numRuns: Math.ceil(seconds / (2 * often.length)) + 1 }).flat(2);
  const drawn = fc.sample(details, { seed, numRuns: kinds.length });
  const faults = kinds.map((kind, index) => ({ kind, ...(drawn[index] as Omit<Fault, 'kind'>) }));
  let at = 0;
  return faults.filter(({ after }) => (at += after) < seconds * 1_000);
}

/**
 * Makes one injection. Its target may itself be away just now, so it is tried again for a while.
 * @returns whether it hit something
 */
export async function injectFault(scene: Scene, fault: Fault): Promise<boolean> {
  let why = 'there was nothing to hit';
  for (const deadline = Date.now() + tryFor; Date.now() < deadline; await sleep(100)) {
    try {
      if (await inject[fault.kind](scene, fault)) return true;
    } catch (error) {
      // PostgreSQL, through which some faults are made, may be away too.
      why = error instanceof Error ? error.message : String(error);
    }
  }
  console.log(`  ${fault.kind}: missed (${why})`);
  return false;
}

/** Does some work on a connection of its own. */
export async function onDatabase<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

export function now(): string {
  return new Date().toISOString();
}
