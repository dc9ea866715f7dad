import { median } from '../driver/measure.rules.js';
import { measure } from '../run.js';
import { readResident } from '../system/cpu.js';
import { startSystem } from '../system/system.js';
import { isFlat, type MemorySample } from './memory.rules.js';

const players = 10_000;
const inFlight = 1_024;
const mebibyte = 2 ** 20;
/** What each process may have resident. */
const limits = { API: 250 * mebibyte, worker: 500 * mebibyte };

/**
 * Watches the memory of API and worker over a long run under full load. @returns whether the run counts and it stayed
 * flat and small
 */
export async function watchMemory(trades: number, say: (line: string) => void): Promise<boolean> {
  const system = await startSystem(players, say);
  try {
    const samples: MemorySample[] = [];
    const result = await measure(
      system,
      { way: 'convoys', inFlight, seconds: 0, hot: false, acceptOnly: false, trades },
      (settled) => {
        const sample = { settled, API: readResident(system.pids.API), worker: readResident(system.pids.worker) };
        samples.push(sample);
        if (samples.length % 10 === 1) say(JSON.stringify(sample));
      },
    );
    say(JSON.stringify(result));
    let good = result.faults.length === 0;
    for (const name of ['API', 'worker'] as const) {
      const flat = isFlat(samples, name);
      const most = Math.max(...samples.map((sample) => sample[name]));
      good &&= flat && most <= limits[name];
      const middle = median(samples.map((sample) => sample[name]));
      say(
        `${name}: ${flat ? 'flat' : 'not flat'}, ${Math.round(middle / mebibyte)} MB in the middle ` +
          `and ${Math.round(most / mebibyte)} MB at most, of ${limits[name] / mebibyte} MB`,
      );
    }
    return good;
  } finally {
    await system.end();
  }
}
