import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../harness/database.js';
import { tellSample, tryAll, wayAt } from '../harness/sample.js';
import { Starter } from '../stack/starter.js';
import { spawnProcess, startProcess } from './processes.js';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const password = 'hunter2-x';
const temporal = process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '';
let database: TestDatabase;

beforeAll(async () => {
  tellSample();
  database = await createDatabase();
});
afterAll(() => database.drop());

/** What ends with code 1, and all that it has written. */
interface End {
  code: number | null;
  said: string;
}

/** Everything that reads a connection string, each with a way to run it to its end. */
const readers: Record<string, (env: Record<string, string>) => Promise<End>> = {
  'the API': (env) => endOf('main', env),
  'the worker': (env) => endOf('worker', env),
  'npm run migrate': (env) =>
    new Promise((resolve) => {
      execFile(
        process.execPath,
        [join(dist, 'src/migrate.js')],
        { env: { PATH: process.env['PATH'], ...env } },
        (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : Number(error.code), said: stdout + stderr });
        },
      );
    }),
  'npm start': async (env) => {
    const folder = mkdtempSync(join(tmpdir(), 'veltrix-start-'));
    const { code, output } = await Starter.in(folder, { TEMPORAL_ADDRESS: temporal, ...env }).ended;
    rmSync(folder, { recursive: true, force: true });
    return { code, said: output };
  },
};

async function endOf(name: 'main' | 'worker', env: Record<string, string>): Promise<End> {
  const { child, output } = await spawnProcess(name, { TEMPORAL_ADDRESS: temporal, LOG_LEVEL: 'trace', ...env });
  if (child.exitCode === null) await once(child, 'close');
  return { code: child.exitCode, said: output() };
}

/** Connection strings that cannot be used, each wrong in another place. */
const wrong: Record<string, string> = {
  'whose port is none': `postgres://app:${password}@127.0.0.1:none/econ`,
  'whose port is too high': `postgres://app:${password}@127.0.0.1:99999/econ`,
  'whose password is not percent-encoded': `postgres://app:${password}/%zz#?@127.0.0.1:1/econ`,
  'whose user is half an escape': `postgres://%E0%A4%A:${password}@127.0.0.1:1/econ`,
  'with a quote in it': `postgres://app:a'${password}@127.0.0.1:1/econ`,
  'with a double quote in it': `postgres://app:a"${password}@127.0.0.1:1/econ`,
  'with a backslash in it': `postgres://app:a\\${password}@127.0.0.1:1/econ`,
  'with a space in it': `postgres://app:${password} y@127.0.0.1:1/econ`,
  'whose certificate is not there': `postgres://app:${password}@127.0.0.1:1/econ?sslrootcert=/nowhere/ca.pem`,
  'whose host does not exist': `postgres://app:${password}@nowhere.invalid/econ`,
  'where nobody listens': `postgres://app:${password}@127.0.0.1:1/econ`,
  'whose socket is not there': `postgres://app:${password}@/econ?host=/nowhere`,
  'whose address is none': `postgres://app:${password}@[::zz]/econ`,
};

/**
 * What reads the configuration alone needs a look at each; what opens pools takes long to start, and has few ways to go
 * wrong. A run has each string read by one of the two that start alike.
 */
const all = Object.keys(wrong);
const some = ['whose port is none', 'where nobody listens', 'whose socket is not there', 'whose address is none'];
const pairs = [
  { both: ['the API', 'the worker'], strings: some },
  { both: ['npm run migrate', 'npm start'], strings: all },
] as const;
const cases = pairs.flatMap(({ both, strings }) =>
  strings.flatMap((which, place) => (tryAll ? both : [both[wayAt(place)]]).map((reader) => [reader, which] as const)),
);

test.each(cases)('%s ends with one sentence that keeps the secret of a connection string %s', async (reader, which) => {
  const { code, said } = await (readers[reader] as (typeof readers)[string])({ DATABASE_URL: wrong[which] as string });
  expect(said).not.toContain(password);
  expect(said).not.toMatch(/^\s+at /m);
  const sentences = said.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
  expect(sentences.at(-1)).toMatch(
    /^(The configuration cannot be used: DATABASE_URL |PostgreSQL |The databases could not be migrated: )/,
  );
  expect(code).toBe(1);
});

test.each(Object.keys(readers))('%s ends with one sentence where the password is wrong', async (reader) => {
  const url = new URL(database.url);
  url.password = password;
  const { code, said } = await (readers[reader] as (typeof readers)[string])({ DATABASE_URL: url.href });
  expect(said).not.toContain(password);
  expect(said).not.toMatch(/^\s+at /m);
  expect(said).toMatch(
    reader.startsWith('the')
      ? 'PostgreSQL refuses the user, the password or the database of a DATABASE_URL.'
      : /: password authentication failed for user "\w+"/,
  );
  expect(code).toBe(1);
});

test('a connection string that names its host as a parameter is one that works', async () => {
  const { username, password: secret, port, pathname, hostname } = new URL(database.url);
  const url = `postgres://${username}:${secret}@${pathname}?host=${hostname}&port=${port}`;
  const api = await startProcess('main', { DATABASE_URL: url, TEMPORAL_ADDRESS: temporal, LOG_LEVEL: 'trace' });
  try {
    expect((await fetch(`${api.url}/health/ready`)).status).toBe(200);
  } finally {
    await api.stop();
  }
  expect(secret).not.toBe('');
  expect(api.output()).not.toContain(secret);
});

test('a connection string that names the folder of a socket is one that works', async () => {
  const { username, password: secret, port, pathname, hostname } = new URL(database.url);
  const folder = mkdtempSync(join(tmpdir(), 'veltrix-socket-'));
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) socket.on('error', () => undefined);
  });
  server.listen(join(folder, '.s.PGSQL.5432'));
  await once(server, 'listening');
  const env = {
    DATABASE_URL: `postgres://${username}:${secret}@${pathname}?host=${folder}`,
    TEMPORAL_ADDRESS: temporal,
  };
  try {
    expect(await (readers['npm run migrate'] as (typeof readers)[string])(env)).toEqual({ code: 0, said: '' });
    const api = await startProcess('main', env);
    expect((await fetch(`${api.url}/health/ready`)).status).toBe(200);
    expect(await api.stop()).toBe(0);
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});

test.each(['info', 'silent'])(
  'a process in which an error is caught by nobody says so without the connection string, also at the log level %s',
  async (level) => {
    const program = `
    const { endOnUncaught, makeLog } = await import(${JSON.stringify(join(dist, 'src/process/logging.js'))});
    endOnUncaught(makeLog({ LOG_LEVEL: '${level}' }, 'api'));
    setTimeout(() => new URL('postgres://app:${password}@/econ'), 0);`;
    const { code, said } = await new Promise<End>((resolve) => {
      execFile(process.execPath, ['--input-type=module', '-e', program], (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), said: stdout + stderr });
      });
    });
    expect(said).not.toContain(password);
    if (level === 'silent') expect(said).toContain('TypeError: Invalid URL');
    else
      expect(JSON.parse(said)).toMatchObject({
        level: 'fatal',
        err: { code: 'ERR_INVALID_URL', input: 'postgres://…' },
      });
    expect(code).toBe(1);
  },
);
