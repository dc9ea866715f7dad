import { isMoneyWay, type DriverReport, type RunOrder, type WayName } from './driver/orders.js';
import { moneyDisagreements } from './money/books.js';
import { bookFees } from './money/fees.js';
import { usualTaskQueue } from './usual-way/contracts.js';
import { readBooks, readHoldings, untilAtRest, type Books } from './system/books.js';
import { cpuBetween, readCpu, type CpuTimes } from './system/cpu.js';
import { readHistory } from './system/history.js';
import { processNames, type ProcessName, type System } from './system/system.js';
import { firstOwners } from './system/world.js';

/** What one run is asked to measure. */
export type Question = Pick<RunOrder, 'way' | 'inFlight' | 'seconds' | 'hot' | 'acceptOnly'> & { trades?: number };

/** What one run has come to: one JSON line. */
export interface RunResult extends Question {
  tradesPerSecond: number;
  /** Milliseconds from the request to the settled trade, or to its acceptance where that alone is measured. */
  p50: number;
  p99: number;
  /** Processor milliseconds per trade that was settled in the window. */
  cpu: Record<ProcessName, number>;
  /** The share of the machine's processor time in the window that none of our processes has used. */
  cpuOfOthers: number;
  /** Bytes per trade that Temporal and PostgreSQL keep. */
  historyBytes: number;
  postgresBytes: number;
  workflows: number;
  acknowledged: number;
  settled: number;
  otherwise: Record<string, number>;
  repeated: Record<string, number>;
  /** Why the run does not count; none where it does. */
  faults: string[];
}

/** Fewer settled trades than this share of those acknowledged make a run void. */
const minSettled = 0.999;
const restWithinMs = 60_000;

let runs = 0;

/** Has one run carried out, and checks the books after it. */
export async function measure(
  system: System,
  question: Question,
  progress?: (settled: number) => void,
): Promise<RunResult> {
  const { way } = question;
  const url = system.databases[way];
  const wanted = { players: system.players, items: firstOwners(system.players).length };
  const before = await readBooks(way, url, wanted);
  const order: RunOrder = {
    ...question,
    players: system.players,
    keyPrefix: `${way}-${process.pid}-${++runs}`,
    holdings: await readHoldings(way, url),
  };
  const since = new Date();
  let cpuAtBegin: CpuTimes | undefined;
  let cpu: CpuTimes | undefined;
  const report = await system.driver.run(order, {
    windowBegins: () => (cpuAtBegin = readCpu(system.pids)),
    windowEnds: () => (cpu = cpuAtBegin && cpuBetween(cpuAtBegin, readCpu(system.pids))),
    ...(progress && { progress }),
  });
  const rested = await untilAtRest(way, url, restWithinMs);
  if (way === 'money') await bookFees(system);
  const history =
    way === 'bare-sql' ? { workflows: 0, bytes: 0 } : await readHistory(system.temporal, taskQueueOf(way), since);
  const after = await readBooks(way, url, wanted);
  if (cpu === undefined) throw new Error('The driver has not told when it measured.');
  const { window, ...seen } = report;
  const settledInBooks = after.settled - before.settled;
  return {
    ...question,
    tradesPerSecond: (window.settled / window.milliseconds) * 1_000,
    p50: window.p50,
    p99: window.p99,
    cpu: Object.fromEntries(
      processNames.map((name) => [name, (cpu as CpuTimes).byProcess[name] / window.settled]),
    ) as Record<ProcessName, number>,
    cpuOfOthers: othersOf(cpu),
    historyBytes: history.bytes / settledInBooks,
    postgresBytes: (after.bytes - before.bytes) / settledInBooks,
    workflows: history.workflows,
    ...seen,
    settled: settledInBooks,
    faults: [
      ...faultsOf(question, report, settledInBooks, after, rested),
      ...(system.money && isMoneyWay(way) ? await moneyDisagreements(system.money, way, url) : []),
    ],
  };
}

function taskQueueOf(way: WayName): string {
  return way === 'usual-way' || way === 'usual-purchase' ? usualTaskQueue : 'veltrix';
}

/** The share of the machine's processor time that none of our processes has used. */
export function othersOf({ byProcess, harness, machine }: CpuTimes): number {
  const ours = Object.values(byProcess).reduce((sum, milliseconds) => sum + milliseconds, harness);
  return machine === 0 ? 0 : Math.max(0, (machine - ours) / machine);
}

function faultsOf(
  { acceptOnly }: Question,
  report: DriverReport,
  settledInBooks: number,
  after: Books,
  rested: boolean,
): string[] {
  const faults = [...after.disagreements];
  if (!rested) faults.push(`trades were still open ${restWithinMs / 1_000} s after the last answer`);
  if (settledInBooks < report.acknowledged * minSettled)
    faults.push(`${report.acknowledged} trades were acknowledged and ${settledInBooks} were settled`);
  if (!acceptOnly && settledInBooks !== report.settled)
    faults.push(`${report.settled} trades were told to be settled and ${settledInBooks} are`);
  if (report.window.settled === 0) faults.push('nothing was settled while it was measured');
  return faults;
}
