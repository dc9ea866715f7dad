import { designs } from '../driver/orders.js';
import { rounded } from '../report/rounded.rules.js';
import { summarise } from '../report/summary.rules.js';
import { measure, type Question, type RunResult } from '../run.js';
import { clientAlone, mend, strike } from '../system/money.js';
import { startSystem, type System } from '../system/system.js';
import { measureArrivals, type ArrivalQuestion, type ArrivalResult } from './arrival-run.js';
import { pauseFees } from './fees.js';
import { outages, type OutageName } from './outages.js';
import { moneyTableOf, type MoneyFigures } from './table.js';
import { writeMoneyReport } from './write.js';
import { halfOfMost } from './money.rules.js';

/** What `npm run bench -- purchases --part money` can be told. */
export interface MoneyOptions {
  seconds: number;
  runs: number;
  report: boolean;
}

const players = 10_000;
/** What each call to the processor takes while it is measured how fast purchases complete. */
const processorMs = 100;
const perSecondOfFew = 20;
const inFlight = { money: [1, 16, 256], 'usual-purchase': [1, 16, 64] } as const;
const warmUpSeconds = 2;

/**
 * Measures purchases in real money: how fast they complete beside one workflow for each, then how they are accepted
 * during outages of the processor and of Temporal, beside a service that calls the processor inside the request.
 * @returns whether all runs count
 */
export async function compareMoney(options: MoneyOptions, say: (line: string) => void): Promise<boolean> {
  const system = await startSystem(players, say, { money: true });
  try {
    await pauseFees(system);
    const money = moneyOf(system);
    await strike(money, { fault: 'delay', ms: processorMs });
    const threeCallsMs = await clientAlone(money, 'one-by-one');
    const results = await completions(system, options, say);
    await mend(money);
    const figures: MoneyFigures = {
      completions: summarise(results),
      threeCallsMs,
      clientMs: await clientAlone(money, 'side-by-side'),
      alone: await arrivals(system, ['none'], 0, options.seconds, say),
      arrivals: [],
    };
    for (const perSecond of [perSecondOfFew, halfOfMost(figures.completions)])
      figures.arrivals.push(...(await arrivals(system, outages, perSecond, options.seconds, say)));
    say(moneyTableOf(figures));
    const faults = [...results.map(faultsOf), ...figures.arrivals.map(faultsOf)].flat();
    for (const fault of faults) say(`void: ${fault}`);
    if (options.report) await report(figures, options, faults, say);
    return faults.length === 0;
  } finally {
    await system.end();
  }
}

async function completions(
  system: System,
  { seconds, runs }: MoneyOptions,
  say: (line: string) => void,
): Promise<RunResult[]> {
  const questions = (['money', 'usual-purchase'] as const).flatMap((way) =>
    inFlight[way].map((level): Question => ({ way, inFlight: level, seconds, hot: false, acceptOnly: false })),
  );
  // Programs get faster while they run for the first time; that is no part of the comparison.
  for (const [way, level] of [
    ['money', 256],
    ['usual-purchase', 16],
  ] as const) {
    say(`Warming up: ${way}, ${level} in flight.`);
    await measure(system, { way, inFlight: level, seconds: warmUpSeconds, hot: false, acceptOnly: false });
  }
  const results: RunResult[] = [];
  // Interleaved, because a machine is not equally fast at all times.
  for (let run = 1; run <= runs; run++) {
    for (const question of questions) {
      const result = await measure(system, question);
      results.push(result);
      say(JSON.stringify({ run, ...rounded(result) }));
    }
  }
  return results;
}

async function arrivals(
  system: System,
  during: readonly OutageName[],
  perSecond: number,
  seconds: number,
  say: (line: string) => void,
): Promise<ArrivalResult[]> {
  const results: ArrivalResult[] = [];
  for (const outage of during) {
    for (const design of designs) {
      // The service that calls inside the request has no Temporal.
      if (design !== 'veltrix' && outage === 'temporal-gone') continue;
      const question: ArrivalQuestion = { design, outage, perSecond, seconds };
      const result = await measureArrivals(system, question);
      results.push(result);
      say(JSON.stringify(rounded(result)));
    }
  }
  return results;
}

function moneyOf({ money }: System): NonNullable<System['money']> {
  if (money === undefined) throw new Error('The system has nothing for purchases in real money.');
  return money;
}

function faultsOf(result: RunResult | ArrivalResult): string[] {
  const what =
    'way' in result
      ? `${result.way}, ${result.inFlight} in flight`
      : `${result.design}, ${result.perSecond} a second, ${result.outage}`;
  return result.faults.map((fault) => `${what}: ${fault}`);
}

/** A void run is no result, and a figure that is written down must be one. */
async function report(
  figures: MoneyFigures,
  how: MoneyOptions,
  faults: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  if (faults.length > 0) say('Nothing is written into docs/, because runs are void.');
  else await writeMoneyReport(figures, how, say);
}
