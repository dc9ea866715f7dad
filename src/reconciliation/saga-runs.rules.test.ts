import { expect, test } from '@jest/globals';
import { findingOf, type DealOfRun, type SagaRun } from './saga-runs.rules.js';

const now = new Date('2026-11-30T12:00:00Z');
const ago = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);
const id = 'trd_0198c5a0-0000-7000-8000-000000000001';
const convoy: SagaRun = { workflowId: `convoy/${id}`, startTime: ago(60), isRunning: true, deal: null, title: 'arena' };

const typeOf = (run: SagaRun, deals: DealOfRun[], closed: [string, Date][] = []): number | undefined =>
  findingOf(run, new Map(deals.map((deal) => [deal.id, deal])), new Map(closed), now)?.type;

test('a convoy that runs is wrong once the last of its deals has been closed for a while', () => {
  const open = { id, title: 'arena', closedAt: null, workflowId: convoy.workflowId };
  expect(typeOf(convoy, [open])).toBeUndefined();
  expect(typeOf(convoy, [], [[convoy.workflowId, ago(14)]])).toBeUndefined();
  expect(typeOf(convoy, [], [[convoy.workflowId, ago(16)]])).toBe(30);
  expect(typeOf(convoy, [])).toBe(30);
});

test('a run of one deal is wrong once that has been closed for a while, or where it is not there', () => {
  const run = { ...convoy, workflowId: `trade/${id}`, deal: id };
  const closed = (minutes: number): DealOfRun => ({
    ...{ id, title: 'arena', workflowId: run.workflowId, closedAt: ago(minutes) },
  });
  expect(typeOf(run, [closed(14)])).toBeUndefined();
  expect(typeOf(run, [closed(16)])).toBe(30);
  expect(typeOf(run, [])).toBe(30);
});
