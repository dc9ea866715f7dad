import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';

/*
 * A deploy must not break the sagas that are under way: what a released version has recorded, this one replays.
 * record-histories.ts records the histories. CONTRIBUTING.md says when one is added, and when one may go.
 */

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const bundle = file('../../dist/workflow-bundle.js');
const recorded = readdirSync(file('histories')).filter((name) => name.endsWith('.json'));
const history = (name: string): unknown => JSON.parse(readFileSync(file(`histories/${name}`), 'utf8'));

Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR') });

const replay = (name: string, codePath = bundle): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle: { codePath } }, history(name));

test('there is a history for every way a run can end', () => {
  expect(recorded.sort()).toEqual([
    'compensated.json',
    'convoy-cancelled.json',
    'convoy-dispatched.json',
    'convoy-left-at-the-close.json',
    'convoy-left-at-the-hold.json',
    'convoy-left-by-the-only-one.json',
    'convoy-of-two-kinds-not-done.json',
    'convoy-of-two-kinds.json',
    'convoy-stuck-in-an-outage.json',
    'convoy-timed-out.json',
    'convoy.json',
    'paid-compensated.json',
    'paid-declined.json',
    'paid-granted-by-steps.json',
    'paid-settled.json',
    'paid-waits.json',
    'parked-and-freed.json',
    'parked-and-resolved.json',
    'parked-by-an-operator.json',
    'purchase-of-a-gift.json',
    'purchase-stuck-and-compensated.json',
    'purchase-stuck-and-resolved.json',
    'refused-by-the-inventory.json',
    'refused-by-the-ledger.json',
    'settled-answers-lost.json',
    'settled-dispatched.json',
    'settled-items-alone.json',
    'settled-legs-alone.json',
    'settled.json',
    'stuck-and-compensated-too-late.json',
    'stuck-and-compensated.json',
    'stuck-and-resolved.json',
    'stuck-and-retried.json',
    'stuck-and-settled-by-the-next-run.json',
  ]);
});

test.each(recorded)('%s does not say on what machine it was recorded', (name) => {
  const text = readFileSync(file(`histories/${name}`), 'utf8');
  const payloads = [...text.matchAll(/"data": "([^"]*)"/g)].map(([, data]) =>
    Buffer.from(data ?? '', 'base64').toString(),
  );
  // Temporal names a worker by its process and its host: 4711@host. Nothing in a history has a path.
  for (const told of [text, ...payloads]) expect(told).not.toMatch(/"\d+@|file:|"\/|\(\/|at \/|stackTrace/);
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
    ['settled.json', 'settleForward', 'settleAll'],
    ['settled-dispatched.json', 'inventoryHold', 'inventoryReserve'],
    ['settled-dispatched.json', 'ledgerTransfer', 'ledgerBook'],
    ['compensated.json', 'ledgerCancel', 'ledgerAbort'],
    ['refused-by-the-ledger.json', 'inventoryRelease', 'inventoryFree'],
    ['convoy-left-at-the-hold.json', 'startAlone', 'startApart'],
    ['stuck-and-retried.json', 'noteSaga', 'tellOfSaga'],
    ['stuck-and-resolved.json', 'inventoryEndByHand', 'inventoryFence'],
    ['settled-dispatched.json', 'inventoryMove', 'inventoryGive'],
    ['parked-and-freed.json', '`mark$', '`flag$'],
    ['settled-dispatched.json', '`close$', '`end$'],
    ['convoy-of-two-kinds-not-done.json', '`close$', '`end$'],
    ['paid-settled.json', 'paymentAuthorize', 'paymentReserve'],
    ['paid-settled.json', 'grantCaptured', 'grantAll'],
    ['paid-settled.json', 'paymentCapture', 'paymentTake'],
    ['paid-declined.json', 'paymentVoid', 'paymentEnd'],
    ['paid-waits.json', '`wait$', '`rest$'],
  ])('does not replay %s if %s is called %s', async (name, from, to) => {
    await expect(replay(name, changed(from, to))).rejects.toMatchObject({ name: 'DeterminismViolationError' });
  });

  test('does not replay settled.json if its steps are dispatched at once', async () => {
    await expect(replay('settled.json', changed("this.state === 'forward' &&", 'false &&'))).rejects.toMatchObject({
      name: 'DeterminismViolationError',
    });
  });

  test.each(['compensated.json', 'convoy-cancelled.json'])(
    'does not replay %s if the run does not show that it goes back',
    async (name) => {
      await expect(replay(name, changed("this.enter('turn back')", 'void this'))).rejects.toMatchObject({
        name: 'DeterminismViolationError',
      });
    },
  );

  test('does not replay parked-by-an-operator.json if the run makes its steps although it is parked', async () => {
    await expect(
      replay('parked-by-an-operator.json', changed('return this.isParked() && !this.undo;', 'return false;')),
    ).rejects.toMatchObject({ name: 'DeterminismViolationError' });
  });

  test('does not replay stuck-and-settled-by-the-next-run.json if the run does not tell of the end', async () => {
    await expect(
      replay('stuck-and-settled-by-the-next-run.json', changed('this.status.noteEnd()', 'void this')),
    ).rejects.toMatchObject({ name: 'DeterminismViolationError' });
  });
});
