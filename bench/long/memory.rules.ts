import { median } from '../driver/measure.rules.js';

/** Resident bytes at one moment of a run. */
export interface MemorySample {
  /** How many trades were settled by then. */
  settled: number;
  API: number;
  worker: number;
}

/** What a garbage collector lets a process vary by, without anything being kept for ever. */
const tolerance = 1.1;

/**
 * Memory is flat if what a process has in the last fifth of a run is what it had in the second, after its caches were
 * filled.
 */
export function isFlat(samples: readonly MemorySample[], name: 'API' | 'worker'): boolean {
  const fifth = (n: number): number =>
    median(
      samples
        .slice(Math.floor((samples.length * n) / 5), Math.ceil((samples.length * (n + 1)) / 5))
        .map((sample) => sample[name]),
    );
  return fifth(4) <= fifth(1) * tolerance;
}
