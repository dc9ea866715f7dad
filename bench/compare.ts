import { purchaseWays, ways } from './driver/orders.js';
import { measure, type Question, type RunResult } from './run.js';
import { summarise, type Summary } from './report/summary.rules.js';
import { tableOf } from './report/table.js';
import { rounded } from './report/rounded.rules.js';
import { writeReport } from './report/write.js';
import { startSystem, type System } from './system/system.js';

/** What `npm run bench -- trades` can be told. */
export interface TradesOptions {
  seconds: number;
  runs: number;
  /** Ways and numbers in flight to leave all others out, while one works on the benchmark itself. */
  only: (typeof ways)[number][];
  levels: number[] | undefined;
  report: boolean;
}

const players = 10_000;
const levels: Record<(typeof ways)[number], number[]> = {
  convoys: [1, 16, 64, 256, 1_024],
  'usual-way': [16, 64, 256],
  'bare-sql': [4, 8, 16, 32],
};
const warmUpSeconds = 2;

/** Compares the three ways, one run after the other. @returns whether all runs count */
export async function compareTrades(options: TradesOptions, say: (line: string) => void): Promise<boolean> {
  return compare(questionsOf(options), options.runs, say, (summaries, faults) =>
    options.report ? report(options, summaries, faults, say) : Promise.resolve(),
  );
}

/** Compares purchases with trades, which travel in the same convoys. @returns whether all runs count */
export async function comparePurchases(
  { seconds, runs, levels: wanted = [1, 16, 256, 1_024] }: Pick<TradesOptions, 'seconds' | 'runs' | 'levels'>,
  say: (line: string) => void,
): Promise<boolean> {
  const questions = wanted.flatMap((inFlight) =>
    (['convoys', ...purchaseWays] as const).map((way) => ({ way, inFlight, seconds, hot: false, acceptOnly: false })),
  );
  return compare(questions, runs, say);
}

async function compare(
  questions: readonly Question[],
  runs: number,
  say: (line: string) => void,
  tell?: (summaries: readonly Summary[], faults: readonly string[]) => Promise<void>,
): Promise<boolean> {
  const system = await startSystem(players, say);
  try {
    await warmUp(system, questions, say);
    const results: RunResult[] = [];
    // Interleaved, because a machine is not equally fast at all times.
    for (let run = 1; run <= runs; run++) {
      for (const question of questions) {
        const result = await measure(system, question);
        results.push(result);
        say(JSON.stringify({ run, ...rounded(result) }));
      }
    }
    const summaries = summarise(results);
    say(tableOf(summaries));
    const faults = results.flatMap((result) =>
      result.faults.map((fault) => `${result.way}, ${result.inFlight} in flight: ${fault}`),
    );
    for (const fault of faults) say(`void: ${fault}`);
    await tell?.(summaries, faults);
    return faults.length === 0;
  } finally {
    await system.end();
  }
}

function questionsOf({ seconds, only, levels: wanted }: TradesOptions): Question[] {
  const questions: Question[] = [];
  for (const way of ways.filter((name) => only.includes(name))) {
    if (way === 'convoys') questions.push({ way, inFlight: 1, seconds, hot: false, acceptOnly: true });
    for (const inFlight of levels[way].filter((level) => wanted?.includes(level) ?? true)) {
      questions.push({ way, inFlight, seconds, hot: false, acceptOnly: false });
      if (way === 'convoys') questions.push({ way, inFlight, seconds, hot: true, acceptOnly: false });
    }
  }
  return questions;
}

/** Programs get faster while they run for the first time; that is no part of the comparison. */
async function warmUp(system: System, questions: readonly Question[], say: (line: string) => void): Promise<void> {
  for (const way of [...ways, ...purchaseWays]) {
    const inFlight = Math.max(
      ...questions.filter((question) => question.way === way).map((question) => question.inFlight),
    );
    if (inFlight < 0) continue;
    say(`Warming up: ${way}, ${inFlight} in flight.`);
    await measure(system, { way, inFlight, seconds: warmUpSeconds, hot: false, acceptOnly: false });
  }
}

/** A void run is no result, and a figure that is written down must be one. */
async function report(
  options: TradesOptions,
  summaries: readonly Summary[],
  faults: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  if (faults.length > 0) say('Nothing is written into docs/, because runs are void.');
  else await writeReport(summaries, { seconds: options.seconds, runs: options.runs }, say);
}
