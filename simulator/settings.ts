import { z } from 'zod';

const port = z.coerce.number().int().min(1).max(65_535);

/** Every variable that the simulator reads, with its default. README.md lists the same. */
export const environment = z.object({
  SIMULATOR_HOST: z.string().min(1).default('127.0.0.1'),
  SIMULATOR_PORT: port.default(3010),
  SIMULATOR_CONTROL_PORT: port.default(3011),
  SIMULATOR_DATA_DIR: z.string().min(1).default('.veltrix/simulator'),
});

/** What the environment says of the simulator. @throws an error of one sentence where it cannot work */
export function readSettings(env: NodeJS.ProcessEnv): {
  host: string;
  port: number;
  controlPort: number;
  folder: string;
} {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(set);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const { SIMULATOR_HOST, SIMULATOR_PORT, SIMULATOR_CONTROL_PORT, SIMULATOR_DATA_DIR } = parsed.data;
  return {
    host: SIMULATOR_HOST,
    port: SIMULATOR_PORT,
    controlPort: SIMULATOR_CONTROL_PORT,
    folder: SIMULATOR_DATA_DIR,
  };
}
