import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Child, StackProcess } from '../../stack/child.js';
import { freePort } from '../../stack/ports.js';
import { ensureDatabase, type Postgres } from '../../stack/postgres.js';
import type { Say } from '../../stack/say.js';
import { makeService } from '../../stack/services.js';
import { chooseSimulatorPorts, isReady, simulatorEnvironment, type SimulatorAddress } from '../../stack/simulator.js';
import { packCurrency } from '../driver/pack.js';
import { makeShopTables } from '../inside-the-request/tables.js';
import { secretKeys, type PaidDesign } from './accounts.js';
import { makeBareTables } from './bare-tables.js';
import { Perishable } from './perishable.js';
import { openMoneyStore, send } from './store.js';

/** Addresses that are chosen before anything runs, because the processes are told of each other. */
export interface MoneyPlan {
  simulator: SimulatorAddress;
  insideUrl: string;
}

/** What purchases in real money need beside Veltrix. */
export interface Money {
  plan: MoneyPlan;
  simulator: Perishable;
  temporal: Perishable;
  /** The database of the service that calls the provider inside the request. */
  insideDatabase: string;
}

/** What the rest of the system gives. */
export interface Host {
  server: Postgres;
  folder: string;
  logs: string;
  players: number;
  apiUrl: string;
  apiKey: string;
  temporalProcess: Perishable;
  tell: Say;
  onStart: (child: StackProcess) => void;
}

export async function planMoney(): Promise<MoneyPlan> {
  const simulator = await chooseSimulatorPorts({ SIMULATOR_PORT: 0, SIMULATOR_CONTROL_PORT: 0 }, {});
  return { simulator, insideUrl: `http://127.0.0.1:${await freePort()}` };
}

/**
 * What API and worker are told for them. The limits are those that keep an installation from being asked too much, and
 * what is measured is how much it can be asked.
 */
export function moneyEnvironment({ simulator }: MoneyPlan): NodeJS.ProcessEnv {
  return {
    STRIPE_API_URL: simulator.url,
    VELTRIX_SECRETS_KEY: randomBytes(32).toString('hex'),
    PAYMENT_CALLS_PER_SECOND: '10000',
    PURCHASE_ATTEMPTS_PER_HOUR: '1000000',
    PURCHASE_ATTEMPTS_PER_MINUTE_OF_TITLE: '1000000',
  };
}

/** Starts the simulator and the service that calls it inside the request, and gives the title an account and packs. */
export async function startMoney(plan: MoneyPlan, host: Host): Promise<Money> {
  const { server, folder, logs, players, apiUrl, apiKey, tell, onStart } = host;
  const simulator = new Perishable(
    makeService({
      name: 'simulator',
      script: 'simulator/main.js',
      env: { PATH: process.env['PATH'], ...simulatorEnvironment(plan.simulator, folder) },
      readiness: isReady(plan.simulator),
      logs,
      tell,
      onStart,
    }),
  );
  await simulator.start();
  await ensureDatabase(server, 'inside');
  const insideDatabase = server.url('inside');
  await makeBareTables(insideDatabase, players);
  await makeShopTables(insideDatabase);
  await startInside(plan, insideDatabase, host);
  await openMoneyStore(apiUrl, apiKey);
  await openAccount(apiUrl, apiKey);
  return { plan, simulator, temporal: host.temporalProcess, insideDatabase };
}

async function startInside(plan: MoneyPlan, database: string, { logs, tell, onStart }: Host): Promise<Child> {
  return makeService({
    name: 'inside the request',
    script: 'bench/inside-the-request/service.js',
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: database,
      STRIPE_API_URL: plan.simulator.url,
      PORT: new URL(plan.insideUrl).port,
    },
    readiness: `${plan.insideUrl}/ready`,
    logs,
    tell,
    onStart,
  }).launch();
}

/**
 * The account has no webhook endpoint. The simulator sends one event after the other and would still be at it in the
 * next run, and the calls of these purchases tell all that their events would.
 */
async function openAccount(apiUrl: string, apiKey: string): Promise<void> {
  await send(apiUrl, apiKey, 'PUT', '/v1/payment-accounts/stripe', {
    secretKey: secretKeys.money,
    settlementCurrency: packCurrency,
    spentGoods: 'debt',
  });
}

/** Has every call to the provider take a time, or never be answered. */
export async function strike(
  { plan }: Money,
  fault: { fault: 'delay'; ms: number } | { fault: 'hang' },
): Promise<void> {
  await control(plan, 'POST', 'faults', { on: {}, ...fault });
}

/** Takes all of that back. What hangs already still does. */
export async function mend({ plan }: Money): Promise<void> {
  await control(plan, 'DELETE', 'faults');
}

/** Has the provider settle and pay out all that Veltrix has captured. Before, it tells no fee. */
export async function payOut({ plan }: Money): Promise<void> {
  await control(plan, 'POST', 'acts', { act: 'payout', account: secretKeys.money });
}

/** What the provider's own books say of an account. */
export async function providerBooks(
  { plan }: Money,
  design: PaidDesign,
): Promise<{ captured: bigint; payments: number }> {
  const answer = await control(plan, 'GET', `effects?account=${secretKeys[design]}`);
  const { intents } = (await answer.json()) as { intents: { captured: string }[] };
  const amounts = intents.map(({ captured }) => BigInt(captured)).filter((amount) => amount > 0n);
  return { captured: amounts.reduce((sum, amount) => sum + amount, 0n), payments: amounts.length };
}

async function control({ simulator }: MoneyPlan, method: string, path: string, body?: object): Promise<Response> {
  const answer = await fetch(`${simulator.controlUrl}/_control/${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  if (!answer.ok) throw new Error(`${method} ${path} of the simulator answers ${answer.status}.`);
  return answer;
}

/**
 * Runs the official client alone against the simulator.
 * @returns `side-by-side`, the processor milliseconds of the calls of a purchase; `one-by-one`, the median of the
 *   milliseconds that they take where nothing else is under way
 */
export async function clientAlone({ plan }: Money, how: 'side-by-side' | 'one-by-one'): Promise<number> {
  const script = fileURLToPath(new URL('./client-alone.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, plan.simulator.url, how]);
  return Number(stdout);
}
