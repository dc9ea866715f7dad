import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Roster } from '../../stack/roster.js';
import { copyCheckout } from '../mutations/checkout-copy.mjs';
import { Starter, stillRunning } from './starter.js';

let folder: string;
let checkout: string;
let dev: Starter | undefined;

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'veltrix-dev-')));
  // Root's PostgreSQL runs as another user, who has to pass through.
  chmodSync(folder, 0o711);
  checkout = join(folder, 'checkout');
  copyCheckout(checkout);
  keepWhatIsChecked();
});

afterAll(async () => {
  if (dev && (await stillRunning(dev.family(), 0)).length > 0) await dev.signal('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});

it('restarts API and worker for a changed source, unless it fails to compile, and ends with one Ctrl-C', async () => {
  const data = join(folder, 'data');
  dev = Starter.npm('dev', checkout, data);
  const api = await dev.ready();
  await dev.says(/Found 0 errors\. Watching/);
  const first = pids(data);
  expect(await api('GET', '/health/live')).toEqual({ status: 200, body: { status: 'live' } });

  change('workflows/run-details.ts', 'Under way: ', 'Being done: ');
  change('src/http/service.controller.ts', `'live'`, `'changed'`);
  for (const name of ['API', 'worker']) await dev.says(new RegExp(`^${name} runs again\\.$`, 'm'));
  expect(await api('GET', '/health/live')).toEqual({ status: 200, body: { status: 'changed' } });
  // The file is too large to be shown by a failure.
  expect(readFileSync(join(checkout, 'dist/workflow-bundle.js'), 'utf8').includes('Being done: ')).toBe(true);
  const second = pids(data);
  for (const name of ['API', 'worker']) expect(second.get(name)).not.toBe(first.get(name));
  for (const name of ['PostgreSQL', 'Temporal', 'compiler']) expect(second.get(name)).toBe(first.get(name));

  change('src/http/service.controller.ts', `status: 'changed'`, 'status: 1');
  await dev.says(/error.*TS2322/);
  await dev.says(/^API and worker go on with what was compiled before\.$/m);
  // Nothing was emitted, so a process that is started again for another reason runs what ran before.
  expect(readFileSync(join(checkout, 'dist/src/http/service.controller.js'), 'utf8')).toContain(`status: 'changed'`);
  expect(pids(data)).toEqual(second);
  expect(await api('GET', '/health/live')).toEqual({ status: 200, body: { status: 'changed' } });

  const processes = dev.family();
  expect(processes.length).toBeGreaterThan(6);
  const { code, output } = await dev.pressCtrlC();
  expect(code).toBe(0);
  const order = ['compiler', 'API', 'worker', 'Temporal', 'PostgreSQL'].map((name) =>
    output.indexOf(`Ending ${name}.`),
  );
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(await stillRunning(processes, 45_000)).toEqual([]);
});

/**
 * The copy has a link to the packages, and the compiler goes by where they really are. With their paths put right it
 * knows them from the build that was copied, and need not check every file again.
 */
function keepWhatIsChecked(): void {
  const info = join(checkout, 'dist/tsconfig.build.tsbuildinfo');
  const packages = relative(join(checkout, 'dist'), realpathSync(join(checkout, 'node_modules')));
  writeFileSync(info, readFileSync(info, 'utf8').replaceAll('"../node_modules/', `"${packages}/`));
}

function change(file: string, from: string, to: string): void {
  const path = join(checkout, file);
  const source = readFileSync(path, 'utf8');
  expect(source).toContain(from);
  writeFileSync(path, source.replaceAll(from, to));
}

/** The processes that run, by name. */
function pids(data: string): Map<string, number> {
  return new Map(Roster.read(data)?.processes.map(({ name, pid }) => [name, pid]));
}
