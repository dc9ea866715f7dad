import { expect, test } from '@jest/globals';
import { expand } from '../../contracts/answers.js';
import { convoyWorkflowId, type Exchange } from '../../contracts/nouns.js';
import { until } from '../e2e/processes.js';
import type { SagaWorld } from '../saga/saga-world.js';
import { openForTests } from '../saga/test-world.js';
import { acceptTrades } from './convoy-samples.js';

let world: SagaWorld;
openForTests((opened) => void (world = opened));

test('a convoy whose name another list runs under is not started, nor told what became of that list', async () => {
  const exchanges = await acceptTrades(world, 5);
  const [first, ...others] = exchanges as [Exchange, ...Exchange[]];
  const name = convoyWorkflowId(first);
  const mine = [first, ...others.slice(0, 2)];
  const theirs = [first, ...others.slice(2)];
  let go: () => void = () => undefined;
  const late = new Promise<void>((resolve) => (go = resolve));
  world.before = (step) => (step === 'inventoryHold' ? late : Promise.resolve());
  const runId = await world.starter.start(theirs, name);
  await until('it has begun', () => Promise.resolve(world.calls.has('inventoryHold')));
  await world.starter.recordStart(mine, name);
  const refused = await world.starter.start(mine, name).catch((error: unknown) => error);
  const { rows } = await world.session.query('select 1 from trades.open where started_at is null and id = any($1)', [
    mine.map(({ id }) => id.slice(4)),
  ]);
  go();
  expect(String(refused)).toContain('already');
  // A name that is taken does not say that these trades have no run.
  expect(rows).toEqual([]);
  const answers = await world.starter.ended(name, 20_000, runId);
  expect(answers && expand(theirs, answers).map(({ id }) => id)).toEqual(theirs.map(({ id }) => id));
  for (const { id } of others.slice(0, 2))
    expect(await world.row(id)).toEqual({ state: 'accepted', reason_code: null });
  // When that run is over the name is free again, and what the new one says is of the new list.
  world.reset();
  const again = await world.starter.ended(name, 20_000, await world.starter.start(mine, name));
  expect(again && expand(mine, again).map((outcome) => ('state' in outcome ? outcome.state : 'left'))).toEqual([
    'settled',
    'settled',
    'settled',
  ]);
});
