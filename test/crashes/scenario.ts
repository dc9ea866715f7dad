import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { CrashPoint } from '../../src/process/crash-point.js';
import { Api, spawnProcess, startProcess, until, type Answer, type Running } from '../e2e/processes.js';
import { convoyWorkflowId, exchangeWorkflowId, type Exchange } from '../../contracts/nouns.js';
import { SagaWorld, title } from '../saga/saga-world.js';
import { openStore, storeFaults } from '../saga/bought-kinds.js';
import type { Provider } from '../simulator/provider.js';
import type { CrashBuild } from './crash-build.js';
import { isInMoney, leavesMoney } from './kinds.js';
import { clearingOf, openMoney, sellForMoney } from './money.js';
import { makeSample, type Sample } from './samples.js';
import { refusals, type Blow, type Scenario } from './scenarios.js';

/**
 * Runs one scenario in a world of its own.
 * @param provider the one of all scenarios, where each has an account of its own
 * @throws where anything is not as it must be
 */
export async function runScenario(
  { point, process: role, kinds, company = [], leaver, refused, captureLost = false, ...more }: Scenario,
  blow: Blow,
  build: CrashBuild,
  provider: Provider,
): Promise<void> {
  const { resolved = false, doing, about = '' } = more;
  const money = kinds.some(isInMoney) ? openMoney(provider) : undefined;
  const world = await SagaWorld.open({ workers: false, environment: money?.environment ?? {} });
  const running: Running[] = [];
  const over = new AbortController();
  let buyers = Promise.resolve();
  const log = join(build.folder, `${role}-${point}-${about}-${blow}.json`);
  // Of the sweep's own step there is one, whatever it works on.
  const together = point.startsWith('sweepExchanges') || leaver !== undefined ? 1 : kinds.length;
  const crash = {
    CRASH_AT: `${point}#${together}`,
    CRASH_WITH: blow,
    CRASH_LOG: log,
    ...(doing && { CRASH_DOING: doing }),
  };
  const env = {
    DATABASE_URL: world.config.DATABASE_URL,
    TEMPORAL_ADDRESS: world.config.TEMPORAL_ADDRESS,
    TASK_QUEUE: world.config.TASK_QUEUE,
    ...money?.environment,
    ...(refused !== undefined && { STUCK_AFTER_SECONDS: '1' }),
  };
  const start = async (name: 'main' | 'worker'): Promise<Running> => remember(await startProcess(name, env));
  const remember = (one: Running): Running => (running.push(one), one);
  try {
    await world.defineGoods();
    await openStore(world);
    if (money !== undefined) await sellForMoney(world, money);
    if (captureLost)
      await money?.provider.fault({
        on: { method: 'POST', path: '/v1/payment_intents/*/capture' },
        fault: 'garbage',
        account: money.secretKey,
        times: kinds.length,
      });
    const samples = await Promise.all([...kinds, ...company].map((kind) => makeSample(world, kind, money)));
    let ids: string[];
    let answers: Promise<PromiseSettledResult<Answer>[]> | undefined;
    let struck: Running;
    let repeat: (() => Promise<Answer[]>) | undefined;
    if (role === 'API') {
      struck = remember(await spawnProcess('main', { ...env, ...crash }, build.folder));
      await until('the API answers', () =>
        fetch(`${struck.url}/health/live`).then(
          ({ ok }) => ok,
          () => false,
        ),
      );
      const api = await Api.forNewTitle(struck.url, title);
      const send = (to: Api) => samples.map(({ path, body }, index) => to.post(path, `sample-${index}`, body));
      answers = Promise.allSettled(send(api));
      repeat = async () => Promise.all(send(new Api((await start('main')).url, api.key)));
      await untilStruck(struck, blow, log);
      const { rows } = await world.session.query<{ id: string }>(
        `select id from (
           select 'trd_' || id as id, key from trades.trades
           union all select 'pur_' || id, key from purchases.purchases
           union all select 'rfd_' || id, key from refunds.refunds) d
         where key like 'sample-%' order by length(key), key`,
      );
      ids = rows.map(({ id }) => id);
    } else {
      const exchanges = await Promise.all(samples.map((sample) => sample.accept()));
      ids = exchanges.map(({ id }) => id);
      buyers = actAll(samples, ids, over.signal);
      if (leaver !== undefined) await refuse(world, 'hold', `new.exchange = '${ids[leaver] ?? ''}'`);
      if (refused !== undefined) await refuse(world, refused);
      if (resolved) for (const exchange of exchanges) await world.starter.startAlone([exchange]);
      else if (role === 'worker') await startAll(world, samples, exchanges);
      else await new Promise((resolve) => setTimeout(resolve, 1_100));
      struck = remember(await spawnProcess('worker', { ...env, ...crash }, build.folder));
      if (resolved) await resolveAll(world, exchanges);
      await untilStruck(struck, blow, log);
    }
    expectHits(log, point, leaver === undefined ? ids.slice(0, kinds.length) : [ids[leaver] ?? '']);
    if (leaver !== undefined || refused !== undefined)
      for (const table of refusals[refused ?? 'hold'].tables)
        await world.session.query(`drop trigger refuse_one on ${table}`);
    if (point.startsWith('sweepExchanges'))
      await expectStarted(world, point === 'sweepExchanges:after' ? ids.length : 0);

    remember(await spawnProcess('worker', env, build.folder));
    await until('every deal is closed', async () => (await openDeals(world)) === 0, 180_000);
    await buyers;
    await expectEnds(world, samples, ids);
    if (blow === 'SIGSTOP') {
      struck.child.kill('SIGCONT');
      // What was late acts now, and must change nothing.
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      await expectEnds(world, samples, ids);
    }
    for (const answer of (await answers) ?? []) {
      if (answer.status === 'fulfilled')
        expect(answer.value).toMatchObject({ status: 202, body: { id: expect.stringMatching(/^(trd|pur|rfd)_/) } });
      else expect(blow).toBe('SIGKILL');
    }
    if (answers !== undefined && blow === 'SIGSTOP') expect(given(await answers).sort()).toEqual([...ids].sort());
    const again = await repeat?.();
    if (again !== undefined)
      expect(again.map(({ body }) => [body['id'], body['state']])).toEqual(
        ids.map((id, index) => [id, samples[index]?.kind.state]),
      );
  } catch (error) {
    const outputs = running.map((one) => one.output()).join('\n');
    const failure = error instanceof Error ? error.stack : String(error);
    throw new Error(`${failure}\n── what the processes have said\n${outputs.slice(-4_000)}`);
  } finally {
    over.abort();
    await buyers.catch(() => undefined);
    for (const { child } of running) child.kill('SIGKILL');
    rmSync(log, { force: true });
    await world.close();
  }
}

/** Has the buyers do what they do, as soon as their purchases wait for them. */
async function actAll(samples: readonly Sample[], ids: readonly string[], over: AbortSignal): Promise<void> {
  const left = new Map(samples.flatMap((sample, place) => (sample.act ? [[ids[place] ?? '', sample]] : [])));
  while (left.size > 0 && !over.aborted) {
    for (const [id, sample] of left) if ((await sample.act?.(id)) === true) left.delete(id);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * Starts convoys as the API does: of those that go forward, and of those that are cancelled before any worker has seen
 * them. A convoy that is turned back releases what has items alone before the rest, so these would not stand at that
 * point together; they have a convoy of their own.
 */
async function startAll(world: SagaWorld, samples: readonly Sample[], exchanges: readonly Exchange[]): Promise<void> {
  const convoys = new Map<string, Exchange[]>();
  for (const [index, exchange] of exchanges.entries()) {
    const cancelled = samples[index]?.kind.state === 'compensated';
    const paid = exchange.payment === undefined && exchange.refund === undefined ? '' : ', in money';
    const sort = cancelled ? `cancelled, ${exchange.legs.length > 0 ? 'with legs' : 'items alone'}` : 'forward';
    const name = `${sort}${paid}`;
    convoys.set(name, [...(convoys.get(name) ?? []), exchange]);
  }
  for (const [name, convoy] of convoys) {
    const workflowId = convoyWorkflowId(convoy[0] as Exchange);
    await world.starter.recordStart(convoy, workflowId);
    await world.starter.start(convoy, workflowId);
    if (name.startsWith('cancelled')) await world.client.workflow.getHandle(workflowId).cancel();
  }
}

/** Has the database refuse what a step writes, to all rows or to some. */
async function refuse(world: SagaWorld, what: keyof typeof refusals, when = refusals[what].when): Promise<void> {
  const { event, tables } = refusals[what];
  await world.session.query(
    `create function public.refuse_one() returns trigger language plpgsql as $$
     begin raise exception 'this one is bad'; end $$`,
  );
  for (const table of tables)
    await world.session.query(
      `create trigger refuse_one before ${event} on ${table}
       for each row when (${when}) execute function public.refuse_one()`,
    );
}

/** Has an operator resolve lone runs once all of them are stuck. Whether they are answered is not what is looked at. */
async function resolveAll(world: SagaWorld, exchanges: readonly Exchange[]): Promise<void> {
  await until(
    'all are stuck',
    async () =>
      (await Promise.all(exchanges.map(({ id }) => world.row(id)))).every(({ state: said }) => said === 'stuck'),
    120_000,
  );
  for (const exchange of exchanges) {
    const update = world.client.workflow
      .getHandle(exchangeWorkflowId(exchange))
      .executeUpdate('resolve', { args: [{ operator: 'olga', reason: 'It is night.' }] });
    update.catch(() => undefined);
  }
}

async function untilStruck({ child, output }: Running, blow: Blow, log: string): Promise<void> {
  const reached = (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`The process ended with ${child.exitCode}: ${output()}`);
    return Promise.resolve(
      blow === 'SIGKILL' ? child.signalCode === 'SIGKILL' : existsSync(log) && state(child.pid) === 'T',
    );
  };
  await until('the process is struck', reached, 120_000);
}

/** The state of a process as the system shows it; T is stopped. */
function state(pid: number | undefined): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2)[0];
}

/** Holds that every deal that comes by stood at the point when it was struck. */
function expectHits(log: string, point: CrashPoint, ids: readonly string[]): void {
  expect(existsSync(log)).toBe(true);
  const hit = JSON.parse(readFileSync(log, 'utf8')) as { point: string; about: string[] };
  expect(hit.point).toBe(point);
  if (point.startsWith('sweepExchanges')) return;
  const there = new Set(hit.about.flatMap((about) => about.match(/(?:trd|pur|rfd)_[0-9a-f-]{36}/g) ?? []));
  expect([...there].sort()).toEqual([...ids].sort());
}

async function expectStarted(world: SagaWorld, count: number): Promise<void> {
  const { rows } = await world.session.query<{ count: number }>(
    `select ((select count(workflow_id) from trades.trades)
       + (select count(workflow_id) from purchases.purchases)
       + (select count(workflow_id) from refunds.refunds))::int as count`,
  );
  expect(rows).toEqual([{ count }]);
}

async function openDeals(world: SagaWorld): Promise<number> {
  const { rows } = await world.session.query<{ count: number }>(
    `select ((select count(*) from trades.trades where closed_at is null)
       + (select count(*) from purchases.purchases where closed_at is null)
       + (select count(*) from refunds.refunds where closed_at is null))::int as count`,
  );
  return rows[0]?.count ?? -1;
}

async function expectEnds(world: SagaWorld, samples: readonly Sample[], ids: readonly string[]): Promise<void> {
  for (const [index, sample] of samples.entries()) {
    const { expected, found } = await sample.end(ids[index] ?? '');
    expect({ kind: sample.kind.name, ...(found as object) }).toEqual({
      kind: sample.kind.name,
      ...(expected as object),
    });
  }
  const paid = samples.filter(({ kind }) => leavesMoney(kind)).length;
  expect(await clearingOf(world)).toBe(499n * BigInt(paid));
  expect(await world.imbalance()).toEqual({ sums: [], openHolds: 0 });
  expect(await storeFaults(world)).toEqual([]);
}

function given(answers: PromiseSettledResult<Answer>[]): string[] {
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.body['id'] as string] : []));
}
