import type { Ask } from './histories.js';
import { moneyOracle } from './oracle-money.js';
import { valueOracle } from './oracle-value.js';

/** What the second oracle finds, as `type subject`, in order. */
export async function oracle(ask: Ask): Promise<string[]> {
  const found = new Set<string>();
  for (const sql of [...valueOracle, ...moneyOracle])
    for (const { type, subject } of await ask<{ type: number; subject: string }>(sql)) found.add(`${type} ${subject}`);
  return [...found].sort();
}
