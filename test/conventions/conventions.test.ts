import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { environment } from '../../src/process/config.js';
import { paymentsEnvironment } from '../../stack/simulator.js';
import { tourLines } from '../../stack/tour.js';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

/** Every file of the project that git tracks and that is still there. */
const files = execFileSync('git', ['ls-files'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(file));
const code = files.filter((file) => /\.(ts|mts|mjs|cjs)$/.test(file));
const typescript = files.filter((file) => file.endsWith('.ts'));
const read = (file: string): string => readFileSync(file, 'utf8');

test('there are files to look at', () => {
  expect(typescript.length).toBeGreaterThan(100);
});

test('no folder is a drawer for everything', () => {
  expect(files.filter((file) => /(^|\/)(utils?|helpers?|common|shared|misc)\//.test(file))).toEqual([]);
});

test('no barrel hides where a thing is', () => {
  expect(files.filter((file) => file.startsWith('src/') && basename(file) === 'index.ts')).toEqual([]);
});

test('no file has more than 300 lines', () => {
  expect(code.filter((file) => read(file).trimEnd().split('\n').length > 300)).toEqual([]);
});

test('no line has more than 120 columns, except by a regex or the text of a mutation', () => {
  const lineOfRegex = /^ *\/[^/*].*\/[a-z]*[,;]?$/gm;
  const textOfMutation = /(['"`])(?:\\.|(?!\1).)*\1/g;
  const breakable = (file: string): string =>
    /\.mutations\.mjs$|\/planted\.mjs$/.test(file)
      ? read(file).replace(textOfMutation, '')
      : read(file).replace(lineOfRegex, '');
  const tooLong = code
    .flatMap((file) => [...breakable(file).split('\n').entries()].map(([index, line]) => ({ file, index, line })))
    .filter(({ line }) => line.length > 120);
  expect(tooLong.map(({ file, index }) => `${file}:${index + 1}`)).toEqual([]);
});

test('no line of prose has more than 120 columns; tables and what is to be pasted may', () => {
  const tooLong = files
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) => {
      const prose = read(file).replace(/^ *```[^]*?^ *```$/gm, (fenced) => fenced.replace(/[^\n]/g, ''));
      return [...prose.split('\n').entries()]
        .filter(([, line]) => line.length > 120 && !line.trimStart().startsWith('|'))
        .map(([index]) => `${file}:${index + 1}`);
    });
  expect(tooLong).toEqual([]);
});

test('no test is set aside and no check is switched off', () => {
  const off = new RegExp(
    [
      '\\b(it|test|describe)\\.(skip|only|todo)\\b',
      '\\bxit\\(',
      'eslint-' + 'disable',
      '@ts-' + '(ignore|nocheck|expect-error)',
    ].join('|'),
  );
  expect(typescript.filter((file) => off.test(read(file)))).toEqual([]);
});

test('docs/configuration.md lists every variable with its default, and no other', () => {
  const rows = [...read('docs/configuration.md').matchAll(/^\| `([A-Z_]+)` \| (.+?) \|/gm)].map(
    ([, name, said]) => [name, said] as const,
  );
  const all = environment.extend(paymentsEnvironment.shape);
  expect(rows.map(([name]) => name).sort()).toEqual(Object.keys(all.shape).sort());
  const defaults = all.partial({ VELTRIX_ADMIN_KEY: true, DATABASE_URL: true }).parse({}) as Record<string, unknown>;
  for (const [name, said] of rows) {
    const value = defaults[name ?? ''];
    if (value !== undefined) expect([name, said]).toEqual([name, `\`${String(value)}\``]);
    else expect([name, said]).toEqual([name, expect.stringMatching(/^(required|none|`DATABASE_URL`)$/)]);
  }
});

test('migrations have names of their own that end in their moment', () => {
  const classes = typescript
    .filter((file) => file.includes('/migrations/'))
    .flatMap((file) => [...read(file).matchAll(/export class (\w+)/g)].map(([, name]) => name));
  expect(classes.length).toBeGreaterThan(3);
  expect(new Set(classes).size).toBe(classes.length);
  expect(classes.filter((name) => !/\d{13}$/.test(name ?? ''))).toEqual([]);
});

test('the tour of the README is the one that npm start prints', () => {
  expect(read('README.md')).toContain(
    `\`\`\`sh\n${tourLines('http://127.0.0.1:3000', 'vx_live_…', 'http://127.0.0.1:3011').join('\n')}\n\`\`\`\n`,
  );
});

test('every page and file that a page or a comment names is there', () => {
  const named = files
    .filter((file) => /\.(md|ts|mjs)$/.test(file))
    .flatMap((file) => [...read(file).matchAll(/\bdocs\/[a-z-]+(?:\/[a-z0-9-]+)?\.md\b/g)].map(([page]) => page));
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((page) => !existsSync(page))).toEqual([]);
});

test('every client of Temporal has its connection from the one file that makes them safe to close', () => {
  // The native connection of a worker makes its calls outside of Node.
  expect(
    files.filter((file) => /\.(ts|mjs)$/.test(file) && /(?<!Native)\bConnection\.(lazy|connect)\(/.test(read(file))),
  ).toEqual(['src/temporal/open-connection.ts']);
});

/** Where a moment of the wall clock is meant, and why. How long a thing takes is told by `performance.now()`. */
const momentsByClock: Readonly<Record<string, string>> = {
  'src/temporal/deadline.ts': "Temporal's client wants a moment of the wall clock.",
  'src/titles/key.guard.ts': 'A key expires at a moment.',
  'src/titles/keys.controller.ts': 'A key expires at a moment.',
  'src/payments/stripe/stripe.provider.ts': 'A provider signs an event with its moment.',
  'src/payments/stripe/stripe-account.ts': 'A provider may say at which moment a call is to be made again.',
  'src/payments/payments.service.ts': 'A provider is asked for what was created between two moments.',
  'stack/build.mjs': 'A file was written at a moment.',
  'stack/install.mjs': 'A file was written at a moment.',
};

test('no file of src, activities and stack measures how long by the wall clock', () => {
  const byClock = /\bDate\.now\b|\bnew Date\(\)\.(getTime|valueOf)/;
  const found = files.filter(
    (file) => /^(src|activities|stack)\/.*(?<!\.test)\.m?[jt]s$/.test(file) && byClock.test(read(file)),
  );
  expect(found.sort()).toEqual(Object.keys(momentsByClock).sort());
});
