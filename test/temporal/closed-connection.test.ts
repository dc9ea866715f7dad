import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../../stack/ports.js';
import { until } from '../e2e/processes.js';

/** How many kinds of calls the process makes before its connection is closed. */
const kinds = 19;

/**
 * A Temporal that fails every call with a status after which the SDK tries again, and counts how often it was asked.
 */
class FailingServer {
  private readonly asked = new Map<string, number>();

  private constructor(
    private readonly server: Http2Server,
    readonly address: string,
  ) {}

  static async listen(status: number): Promise<FailingServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const failing = new FailingServer(server, `127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('stream', (stream, headers) => {
      const path = String(headers[':path']);
      failing.asked.set(path, (failing.asked.get(path) ?? 0) + 1);
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': status, 'grpc-message': 'away' },
        { endStream: true },
      );
    });
    return failing;
  }

  /** Whether every call that was made was repeated. */
  get repeated(): boolean {
    return this.asked.size > 10 && [...this.asked.values()].every((times) => times > 1);
  }

  close(): void {
    this.server.close();
  }
}

interface Ended {
  code: number | null;
  /** What became of each call, by its kind. */
  outcomes: Record<string, string>;
  complaints: string;
}

/** Runs the process against an address, and closes its connection once something holds. */
async function closing(address: string, ready: () => Promise<void>): Promise<Ended> {
  const script = fileURLToPath(new URL('closing-process.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, address], { stdio: 'pipe' });
  const ended = once(child, 'close') as Promise<[number | null]>;
  let output = '';
  let complaints = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  await ready();
  child.stdin.write('close\n');
  const [code] = await ended;
  return { code, outcomes: output === '' ? {} : (JSON.parse(output) as Record<string, string>), complaints };
}

function expectOrder({ code, outcomes, complaints }: Ended): void {
  expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
  expect(new Set(Object.values(outcomes))).toEqual(new Set(['rejected']));
  expect(Object.keys(outcomes)).toHaveLength(kinds + 1);
}

describe('a connection that is closed while calls wait for their next try', () => {
  let failing: FailingServer[];
  beforeAll(async () => {
    // Unavailable, exhausted, aborted: what is tried again.
    failing = await Promise.all([14, 8, 10].map((status) => FailingServer.listen(status)));
  });
  afterAll(() => failing.forEach((server) => server.close()));

  test.each([
    ['unavailable', 0],
    ['exhausted', 1],
    ['aborted', 2],
  ] as const)('rejects them and leaves the process alone where Temporal is %s', async (_, index) => {
    const server = failing[index] as FailingServer;
    expectOrder(
      await closing(server.address, () => until('every call is repeated', () => Promise.resolve(server.repeated))),
    );
  });

  test('rejects them and leaves the process alone where nobody listens', async () => {
    // Long enough for a first try and its failure; where it is not, the connection is closed before the first try.
    expectOrder(
      await closing(`127.0.0.1:${await freePort()}`, () => new Promise((resolve) => setTimeout(resolve, 2_000))),
    );
  });
});
