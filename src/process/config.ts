import { z } from 'zod';
import { connectionStringFault } from './connection-string.js';

/** Raised for a configuration that cannot work; the message is one sentence for the person who starts the process. */
export class ConfigError extends Error {}

const port = z.coerce.number().int().min(0).max(65535);
const seconds = z.coerce.number().int().min(1).max(86_400);
const postgresUrl = z
  .string()
  .regex(
    /^postgres(ql)?:\/\/[^\s"'`\\]+$/,
    'must be a postgres:// URL; write white space, quotes and backslashes in it as %XX',
  )
  .superRefine((url, context) => {
    const fault = connectionStringFault(url);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });

/**
 * Every environment variable that a Veltrix process reads, with its default. docs/configuration.md lists the same
 * names; a test holds the two equal.
 */
export const environment = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port.default(3000),
  WORKER_PORT: port.default(3001),
  VELTRIX_ADMIN_KEY: z
    .string()
    .regex(/^[A-Za-z0-9._~+/=-]{16,256}$/, 'must be 16 to 256 characters of A-Z a-z 0-9 . _ ~ + / = -'),
  VELTRIX_SECRETS_KEY: z
    .string()
    .regex(/^[0-9a-fA-F]{64}(,[0-9a-fA-F]{64})*$/, 'must be keys of 64 hexadecimal digits with commas between')
    .optional(),
  VELTRIX_DATA_DIR: z.string().min(1).default('.veltrix'),
  DATABASE_URL: postgresUrl,
  LEDGER_DATABASE_URL: postgresUrl.optional(),
  INVENTORY_DATABASE_URL: postgresUrl.optional(),
  PAYMENTS_DATABASE_URL: postgresUrl.optional(),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(100).default(6),
  PAYMENT_DEADLINE_SECONDS: seconds.default(1_800),
  PAYMENT_CALL_TIMEOUT_SECONDS: z.coerce.number().int().min(1).max(120).default(45),
  PAYMENT_CALLS_PER_SECOND: z.coerce.number().int().min(1).max(10_000).default(80),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s:/]+:\d{1,5}$/, 'must be host:port')
    .default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_TLS_CA: z.string().optional(),
  TEMPORAL_TLS_CERT: z.string().optional(),
  TEMPORAL_TLS_KEY: z.string().optional(),
  TEMPORAL_TLS_SERVER_NAME: z.string().optional(),
  TEMPORAL_API_KEY: z.string().optional(),
  TEMPORAL_UI_URL: z.url().default('http://127.0.0.1:8233'),
  TASK_QUEUE: z.string().min(1).default('veltrix'),
  SWEEP_EVERY_SECONDS: seconds.default(5),
  SWEEP_AFTER_SECONDS: seconds.default(5),
  STUCK_AFTER_SECONDS: seconds.default(30),
  STRIPE_API_URL: z
    .string()
    .regex(/^https?:\/\/[^\s/?#@]+\/?$/, 'must be http:// or https:// and a host, without a path')
    .refine((url) => URL.canParse(url), 'cannot be read as a URL')
    .default('https://api.stripe.com'),
  PURCHASE_ATTEMPTS_PER_HOUR: z.coerce.number().int().min(1).max(1_000_000).default(30),
  PURCHASE_ATTEMPTS_PER_MINUTE_OF_TITLE: z.coerce.number().int().min(1).max(1_000_000).default(6_000),
  PURCHASE_AMOUNT_PER_DAY: z
    .string()
    .regex(/^[1-9][0-9]{0,17}$/, 'must be a whole number of minor units, of 1 to 18 digits')
    .optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

/** The validated configuration of one process; names are those of the environment. */
export type Config = z.infer<typeof environment>;

/** The injection token under which a process finds its Config. */
export const CONFIG = Symbol('Config');

/**
 * Reads and validates the environment. An empty variable counts as not set, because that is what a
 * compose file with an unset substitution passes.
 * @throws ConfigError naming every variable that is missing or malformed, without repeating its value (it may be a
 *   secret)
 */
export function loadConfig(env: Record<string, string | undefined>): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = environment.safeParse(set);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return name in set ? `${name} ${issue.message}` : `${name} is not set`;
  });
  throw new ConfigError(`The configuration cannot be used: ${problems.join('; ')}. See docs/configuration.md.`);
}
