import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../stack/ports.js';

/** The module of stripe-mock. It has the OpenAPI document of Stripe in it. */
const module = 'github.com/stripe/stripe-mock@v0.203.0';
/** Where Go puts itself where nobody says otherwise. */
const placesOfGo = ['/usr/local/go/bin', '/opt/homebrew/bin'];
const maxInstallMs = 300_000;

/** Stripe's own mock: it refuses what is not in the OpenAPI document, and answers everything else with fixtures. */
export interface StripeMock {
  url: string;
  close(): Promise<void>;
}

/** @returns what it says where it cannot be run here */
export async function startStripeMock(): Promise<StripeMock | { missing: string }> {
  const found = await programOrReason();
  if ('missing' in found) return found;
  const [port, securePort] = [await freePort(), await freePort()];
  const listening = ['-http-addr', `127.0.0.1:${port}`, '-https-addr', `127.0.0.1:${securePort}`];
  const child = spawn(found.program, listening, { stdio: ['ignore', 'pipe', 'pipe'] });
  const close = async (): Promise<void> => {
    await end(child);
    found.remove();
  };
  try {
    await new Promise<void>((resolve, reject) => {
      let said = '';
      const hear = (text: Buffer): void => {
        said += text.toString();
        if (said.includes(`127.0.0.1:${port}`)) resolve();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`stripe-mock ended with code ${code}: ${said}`)));
    });
  } catch (error) {
    await close();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, close };
}

/** A stripe-mock that is installed, or one that Go installs for this run alone. */
async function programOrReason(): Promise<{ program: string; remove: () => void } | { missing: string }> {
  const installed = programOf('stripe-mock', []);
  if (installed !== undefined) return { program: installed, remove: () => undefined };
  const go = programOf('go', placesOfGo);
  if (go === undefined) return { missing: 'neither stripe-mock nor Go is here' };
  const folder = mkdtempSync(join(tmpdir(), 'veltrix-stripe-mock-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const env = { ...process.env, GOBIN: folder };
    await promisify(execFile)(go, ['install', module], { env, timeout: maxInstallMs });
  } catch (error) {
    remove();
    return { missing: `Go could not install it: ${(error as Error).message}` };
  }
  return { program: join(folder, 'stripe-mock'), remove };
}

function programOf(name: string, places: readonly string[]): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...places];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await ended;
}
