import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Exchange } from '../../contracts/nouns.js';
import { SweepWorld } from './sweep-world.js';

let world: SweepWorld;

beforeAll(async () => {
  Logger.overrideLogger(false);
  world = await SweepWorld.open();
});
afterAll(() => world.end());

test('a run on another task queue is left alone where a worker polls that', async () => {
  const [exchange] = (await world.rows('on another task queue', 1)) as [Exchange];
  const before = (await world.noted(exchange))?.run ?? '';
  const { client } = world;
  const state = async (): Promise<string> => (await client.workflow.getHandle(before).describe()).status.name;
  const taskQueue = { name: world.otherQueue };
  await client.workflowService.pollWorkflowTaskQueue({ namespace: 'default', taskQueue, identity: 'a worker' });
  await world.sweep().run();
  expect([world.startsOf(exchange), await state()]).toEqual([[], 'RUNNING']);
});
