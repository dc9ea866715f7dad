import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { until } from './processes.js';
import { StuckSystem } from './stuck-system.js';

/*
 * What an operator does about a saga that is stuck, through REST, with the worker killed in the middle. What cannot be
 * done is refused by a trigger of the test's own.
 */

let system: StuckSystem;
beforeAll(async () => {
  system = await StuckSystem.open();
  await system.start();
});
afterAll(() => system.close());
afterEach(() => system.calm(), 240_000);

test('a saga whose step fails for ever is found without its worker, and settles by a retry once cured', async () => {
  const cure = await system.refuse('ledgerTransfer');
  const { id, buyer, seller, sword } = await system.trade();
  await system.untilStuck(id);
  await system.killWorker();
  expect(await system.listed('state=stuck')).toContain(id);
  expect(await system.listed(`state=stuck&kind=trade&player=${seller}`)).toEqual([id]);
  expect(await system.listed('state=stuck&player=nobody')).toEqual([]);
  await until('the Temporal UI finds it', async () =>
    (await system.found(`SagaState = 'stuck'`)).includes(`trade/${id}`),
  );
  expect(await system.saga(id)).toMatchObject({
    state: 'stuck',
    step: 'ledgerTransfer',
    why: expect.stringContaining('this one is bad'),
    deal: { state: 'stuck' },
    workflow: { id: `trade/${id}` },
  });
  // Nobody is there who could do it.
  const unheard = await system.act(id, 'retry');
  expect(unheard).toMatchObject({ status: 503, body: { code: 'unavailable' } });

  await system.startWorker();
  await until(
    'it is tried before the cure',
    async () => (await system.act(id, 'retry')).body['code'] === 'step-failed-again',
  );
  // The attempt that follows at once might meet the cure.
  await until(
    'it waits again',
    async () =>
      ((await system.temporal.workflow.getHandle(`trade/${id}`).describe()).raw.pendingActivities?.[0]?.attempt ?? 0) >
      1,
  );
  await cure();
  expect(await system.act(id, 'retry')).toMatchObject({
    status: 200,
    body: { act: 'retry', answer: { code: 'retried' } },
  });
  expect(await system.api.closed(id)).toMatchObject({ state: 'settled' });
  expect([await system.api.posted(buyer), await system.api.posted(seller), await system.owner(sword)]).toEqual([
    '40',
    '60',
    `player:${buyer}`,
  ]);

  // The saga is ended with its deal. What its run has told of it may still be on its way then.
  await until('its run has told all', async () =>
    (await system.story(id)).timeline.some(({ event }) => event === 'ended'),
  );
  const { timeline, steps } = await system.story(id);
  expect(steps).toBe('read');
  const told = timeline.map(({ event, step, operator, code }) =>
    [event, step ?? operator, code].filter((word) => word !== undefined).join(' '),
  );
  expect(told[0]).toBe('accepted');
  expect(told).toEqual(
    expect.arrayContaining([
      'step inventoryHold',
      'step ledgerTransfer',
      'stuck ledgerTransfer',
      'operator olga',
      'answer olga step-failed-again',
      'answer olga retried',
      'transfer',
      'movement',
      'step inventoryMove',
      'step closeTrades',
      'closed',
    ]),
  );
  expect(
    timeline
      .filter(({ event, step }) => event === 'step' && step === 'ledgerTransfer')
      .some(({ attempts }) => (attempts ?? 0) > 1),
  ).toBe(true);
  expect(await system.listed(`state=stuck&player=${seller}`)).toEqual([]);
}, 240_000);

test('who compensates is answered though the worker is killed in the undo, and everything is given back', async () => {
  const cures = [await system.refuse('ledgerTransfer'), await system.refuse('inventoryRelease')];
  const { id, buyer, seller, sword } = await system.trade();
  await system.untilStuck(id);
  const compensated = system.act(id, 'compensate');
  await system.untilIn(id, 'parked');
  expect(await system.saga(id)).toMatchObject({ step: 'inventoryRelease', owner: 'olga' });
  await until('the metrics count it', async () =>
    /^veltrix_sagas\{state="parked"\} 1$/m.test(await (await fetch(`${system.main.url}/metrics`)).text()),
  );
  await system.killWorker();
  for (const cure of cures) await cure();
  await system.startWorker();
  expect((await compensated).status).toBeLessThan(203);
  expect(await system.api.closed(id)).toMatchObject({
    state: 'compensated',
    reason: { code: 'compensated-by-operator', detail: expect.stringContaining('olga') },
  });
  expect([await system.api.posted(buyer), await system.api.posted(seller), await system.owner(sword)]).toEqual([
    '100',
    '0',
    `player:${seller}`,
  ]);
  expect(await system.act(id, 'compensate', 'oleg')).toMatchObject({
    status: 200,
    body: { answer: { code: 'compensated' } },
  });
}, 240_000);

test('of two operators at once one wins and the other is told who, though the worker is killed meanwhile', async () => {
  const cure = await system.refuse('inventoryMove');
  const { id, buyer, sword } = await system.trade();
  await system.untilStuck(id);
  const letGo = await system.lock(sword);
  await cure();
  const first = system.act(id, 'retry');
  await system.untilLetIn(id, 'olga');
  expect(await system.act(id, 'retry', 'oleg')).toMatchObject({
    status: 409,
    body: { code: 'saga-busy', detail: expect.stringContaining('olga') },
  });
  await system.killWorker();
  await letGo();
  await system.startWorker();
  expect(await system.api.closed(id)).toMatchObject({ state: 'settled' });
  expect(await system.owner(sword)).toBe(`player:${buyer}`);
  // What was tried for her was lost with the worker, and then done all the same, or given up by the time she has
  // waited.
  expect([200, 202, 409]).toContain((await first).status);
  expect(await system.act(id, 'compensate')).toMatchObject({ status: 409, body: { code: 'too-late' } });
  expect(await system.act(id, 'retry')).toMatchObject({ status: 409, body: { code: 'saga-not-stuck' } });
}, 240_000);

test('who compensates after the pivot is told that it is too late, and the next worker goes forward', async () => {
  const cure = await system.refuse('inventoryMove');
  const { id, buyer, seller, sword } = await system.trade();
  await system.untilStuck(id);
  expect(await system.act(id, 'compensate')).toMatchObject({ status: 409, body: { code: 'too-late' } });
  await system.killWorker();
  await cure();
  await system.startWorker();
  expect(await system.api.closed(id)).toMatchObject({ state: 'settled' });
  expect([await system.api.posted(buyer), await system.api.posted(seller), await system.owner(sword)]).toEqual([
    '40',
    '60',
    `player:${buyer}`,
  ]);
}, 240_000);

test('resolve ends a saga as its pivot says though the worker is killed, and a late move does nothing', async () => {
  const cure = await system.refuse('inventoryMove');
  const { id, buyer, seller, sword } = await system.trade();
  await system.untilStuck(id);
  const letGo = await system.lock(sword);
  const resolved = system.act(id, 'resolve');
  await system.untilLetIn(id, 'olga');
  await system.killWorker();
  await letGo();
  await system.startWorker();
  const { status, body } = await resolved;
  // The worker that comes does what the killed one was at, unless the ends of its attempts come first.
  if (status !== 200) {
    expect([202, 409]).toContain(status);
    expect(status === 202 || body['code'] === 'step-failed-again').toBe(true);
    // What goes on after a 202 is busy at first, and may be what ends the saga.
    await until(
      'it is resolved',
      async () => (await system.act(id, 'resolve')).status === 200 || (await system.saga(id)).state === 'ended',
      120_000,
    );
  }
  expect(await system.api.closed(id)).toMatchObject({ state: 'settled' });
  await cure();
  expect([await system.api.posted(buyer), await system.api.posted(seller), await system.owner(sword)]).toEqual([
    '40',
    '60',
    `player:${buyer}`,
  ]);
  const { rows } = await system.session.query('select state from inventory.holds where exchange = $1', [id]);
  expect(rows).toEqual([{ state: 'ended-by-hand' }]);
}, 240_000);

test('resolve is refused while the pivot is open, also by the next worker, and compensate ends the saga', async () => {
  const cure = await system.refuse('ledgerTransfer');
  const { id, seller, sword } = await system.trade();
  await system.untilStuck(id);
  await system.killWorker();
  await system.startWorker();
  await until('it is refused', async () => (await system.act(id, 'resolve')).body['code'] === 'saga-not-resolvable');
  expect(await system.api.must(200, system.api.send('GET', `/v1/item-instances/${sword}`))).toMatchObject({
    state: 'held',
  });
  await cure();
  const { status } = await system.act(id, 'compensate');
  // Once cured it may have gone on by itself.
  expect([200, 409]).toContain(status);
  const { state } = await system.api.closed(id);
  expect(state).toBe(status === 200 ? 'compensated' : 'settled');
  if (status === 200) expect(await system.owner(sword)).toBe(`player:${seller}`);
}, 240_000);
