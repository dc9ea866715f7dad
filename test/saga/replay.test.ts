import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';

/*
 * A deploy must not break the sagas that are under way: what an earlier version has recorded, this one replays. Histories
 * are exported with `temporal workflow show --output json` and are never deleted; CONTRIBUTING.md says when one is added.
 */

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const bundle = file('../../dist/workflow-bundle.js');
const recorded = readdirSync(file('histories')).filter((name) => name.endsWith('.json'));
const history = (name: string): unknown => JSON.parse(readFileSync(file(`histories/${name}`), 'utf8'));

Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR') });

const replay = (name: string, codePath = bundle): Promise<void> => Worker.runReplayHistory({ workflowBundle: { codePath } }, history(name));

test('there is a history for every way a run can end', () => {
  expect(recorded.sort()).toEqual([
    'compensated.json',
    'convoy-cancelled.json',
    'convoy-left-at-the-close.json',
    'convoy-left-at-the-hold.json',
    'convoy-left-by-the-only-one.json',
    'convoy-stuck-in-an-outage.json',
    'convoy.json',
    'local-answer-lost.json',
    'local-compensated.json',
    'local-convoy-left-at-the-hold.json',
    'local-convoy-timed-out.json',
    'local-convoy.json',
    'local-refused-by-the-ledger.json',
    'local-settled.json',
    'local-stuck-and-retried.json',
    'parked-and-freed.json',
    'parked-and-resolved.json',
    'refused-by-the-inventory.json',
    'refused-by-the-ledger.json',
    'settled-items-alone.json',
    'settled-legs-alone.json',
    'settled.json',
    'stuck-and-compensated-too-late.json',
    'stuck-and-compensated.json',
    'stuck-and-resolved.json',
    'stuck-and-retried.json',
  ]);
});

test.each(recorded)('%s replays', (name) => replay(name));

describe('a workflow that was changed without a patch', () => {
  const directory = mkdtempSync(join(tmpdir(), 'veltrix-replay-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  let replaced = 0;

  /** The bundle with one text exchanged for another, everywhere. */
  function changed(from: string, to: string): string {
    const code = readFileSync(bundle, 'utf8');
    expect(code).toContain(from);
    const path = join(directory, `${replaced++}.js`);
    writeFileSync(path, code.replaceAll(from, to));
    return path;
  }

  test.each([
    ['settled.json', 'inventoryHold', 'inventoryReserve'],
    ['settled-legs-alone.json', 'ledgerTransfer', 'ledgerBook'],
    ['compensated.json', 'ledgerCancel', 'ledgerAbort'],
    ['refused-by-the-ledger.json', 'inventoryRelease', 'inventoryFree'],
    ['convoy-left-at-the-hold.json', 'startAlone', 'startApart'],
    ['stuck-and-retried.json', 'noteSaga', 'tellOfSaga'],
    ['stuck-and-resolved.json', 'inventoryEndByHand', 'inventoryFence'],
    ['local-settled.json', 'inventoryMove', 'inventoryGive'],
  ])('does not replay %s if %s is called %s', async (name, from, to) => {
    await expect(replay(name, changed(from, to))).rejects.toMatchObject({ name: 'DeterminismViolationError' });
  });

  test('does not replay settled.json, which is of a run that had every step dispatched, with a local attempt before', async () => {
    await expect(replay('settled.json', changed('SagaWatch(exchanges, false)', 'SagaWatch(exchanges, true)'))).rejects.toMatchObject({ name: 'DeterminismViolationError' });
  });

  test.each(['compensated.json', 'convoy-cancelled.json'])('does not replay %s, which is of a run that told nothing of itself yet', async (name) => {
    await expect(replay(name, changed(".patched)('tells-of-itself')", ".isCancellation)('tells-of-itself') || true"))).rejects.toMatchObject({ name: 'DeterminismViolationError' });
  });
});
