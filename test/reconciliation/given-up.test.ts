import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ReconciliationService } from '../../src/reconciliation/reconciliation.service.js';
import { breakOf, RunsWorld, ScriptedCheck } from './runs-world.js';

/* What a run has not looked at again is not gone, whatever kept the run from it. */

let world: RunsWorld;
/** A worker of a release that does not know the check `money` yet. */
let former: ReconciliationService;
const books = new ScriptedCheck('books');
const money = new ScriptedCheck('money');

beforeAll(async () => {
  world = await RunsWorld.open([books, money]);
  former = world.serviceWith([books]);
});
afterAll(() => world.close());
afterEach(async () => {
  for (const check of [books, money]) check.reset();
  await world.run();
});

async function open(): Promise<string[]> {
  const rows = await world.main.query<{ subject: string }[]>(
    'select subject from reconciliation.cases where cleared_at is null order by subject',
  );
  return rows.map(({ subject }) => subject);
}

/** Makes a run until its second look begins. */
async function untilAgain(): Promise<string> {
  const id = await world.begun();
  while ((await world.service.lookOn(id, () => false)).check !== 'again');
  return id;
}

async function details(id: string): Promise<string[]> {
  return (await world.row(id)).reasons.map(({ code, detail }) => `${code}: ${detail}`);
}

describe('a second look that is given up', () => {
  it('clears no case that it has not come to', async () => {
    money.parts = [[breakOf('pur_1')]];
    await world.run();
    money.parts = [[]];
    const id = await untilAgain();
    await world.service.lookOn(id, () => false);
    money.failsAgain = new Error('The connection is gone.');
    await expect(world.service.lookOn(id, () => false)).rejects.toThrow('The connection is gone.');
    await world.service.skip(id, 'again', 'It was tried twelve times.');
    expect(await world.service.finish(id)).toMatchObject({ verdict: 'INCOMPLETE' });
    expect(await details(id)).toEqual(['side-unreadable: again: It was tried twelve times.']);
    expect(await open()).toEqual(['pur_1']);
  });
});

describe('a release that does not know a check', () => {
  const notHere = 'newer-schema: This release has no check money.';

  it('clears no case of it, and is not green', async () => {
    money.parts = [[breakOf('pur_2')]];
    await world.run();
    const { id } = await former.accept({
      ...{ kind: 'full', title: null, period: 'asked/former', fingerprint: null, repair: 'make' },
    });
    await former.begin(id, () => Promise.resolve(true));
    while (!(await former.lookOn(id, () => false)).done);
    expect(await former.finish(id)).toMatchObject({ verdict: 'INCOMPLETE' });
    expect(await details(id)).toEqual([notHere]);
    expect(await open()).toEqual(['pur_2']);
  });

  it('goes on with the second look where another has begun with that check', async () => {
    books.parts = [[breakOf('trd_3')]];
    money.parts = [[breakOf('pur_3')]];
    await world.run();
    const id = await untilAgain();
    await world.service.lookOn(id, () => false);
    while (!(await former.lookOn(id, () => false)).done);
    expect(await former.finish(id)).toMatchObject({ verdict: 'INCOMPLETE', breaks: 1 });
    expect(await details(id)).toEqual([notHere]);
    expect(await open()).toEqual(['pur_3', 'trd_3']);
  });

  it('says so of what another has found with that check', async () => {
    money.parts = [[breakOf('pur_4')]];
    const id = await untilAgain();
    while (!(await former.lookOn(id, () => false)).done);
    expect(await former.finish(id)).toMatchObject({ verdict: 'INCOMPLETE', breaks: 0 });
    expect(await details(id)).toEqual([notHere]);
  });
});
