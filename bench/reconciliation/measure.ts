import { storeTrades } from '../long/stored-trades.js';
import { aligned, figure, whole } from '../report/table.js';
import { writeBetween } from '../report/write.js';
import { measure, type Question } from '../run.js';
import { startSystem, type System } from '../system/system.js';
import { makeFullRun, type FullRun } from './full-run.js';

const players = 10_000;
const inFlight = 256;
const mebibyte = 2 ** 20;
/** How many times its memory of before the worker may have during a run. */
const flat = 1.5;

const place = { name: 'reconciliation', command: 'npm run bench -- reconciliation --report' };

interface Figures {
  quiet: FullRun;
  /** Trades a second alone, and beside a second run. */
  alone: number;
  beside: number;
}

/**
 * Measures how fast one full run checks a history, and what it takes from the trades that are settled meanwhile.
 * @returns whether all counts: the books agree, no run of trades is void, and the memory of the worker is flat
 */
export async function measureReconciliation(
  { exchanges, seconds, report }: { exchanges: number; seconds: number; report: boolean },
  say: (line: string) => void,
): Promise<boolean> {
  const system = await startSystem(players, say);
  try {
    await storeTrades(system.databases.convoys, exchanges, (stored) => say(`${stored} of ${exchanges} are stored.`));
    const quiet = await makeFullRun(system);
    say(JSON.stringify(quiet));
    const question: Question = { way: 'convoys', inFlight, seconds, hot: false, acceptOnly: false };
    await measure(system, question);
    const alone = await measure(system, question);
    const [beside, run] = await besideRuns(system, question);
    const table = tableOf(exchanges, { quiet, alone: alone.tradesPerSecond, beside: beside.tradesPerSecond });
    say(table);
    const faults = [...alone.faults, ...beside.faults, ...[quiet, run].flatMap(faultsOf)];
    for (const fault of faults) say(`void: ${fault}`);
    if (report && faults.length === 0) writeBetween(place, [`trades for ${seconds} s each time.`, '', table]);
    return faults.length === 0;
  } finally {
    await system.end();
  }
}

/** Settles trades while a full run is made. */
async function besideRuns(system: System, question: Question): Promise<[Awaited<ReturnType<typeof measure>>, FullRun]> {
  return Promise.all([measure(system, question), makeFullRun(system)]);
}

function faultsOf({ verdict, memory }: FullRun): string[] {
  return [
    ...(verdict === 'RECONCILED' ? [] : [`the verdict is ${verdict}`]),
    ...(memory.most <= memory.first * flat ? [] : ['the memory of the worker has grown']),
  ];
}

function tableOf(exchanges: number, { quiet, alone, beside }: Figures): string {
  const { milliseconds, memory } = quiet;
  const megabytes = (bytes: number): string => whole(bytes / mebibyte);
  return aligned([
    ['one full run', 'figure'],
    ['exchanges', whole(exchanges)],
    ['seconds', figure(milliseconds / 1_000)],
    ['exchanges/s', whole(exchanges / (milliseconds / 1_000))],
    ['MB of the worker before', megabytes(memory.first)],
    ['MB of the worker at most', megabytes(memory.most)],
    ['trades/s alone', whole(alone)],
    ['trades/s beside a run', whole(beside)],
  ]).join('\n');
}
