import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from '@temporalio/client';
import { openConnection } from '../../src/temporal/open-connection.js';
import type { StackProcess } from '../../stack/child.js';
import { endProcess } from '../../stack/ending.js';
import { freePort } from '../../stack/ports.js';
import { isRunning } from '../../stack/process-identity.js';
import { StartError } from '../../stack/say.js';
import { prepareTemporal, type Temporal } from '../../stack/temporal.js';

const silence = (): void => undefined;

/** What one test has made, so that it leaves neither a process nor a folder. */
let folder: string;
let started: StackProcess[];
let said: string[];
let occupants: Server[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'veltrix-temporal-'));
  started = [];
  said = [];
  occupants = [];
});

afterEach(async () => {
  for (const server of occupants) server.close();
  for (const child of started) await endProcess({ ...child, ending: { signal: 'SIGKILL', patience: 5_000 } }, silence);
  rmSync(folder, { recursive: true, force: true });
});

describe('the Temporal server', () => {
  it('says where its program comes from, and serves gRPC and the web UI', async () => {
    const server = await prepare();
    await server.launch();
    expect(said).toContainEqual(
      expect.stringMatching(/^Temporal: \S+, (from PATH|kept from an earlier start|by .+)\.$/),
    );
    expect((await fetch(server.uiUrl)).status).toBe(200);
    await on(server, async (client) => {
      const { namespaceInfo } = await client.workflowService.describeNamespace({ namespace: 'games' });
      expect(namespaceInfo?.name).toBe('games');
    });
  });

  it('still runs a workflow after it has ended in order and started again', async () => {
    await survives((child) => endProcess(child, silence));
  });

  it('still runs a workflow after its process was killed', async () => {
    await survives(async (child) => void process.kill(child.pid, 'SIGKILL'));
  });

  it('takes other ports where those that were wanted are taken', async () => {
    const wanted = { port: await freePort(), uiPort: await freePort() };
    await occupy(wanted.port);
    await occupy(wanted.uiPort);
    const server = await prepare(wanted);
    await server.launch();
    expect(server.address).not.toBe(`127.0.0.1:${wanted.port}`);
    expect(server.uiUrl).not.toBe(`http://127.0.0.1:${wanted.uiPort}`);
    await on(server, async (client) => void (await client.workflowService.getSystemInfo({})));
  });

  it('says in one sentence that its port was taken meanwhile, and leaves no process', async () => {
    const server = await prepare();
    await occupy(Number(server.address.split(':')[1]));
    const error = await server.launch().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartError);
    expect((error as Error).message).toMatch(/^Temporal ended at its start \(code 1\): [^\n]+$/);
    expect(started.map(isRunning)).toEqual([false]);
  });
});

/** Holds a workflow that waits for a worker to be there, with its history, after the server ended in this way. */
async function survives(end: (child: StackProcess) => Promise<void>): Promise<void> {
  const server = await prepare();
  const first = await server.launch();
  await on(
    server,
    async (client) =>
      void (await client.workflow.start('waits', { workflowId: 'kept', taskQueue: 'nobody', args: [7] })),
  );
  await end(first);
  await first.ended;
  await server.launch();
  await on(server, async (client) => {
    const handle = client.workflow.getHandle('kept');
    expect((await handle.describe()).status.name).toBe('RUNNING');
    const { events } = await handle.fetchHistory();
    expect(events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name).toBe('waits');
  });
}

function prepare(wanted?: { port: number; uiPort: number }): Promise<Temporal> {
  const onStart = (child: StackProcess): void => void started.push(child);
  return prepareTemporal({
    folder,
    log: join(folder, 'temporal.log'),
    namespace: 'games',
    tell: (line) => said.push(line),
    onStart,
    ...(wanted && { wanted }),
  });
}

async function on(server: Temporal, work: (client: Client) => Promise<void>): Promise<void> {
  const connection = openConnection({ address: server.address });
  try {
    await work(new Client({ connection, namespace: 'games' }));
  } finally {
    await connection.close();
  }
}

function occupy(port: number): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  occupants.push(server);
  return new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
}
