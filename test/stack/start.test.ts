import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Roster } from '../../stack/roster.js';
import { createEmptyDatabase, type TestDatabase } from '../harness/database.js';
import { Starter, stillRunning, type End } from './starter.js';

/** Starts that a test has made and that a failure of it would leave. */
const starters: Starter[] = [];
const folders: string[] = [];

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'veltrix-start-'));
  // Root's PostgreSQL runs as another user, who has to pass through.
  chmodSync(folder, 0o711);
  folders.push(folder);
  return folder;
}

function start(folder: string, env: Record<string, string> = {}): Starter {
  const starter = Starter.in(folder, env);
  starters.push(starter);
  return starter;
}

function pidOf(folder: string, name: string): number {
  const found = Roster.read(folder)?.processes.find((child) => child.name === name);
  if (found === undefined) throw new Error(`${name} is not written down in ${folder}.`);
  return found.pid;
}

afterEach(async () => {
  for (const starter of starters.splice(0)) {
    if ((await stillRunning(starter.family(), 0)).length > 0) await starter.signal('SIGTERM');
  }
});

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('a stack that runs', () => {
  it('ends in order without an orphan, and brings its data back at the next start', async () => {
    const folder = makeFolder();
    const first = start(folder);
    const api = await first.ready();
    expect(await api('PUT', '/v1/items/shield', { name: 'Shield' })).toMatchObject({ status: 201 });
    expect(await api('GET', '/v1/products?state=published')).toMatchObject({
      status: 200,
      body: { data: [{ code: 'crown' }, { code: 'starter-pack' }] },
    });
    const account = await api('GET', '/v1/payment-accounts/stripe');
    expect(account).toMatchObject({
      status: 200,
      body: { mode: 'test', secretKey: '…demo', webhookSecrets: [expect.any(String)] },
    });
    for (const secret of ['admin-key', 'demo-title.json', 'simulator-webhook.json'])
      expect(statSync(join(folder, secret)).mode & 0o777).toBe(0o600);

    const processes = first.family();
    expect(processes.length).toBeGreaterThan(5);
    const end = await first.signal('SIGTERM');
    expect(end.code).toBe(0);
    const order = ['worker', 'API', 'simulator', 'Temporal', 'PostgreSQL'].map((name) =>
      end.output.indexOf(`Ending ${name}.`),
    );
    expect(Math.min(...order)).toBeGreaterThan(0);
    expect(Math.max(...order.slice(0, 2))).toBeLessThan(Math.min(...order.slice(2)));
    expect(await stillRunning(processes, 45_000)).toEqual([]);

    const second = start(folder);
    const again = await second.ready();
    expect(await again('GET', '/v1/items/shield')).toMatchObject({ status: 200, body: { name: 'Shield' } });
    // The API has another port now, and the simulator tells it there.
    const moved = await again('GET', '/v1/payment-accounts/stripe');
    expect(moved).toMatchObject({ status: 200, body: { secretKey: '…demo' } });
    expect(moved.body).not.toEqual(account.body);
    const secondEnd = await second.signal('SIGTERM');
    expect(secondEnd.code).toBe(0);
    // What takes long is done once, and is told of where it takes a second.
    expect(secondEnd.output).not.toContain('Making a PostgreSQL data folder');
  });

  it('refuses a second start in its folder, starts again what dies, and copes with a killed starter', async () => {
    const folder = makeFolder();
    const first = start(folder);
    const api = await first.ready();
    await api('PUT', '/v1/items/sword', { name: 'Sword' });

    expectRefusal(await start(folder).ended, /^Veltrix runs already on the data in .+: end that one first/);

    for (const name of ['API', 'worker', 'simulator', 'PostgreSQL', 'Temporal'])
      process.kill(pidOf(folder, name), 'SIGKILL');
    for (const name of ['API', 'worker', 'simulator', 'PostgreSQL', 'Temporal']) {
      await first.says(new RegExp(`^${name} has ended \\(SIGKILL\\) and is started again in \\d+ s\\.$`, 'm'));
      await first.says(new RegExp(`^${name} runs again\\.$`, 'm'));
    }
    expect(await api('GET', '/v1/items/sword')).toMatchObject({ status: 200 });

    const processes = first.family();
    await first.signal('SIGKILL');
    const second = start(folder);
    const again = await second.ready();
    expect(await stillRunning(processes, 45_000)).toEqual([]);
    expect(await again('GET', '/v1/items/sword')).toMatchObject({ status: 200 });
    expect((await second.signal('SIGTERM')).code).toBe(0);
  });
});

describe('a start with a key of the payment provider', () => {
  it('starts no simulator, and gives the demo title that key, and leaves what it was given besides', async () => {
    const folder = makeFolder();
    const env = { STRIPE_SECRET_KEY: 'sk_test_notOfAnybody', STRIPE_API_URL: 'http://127.0.0.1:1' };
    const first = start(folder, env);
    const api = await first.ready();
    const path = '/v1/payment-accounts/stripe';
    expect(await api('GET', path)).toMatchObject({ body: { secretKey: '…body', webhookSecrets: [] } });
    expect(Roster.read(folder)?.processes.map(({ name }) => name)).not.toContain('simulator');
    const terms = { secretKey: env.STRIPE_SECRET_KEY, settlementCurrency: 'USD', spentGoods: 'freeze' };
    const given = await api('PUT', path, { ...terms, webhookSecrets: ['whsec_ofAnEndpoint'] });
    const end = await first.signal('SIGTERM');
    expect(end.output).not.toMatch(/notOfAnybody|CONTROL=|^Simulator/m);
    const second = start(folder, env);
    expect(await (await second.ready())('GET', path)).toEqual(given);
    await second.signal('SIGTERM');
  });
});

describe('a start that cannot be', () => {
  let database: TestDatabase;
  let temporal: string;

  beforeAll(async () => {
    database = await createEmptyDatabase();
    temporal = process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] as string;
  });

  afterAll(() => database.drop());

  it.each(['PORT', 'SIMULATOR_PORT', 'SIMULATOR_CONTROL_PORT'])('names %s where it is taken', async (variable) => {
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', resolve));
    const { port } = occupant.address() as AddressInfo;
    const folder = makeFolder();
    const env = { [variable]: String(port), DATABASE_URL: database.url, TEMPORAL_ADDRESS: temporal };
    expectRefusal(
      await start(folder, env).ended,
      new RegExp(
        `^Port ${port} of 127\\.0\\.0\\.1 is taken by another process: end it, or set ${variable} to a free port\\.$`,
      ),
    );
    occupant.close();
    expect(existsSync(join(folder, 'postgres'))).toBe(false);
  });

  it('names the database that cannot be reached, without its password', async () => {
    const env = { DATABASE_URL: 'postgres://someone:very-secret@127.0.0.1:1/veltrix', TEMPORAL_ADDRESS: temporal };
    const end = await start(makeFolder(), env).ended;
    expectRefusal(end, /^PostgreSQL at 127\.0\.0\.1:1 \(DATABASE_URL\) cannot be used: .*ECONNREFUSED/);
    expect(end.output).not.toContain('very-secret');
  });

  it('says what was tried where no Temporal is to be had', async () => {
    const folder = makeFolder();
    // Nothing on PATH, nothing in the cache, and a proxy that is not there in the way of the download.
    const nothing = {
      PATH: '',
      XDG_CACHE_HOME: join(folder, 'cache'),
      HTTPS_PROXY: 'http://127.0.0.1:1',
      https_proxy: 'http://127.0.0.1:1',
    };
    expectRefusal(
      await start(folder, { ...nothing, DATABASE_URL: database.url }).ended,
      /^No Temporal server is to be had: TEMPORAL_ADDRESS is not set, .+, or set TEMPORAL_ADDRESS\.$/,
    );
  });

  it.each(['VELTRIX_ADMIN_KEY', 'STRIPE_SECRET_KEY'])('says that %s is malformed, without it', async (variable) => {
    const env = { [variable]: 'too short', DATABASE_URL: database.url, TEMPORAL_ADDRESS: temporal };
    const end = await start(makeFolder(), env).ended;
    expectRefusal(end, new RegExp(`^The configuration cannot be used: ${variable} must be`));
    expect(end.output).not.toContain('too short');
  });
});

/** The last line is the sentence; before it there is at most what was being done, and never a stack. */
function expectRefusal({ code, output }: End, sentence: RegExp): void {
  expect(output.trim().split('\n').at(-1)).toMatch(sentence);
  expect(output).not.toMatch(/^\s+at /m);
  expect(code).toBe(1);
}
