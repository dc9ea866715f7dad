import { join } from 'node:path';
import { z } from 'zod';
import { freePort, isFree } from './ports.js';
import { StartError } from './say.js';
import { claim } from './settings.js';

const host = '127.0.0.1';
const port = z.coerce.number().int().min(0).max(65_535);

/** What `npm start` reads of payments, beside what its processes read. docs/configuration.md lists it too. */
export const paymentsEnvironment = z.object({
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^(sk|rk)_(test|live)_[A-Za-z0-9_-]{1,240}$/, 'must be a secret or restricted key, sk_… or rk_…')
    .optional(),
  SIMULATOR_PORT: port.default(3010),
  SIMULATOR_CONTROL_PORT: port.default(3011),
});

/** What the demo title pays by: the provider itself by this key, or the simulator. */
export type PaymentsSettings = z.infer<typeof paymentsEnvironment>;

/** Where the simulator answers. */
export interface SimulatorAddress {
  port: number;
  controlPort: number;
  url: string;
  controlUrl: string;
}

/** @throws StartError with one sentence, which repeats no value */
export function readPayments(env: NodeJS.ProcessEnv): PaymentsSettings {
  const parsed = paymentsEnvironment.safeParse(Object.fromEntries(Object.entries(env).filter(([, value]) => value)));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${String(path[0])} ${message}`);
  throw new StartError(`The configuration cannot be used: ${problems.join('; ')}. See docs/configuration.md.`);
}

/**
 * The ports of the simulator: those that are asked for, or the usual ones where they are free.
 * @throws StartError where a port that is asked for cannot be listened on
 */
export async function chooseSimulatorPorts(
  settings: PaymentsSettings,
  env: NodeJS.ProcessEnv,
): Promise<SimulatorAddress> {
  const choose = async (variable: 'SIMULATOR_PORT' | 'SIMULATOR_CONTROL_PORT', taken?: number): Promise<number> => {
    const wanted = settings[variable];
    if (wanted === 0) return freePort();
    if (env[variable]) return claim(variable, wanted, host);
    return wanted !== taken && (await isFree(wanted, host)) ? wanted : freePort();
  };
  const api = await choose('SIMULATOR_PORT');
  const controlPort = await choose('SIMULATOR_CONTROL_PORT', api);
  if (api === controlPort)
    throw new StartError('SIMULATOR_PORT and SIMULATOR_CONTROL_PORT are the same: set them to two free ports.');
  return { port: api, controlPort, url: `http://${host}:${api}`, controlUrl: `http://${host}:${controlPort}` };
}

/** The address that answers once it is ready. Nothing has the reference. */
export function isReady({ controlUrl }: SimulatorAddress): string {
  return `${controlUrl}/_control/effects?reference=none`;
}

/** What its process is told. Its books are in the data folder. */
export function simulatorEnvironment({ port, controlPort }: SimulatorAddress, folder: string): NodeJS.ProcessEnv {
  return {
    SIMULATOR_HOST: host,
    SIMULATOR_PORT: String(port),
    SIMULATOR_CONTROL_PORT: String(controlPort),
    SIMULATOR_DATA_DIR: join(folder, 'simulator'),
  };
}
