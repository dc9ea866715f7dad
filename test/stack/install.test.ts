import { execFile } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

let checkout: string;

/**
 * A checkout of nothing but the installation, and an npm that writes down how it was called and then ends with a code.
 */
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'veltrix-install-'));
  cpSync('stack/install.mjs', join(checkout, 'stack/install.mjs'), { recursive: true });
  writeFileSync(join(checkout, 'package-lock.json'), '{}');
  describePackage({ dependencies: { one: '1.0.0' } });
  npmEndsWith(0);
});

afterEach(() => rmSync(checkout, { recursive: true, force: true }));

function describePackage(content: object): void {
  writeFileSync(join(checkout, 'package.json'), JSON.stringify({ type: 'module', ...content }));
}

function npmEndsWith(code: number): void {
  mkdirSync(join(checkout, 'bin'), { recursive: true });
  const script = `#!/bin/sh\necho "$*" >> calls\nsleep 0.3\necho "npm says why"\nexit ${code}\n`;
  writeFileSync(join(checkout, 'bin/npm'), script);
  chmodSync(join(checkout, 'bin/npm'), 0o755);
}

function npmCalls(): string[] {
  const file = join(checkout, 'calls');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

function install(): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: `${join(checkout, 'bin')}:${process.env['PATH']}` };
  return new Promise((resolve) => {
    execFile(process.execPath, [join(checkout, 'stack/install.mjs')], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describe('the installation', () => {
  it('installs all where nothing is, with compiler and optional programs, and leaves the lock file alone', async () => {
    expect(await install()).toMatchObject({ code: 0, stderr: '' });
    expect(npmCalls()).toEqual([expect.stringMatching(/^install --no-save .*--include=dev --include=optional$/)]);
  });

  it('does nothing where nothing has changed, nor where only a script of package.json has', async () => {
    await install();
    describePackage({ dependencies: { one: '1.0.0' }, scripts: { hello: 'echo hello' } });
    expect(await install()).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(npmCalls()).toHaveLength(1);
  });

  it.each([
    ['package.json names another dependency', () => describePackage({ dependencies: { two: '1.0.0' } })],
    ['the lock file has changed', () => writeFileSync(join(checkout, 'package-lock.json'), '{"changed":true}')],
    ['node_modules was removed', () => rmSync(join(checkout, 'node_modules'), { recursive: true })],
  ])('runs npm again where %s', async (_case, change) => {
    await install();
    change();
    await install();
    expect(npmCalls()).toHaveLength(2);
  });

  it('is done once by two commands at once, and the second waits for the first', async () => {
    const both = await Promise.all([install(), install()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.map(({ stdout }) => stdout).join('')).toContain('Another installation is under way');
    expect(npmCalls()).toHaveLength(1);
  });

  it('takes over from one that was killed', async () => {
    mkdirSync(join(checkout, 'node_modules'));
    // The number is beyond what a system gives to a process.
    writeFileSync(join(checkout, 'node_modules/.veltrix-installing'), '2147483646');
    expect(await install()).toMatchObject({ code: 0, stderr: '' });
    expect(npmCalls()).toHaveLength(1);
  });

  it('ends with what npm has said, one sentence and code 1 where npm fails, and tries again next time', async () => {
    npmEndsWith(7);
    const failed = await install();
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain('npm says why');
    expect(failed.stderr).toMatch(/^The dependencies could not be installed \(npm ended with code 7\);[^\n]*\n$/);
    npmEndsWith(0);
    expect(await install()).toMatchObject({ code: 0 });
  });
});

describe('the version of Node.js', () => {
  const installation = import('../../stack/install.mjs' as string) as Promise<{ checkNode(version: string): void }>;

  it.each(['20.19.0', '20.20.1', '22.0.0', '24.1.0'])('%s is new enough', async (version) => {
    const { checkNode } = await installation;
    expect(() => checkNode(version)).not.toThrow();
  });

  it.each(['20.18.9', '18.20.0', '8.0.0'])('%s is refused with a sentence', async (version) => {
    const { checkNode } = await installation;
    expect(() => checkNode(version)).toThrow(`Veltrix needs Node.js 20.19 or later, and this is ${version}:`);
  });
});
