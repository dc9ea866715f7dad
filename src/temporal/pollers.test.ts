import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { Pollers } from './pollers.js';

const minute = 60_000;

/** When each poller of the task queue has polled last, by the clock of the server, in seconds. */
let polled: number[];
/** The monotonic clock of this process, in milliseconds. */
let now: number;
let pollers: Pollers;

beforeEach(() => {
  [polled, now] = [[], 5_000];
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const describeTaskQueue = (): Promise<unknown> =>
    Promise.resolve({ pollers: polled.map((seconds) => ({ lastAccessTime: { seconds } })) });
  pollers = new Pollers({ workflowService: { describeTaskQueue } } as unknown as Client, 'default');
});
afterEach(() => void jest.restoreAllMocks());

/** Looks so much later. */
function lookAfter(milliseconds: number): Promise<boolean> {
  now += milliseconds;
  return pollers.isPolled('veltrix');
}

test('a task queue that nobody has polled is not polled', async () => {
  expect(await lookAfter(0)).toBe(false);
  expect(await lookAfter(minute)).toBe(false);
});

describe.each([
  ['is right', 0],
  ['is ten minutes ahead', 600],
  ['is ten minutes behind', -600],
])('where the clock of the server %s', (_, ahead) => {
  const server = (): number => Math.floor(Date.now() / 1_000) + ahead;

  test('a task queue is polled for as long as there are new polls, however seldom somebody looks', async () => {
    for (let look = 0; look < 10; look++) {
      polled = [server() - 7, server() + look * 60];
      expect(await lookAfter(look < 5 ? minute : 60 * minute)).toBe(true);
    }
  });

  test('a task queue is not polled any more two minutes after the last new poll', async () => {
    polled = [server()];
    expect(await lookAfter(0)).toBe(true);
    expect(await lookAfter(2 * minute - 1)).toBe(true);
    expect(await lookAfter(1)).toBe(false);
    expect(await lookAfter(60 * minute)).toBe(false);
    polled = [server() + 300];
    expect(await lookAfter(0)).toBe(true);
  });
});

test('a task queue says nothing of another one', async () => {
  polled = [1];
  expect(await lookAfter(0)).toBe(true);
  now += 2 * minute;
  expect(await pollers.isPolled('other')).toBe(true);
  expect(await lookAfter(0)).toBe(false);
});
