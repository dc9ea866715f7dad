import { z } from 'zod';

const port = z.coerce.number().int().min(1).max(65_535);

const environment = z.object({
  SIMULATOR_PORT: port.default(3010),
  SIMULATOR_CONTROL_PORT: port.default(3011),
  SIMULATOR_DATA_DIR: z.string().min(1).default('.veltrix/simulator'),
});

/** What the environment says of the simulator. @throws an error of one sentence where it cannot work */
export function readSettings(env: NodeJS.ProcessEnv): { port: number; controlPort: number; folder: string } {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(set);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const { SIMULATOR_PORT, SIMULATOR_CONTROL_PORT, SIMULATOR_DATA_DIR } = parsed.data;
  return { port: SIMULATOR_PORT, controlPort: SIMULATOR_CONTROL_PORT, folder: SIMULATOR_DATA_DIR };
}
