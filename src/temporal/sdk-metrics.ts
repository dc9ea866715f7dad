import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Ports below those that a system gives to outgoing connections, one of which may take a port between its choice and
 * its use.
 */
const lowest = 10_000;
const highest = 32_000;

/** A port of the loopback address that is free now, chosen at random so that two processes seldom meet. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Reads the metrics that the Temporal SDK serves on its own port, where only this process looks. */
export async function readSdkMetrics(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(2_000) });
  if (!response.ok) throw new Error(`The Temporal SDK answered ${response.status} for its metrics.`);
  return response.text();
}
