import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { Config } from './config.js';
import type { Degradations } from './health.js';
import type { LogDestination } from './log-destination.js';

/**
 * Makes the log of a process: one JSON object a line. What a request carries in its header is never given to it, and
 * what could carry a secret all the same is taken out here.
 * @param processName `api` or `worker`
 * @param destination standard output unless a test reads along
 */
export function makeLog(
  config: Pick<Config, 'LOG_LEVEL'>,
  processName: string,
  destination?: DestinationStream,
): Logger {
  const options = {
    level: config.LOG_LEVEL,
    base: { process: processName },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: ['authorization', '*.authorization', 'headers', 'err.parameters', 'err.driverError', 'err.query'],
    serializers: { err: pino.stdSerializers.err },
    hooks: { streamWrite: withoutConnectionStrings },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** Has a log say that it could not be written for a while, and readiness for as long as it cannot. */
export function tellOfLog(log: Logger, destination: LogDestination, degradations: Degradations): void {
  degradations.add('log', () => Promise.resolve(destination.fault));
  destination.onRecovered((lostLines) => log.warn({ lostLines }, 'the log could not be written for a while'));
}

/**
 * A text with every connection string in it cut down to its scheme. Errors of URL parsers carry what they were given.
 * The configuration has no connection string with white space, a quote or a backslash in it.
 */
export function withoutConnectionStrings(text: string): string {
  return text.replace(/(postgres(?:ql)?:\/\/)[^\s"'`\\]+/gi, '$1…');
}

/**
 * Has what nobody catches said in the log before the process ends with code 1. Node.js itself would print every
 * property of the error, whatever it holds.
 */
export function endOnUncaught(log: Logger): void {
  // Node.js writes its warnings there, and a full disk must not end the process.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'the process ends because nobody has caught this');
    if (!log.isLevelEnabled('fatal'))
      process.stderr.write(`${withoutConnectionStrings(error.stack ?? error.message)}\n`);
    process.exit(1);
  });
}

/**
 * The parts of Nest that tell of every module and every route at each start, which is worth reading only to find a
 * mistake.
 */
const startUp = new Set<unknown>([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'ExceptionHandler',
]);

/** Nest's log lines in the log of the process. */
export class NestLog implements LoggerService {
  constructor(private readonly target: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write(startUp.has(rest.at(-1)) ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    // What fails at the start is thrown as well, and main says it in one sentence.
    this.write(startUp.has(rest.at(-1)) ? 'debug' : 'error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest passes the name of the class that logs last, and before it the stack of an error. */
  private write(
    level: 'info' | 'error' | 'warn' | 'debug' | 'trace' | 'fatal',
    message: unknown,
    rest: unknown[],
  ): void {
    const context = rest.length > 0 ? rest.at(-1) : undefined;
    const stack = rest.length > 1 ? rest[0] : undefined;
    if (message instanceof Error) this.target[level]({ context, err: message }, message.message);
    else if (typeof message === 'object' && message !== null) this.target[level]({ context, ...message });
    else this.target[level]({ context, ...(stack !== undefined && { stack }) }, String(message));
  }
}
