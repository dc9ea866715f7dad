import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from '@temporalio/client';
import { deadlineIn } from '../../src/temporal/deadline.js';
import { openConnection } from '../../src/temporal/open-connection.js';

/** A Temporal that fails every call for good, and notes how long each may take, by its name. */
let server: Http2Server;
const timeouts = new Map<string, string>();
let client: Client;

beforeAll(async () => {
  server = createServer();
  server.on('stream', (stream, headers) => {
    const name = String(headers[':path']).split('/').at(-1) ?? '';
    timeouts.set(name, String(headers['grpc-timeout']));
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': name === 'GetSystemInfo' ? 12 : 3 },
      { endStream: true },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new Client({
    connection: openConnection({ address: `127.0.0.1:${(server.address() as AddressInfo).port}` }),
  });
});
afterAll(async () => {
  await client.connection.close();
  server.close();
});

/** How many milliseconds a call may take, as the wire says. */
function millisecondsOf(name: string): number {
  const [, value, unit = ''] = /^(\d+)([mSMH])$/.exec(timeouts.get(name) ?? '') ?? [];
  return Number(value) * ({ m: 1, S: 1_000, M: 60_000, H: 3_600_000 }[unit] ?? Number.NaN);
}

test('a call that says nothing else may take a minute', async () => {
  await expect(client.workflowService.listNamespaces({})).rejects.toThrow();
  expect(millisecondsOf('ListNamespaces')).toBeGreaterThan(40_000);
  expect(millisecondsOf('ListNamespaces')).toBeLessThanOrEqual(60_000);
});

test('a call that says how long it may take takes no longer', async () => {
  const call = client.withDeadline(deadlineIn(30_000), () => client.workflowService.getClusterInfo({}));
  await expect(call).rejects.toThrow();
  expect(millisecondsOf('GetClusterInfo')).toBeGreaterThan(10_000);
  expect(millisecondsOf('GetClusterInfo')).toBeLessThanOrEqual(30_000);
});
