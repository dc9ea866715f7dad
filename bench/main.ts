import { parseArgs } from 'node:util';
import { ways } from './driver/orders.js';
import { measureHeldRow } from './held-row/measure.js';
import { compareMoney } from './money/compare-money.js';
import { compareDepths } from './long/depth.js';
import { watchMemory } from './long/memory.js';
import { measureReconciliation } from './reconciliation/measure.js';
import { comparePurchases, compareTrades } from './compare.js';

const usage = `npm run bench -- trades [--seconds 5] [--runs 3] [--report]
npm run bench -- purchases [--seconds 5] [--runs 3] [--part virtual|money] [--report]
npm run bench -- memory [--trades 1000000]
npm run bench -- depth  [--stored 5000000] [--seconds 5] [--runs 3]
npm run bench -- reconciliation [--exchanges 100000] [--seconds 5] [--report]
npm run bench -- held-row [--held 60] [--runs 3]`;

/** What was asked for cannot be; the message is for the person who typed the command. */
class UsageError extends Error {}

/** Signals end a benchmark as its end does: the keeper of the system ends every process of it. */
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => process.exit(1));

async function main(): Promise<boolean> {
  if (process.platform !== 'linux')
    throw new UsageError('The benchmark reads processor times from /proc, which only Linux has.');
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '5' },
      runs: { type: 'string', default: '3' },
      only: { type: 'string', default: ways.join(',') },
      levels: { type: 'string' },
      report: { type: 'boolean', default: false },
      trades: { type: 'string', default: '1000000' },
      part: { type: 'string' },
      stored: { type: 'string', default: '5000000' },
      exchanges: { type: 'string', default: '100000' },
      held: { type: 'string', default: '60' },
    },
  });
  const [seconds, runs] = [whole('seconds', values.seconds), whole('runs', values.runs)];
  const say = (line: string): void => console.log(line);
  switch (positionals[0]) {
    case 'trades':
      if (values.report && (values.levels !== undefined || values.only !== ways.join(',')))
        throw new UsageError('A report is of everything: --report goes without --only and --levels.');
      return compareTrades(
        {
          seconds,
          runs,
          only: waysOf(values.only),
          levels: levelsOf(values.levels),
          report: values.report,
        },
        say,
      );
    case 'purchases':
      return purchases({ ...values, seconds, runs, levels: levelsOf(values.levels) }, say);
    case 'memory':
      return watchMemory(whole('trades', values.trades), say);
    case 'depth':
      return compareDepths({ stored: whole('stored', values.stored), seconds, runs }, say);
    case 'reconciliation':
      return measureReconciliation(
        { exchanges: whole('exchanges', values.exchanges), seconds, report: values.report },
        say,
      );
    case 'held-row':
      return measureHeldRow({ held: whole('held', values.held), runs }, say);
    default:
      throw new UsageError(usage);
  }
}

/** Both parts, one after the other, or the one that was asked for. `--report` writes that of real money. */
async function purchases(
  {
    part,
    report,
    ...options
  }: { part?: string; report: boolean; seconds: number; runs: number; levels: number[] | undefined },
  say: (line: string) => void,
): Promise<boolean> {
  if (part !== undefined && part !== 'virtual' && part !== 'money')
    throw new UsageError('--part must be virtual or money.');
  const virtual = part === 'money' || (await comparePurchases(options, say));
  const money = part === 'virtual' || (await compareMoney({ ...options, report }, say));
  return virtual && money;
}

function whole(name: string, value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new UsageError(`--${name} must be a whole number.`);
  return Number(value);
}

function levelsOf(text: string | undefined): number[] | undefined {
  return text?.split(',').map((level) => whole('levels', level));
}

function waysOf(text: string): (typeof ways)[number][] {
  return text.split(',').map((name) => {
    const way = ways.find((one) => one === name);
    if (way === undefined) throw new UsageError(`--only must be of ${ways.join(', ')}.`);
    return way;
  });
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(error instanceof UsageError ? error.message : error);
  process.exitCode = 1;
}
process.exit();
