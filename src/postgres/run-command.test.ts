import { describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { runCommand } from './run-command.js';

const [keyTaken, connectionLost, statementTimeout, divisionByZero] = ['23505', '08006', '57014', '22012'] as const;
const lockTimeout = '55P03';

/** What PostgreSQL says of an error; its SQLSTATE alone where that is all. */
type Said = string | { code: string; constraint: string; detail: string };

/**
 * Runs a command whose attempts end with these errors in turn, and succeed after them. @returns how it ended, and after
 * how many attempts
 */
async function attempted(errors: readonly Said[], elements?: number): Promise<{ attempts: number; ended: string }> {
  let attempts = 0;
  const transaction = (): Promise<string> => {
    const said = errors[attempts++];
    if (said === undefined) return Promise.resolve('done');
    const error = typeof said === 'string' ? { code: said } : said;
    return Promise.reject(Object.assign(new Error(error.code), error));
  };
  const command = runCommand({ transaction } as unknown as DataSource, () => Promise.resolve('done'), elements);
  const ended = await command.catch((error: Error) => error.message);
  return { attempts, ended };
}

const times = (count: number, state: string): string[] => new Array<string>(count).fill(state);

describe('a command', () => {
  test('is run again for each key that is taken, and once more than it has elements', async () => {
    expect(await attempted(times(5, keyTaken), 5)).toEqual({ attempts: 6, ended: 'done' });
    expect(await attempted(times(6, keyTaken), 5)).toEqual({ attempts: 6, ended: keyTaken });
  });

  test('that finds the same key taken again is not run any more, because a row is corrupt', async () => {
    const sameKey = { code: keyTaken, constraint: 'entries_pkey', detail: 'Key (account_id, version)=(7, 3) exists.' };
    expect(await attempted(Array(9).fill(sameKey), 8)).toEqual({ attempts: 2, ended: keyTaken });
    const keys = [1, 2, 3].map((n) => ({ ...sameKey, detail: `Key (title, key)=(arena, ${n}) exists.` }));
    expect(await attempted(keys, 3)).toEqual({ attempts: 4, ended: 'done' });
  });

  test('meets two outages and not a third, however many elements it has', async () => {
    expect(await attempted(times(2, connectionLost), 256)).toEqual({ attempts: 3, ended: 'done' });
    expect(await attempted(times(3, connectionLost), 256)).toEqual({ attempts: 3, ended: connectionLost });
  });

  test('is run three times more than it has elements at most', async () => {
    const worst = [connectionLost, ...times(5, keyTaken), connectionLost];
    expect(await attempted(worst, 5)).toEqual({ attempts: 8, ended: 'done' });
  });

  test('that finds a row held after an outage has met the outage: its own COMMIT may hold the row yet', async () => {
    expect(await attempted([connectionLost, lockTimeout])).toEqual({ attempts: 2, ended: connectionLost });
    expect(await attempted([lockTimeout])).toEqual({ attempts: 1, ended: lockTimeout });
  });

  test.each([
    ['has waited too long', statementTimeout],
    ['has met a silent connection', 'ETIMEDOUT'],
    ['is wrong in itself', divisionByZero],
  ])('that %s is not run again', async (_, state) => {
    expect(await attempted([state], 5)).toEqual({ attempts: 1, ended: state });
  });
});
