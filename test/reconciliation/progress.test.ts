import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { storyBody } from '../../src/reconciliation/reconciliation-bodies.js';
import { RunsReads } from '../../src/reconciliation/runs.reads.js';
import { breakOf, RunsWorld, ScriptedCheck } from './runs-world.js';

/* How far a run is while it goes on. */

let world: RunsWorld;
const [books, items] = [new ScriptedCheck('books'), new ScriptedCheck('items')];
beforeAll(async () => {
  world = await RunsWorld.open([books, items]);
});
afterAll(() => world.close());

test('a run says at which check it is, how many are through, and what it has looked at so far', async () => {
  books.parts = [[breakOf('one')], [], []];
  const id = await world.begun();
  const reads = new RunsReads(world.main);
  const told = async (): Promise<string> => {
    const { progress, looked, state } = storyBody(await reads.story(null, id));
    return [state, progress.check, progress.done, progress.of, JSON.stringify(looked)].join(' ');
  };
  const all = [await told()];
  while (!(await world.service.lookOn(id, () => false)).done) all.push(await told());
  await world.service.finish(id);
  all.push(await told());
  expect([...new Set(all)]).toEqual([
    'running books 0 3 {}',
    'running books 0 3 {"books":{"things":10}}',
    'running books 0 3 {"books":{"things":20}}',
    'running items 1 3 {"books":{"things":30}}',
    'running again 2 3 {"books":{"things":30},"items":{"things":10}}',
    'finished  3 3 {"books":{"things":30},"items":{"things":10}}',
  ]);
});
