import { median } from '../driver/measure.rules.js';
import { measure, type Question, type RunResult } from '../run.js';
import { startSystem, type System } from '../system/system.js';
import { storeTrades } from './stored-trades.js';

const players = 10_000;
const shallow = 10_000;
const inFlight = 1_024;
/** What the rate is not to fall below, as a share of the rate with few trades stored. */
const minShare = 0.8;

/**
 * Compares the rate with few and with many trades stored. The bare transaction, whose own tables stay as they are, runs
 * beside it both times and tells how much of the difference is the machine's.
 * @returns whether all runs count and the rate held
 */
export async function compareDepths(
  options: { stored: number; seconds: number; runs: number },
  say: (line: string) => void,
): Promise<boolean> {
  const system = await startSystem(players, say);
  try {
    const first = await atDepth(system, shallow, options, say);
    const second = await atDepth(system, options.stored - shallow, options, say);
    const share = second.convoys / first.convoys;
    say(
      `with ${shallow} stored trades ${Math.round(first.convoys)} trades/s, ` +
        `with ${options.stored} ${Math.round(second.convoys)}: ${share.toFixed(2)} ×; ` +
        `the machine itself ${(second.bare / first.bare).toFixed(2)} ×`,
    );
    return first.good && second.good && share >= minShare;
  } finally {
    await system.end();
  }
}

async function atDepth(
  system: System,
  more: number,
  { seconds, runs }: { seconds: number; runs: number },
  say: (line: string) => void,
): Promise<{ convoys: number; bare: number; good: boolean }> {
  await storeTrades(system.databases.convoys, more, (stored) => say(`${stored} of ${more} trades are stored.`));
  const ours: Question = { way: 'convoys', inFlight, seconds, hot: false, acceptOnly: false };
  const bare: Question = { ...ours, way: 'bare-sql', inFlight: 16 };
  for (const question of [ours, bare]) await measure(system, question);
  const results: RunResult[] = [];
  for (let run = 1; run <= runs; run++) {
    for (const question of [ours, bare]) {
      const result = await measure(system, question);
      results.push(result);
      say(JSON.stringify({ run, ...result }));
    }
  }
  const rate = (way: string): number =>
    median(results.filter((result) => result.way === way).map(({ tradesPerSecond }) => tradesPerSecond));
  return { convoys: rate('convoys'), bare: rate('bare-sql'), good: results.every(({ faults }) => faults.length === 0) };
}
