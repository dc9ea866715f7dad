import { randomInt } from 'node:crypto';
import { connect, createServer, type AddressInfo } from 'node:net';

/**
 * Ports below those that a system gives to outgoing connections, one of which may take a port between its choice and
 * its use.
 */
const lowest = 10_000;
const highest = 32_000;

/** @returns a port of 127.0.0.1 that nobody uses at this moment, chosen at random so that two who choose seldom meet */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(lowest, highest);
    if (await isFree(port, '127.0.0.1')) return port;
  }
  throw new Error('No free port was found on 127.0.0.1.');
}

/** @returns true if a process could listen there now */
export async function isFree(port: number, host: string): Promise<boolean> {
  return (await tryListening(port, host)) !== undefined;
}

/** @returns the first of the wanted ports if it is free on 127.0.0.1, otherwise any free one */
export async function portNear(wanted: number): Promise<number> {
  return (await isFree(wanted, '127.0.0.1')) ? wanted : freePort();
}

function tryListening(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(port, host, () => {
      const taken = (server.address() as AddressInfo).port;
      server.close(() => resolve(taken));
    });
  });
}

/** @returns undefined if somebody accepts connections there, otherwise what went wrong, such as `ECONNREFUSED` */
export function connectionError(host: string, port: number, milliseconds: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answer: string | undefined): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(milliseconds, () => end('no answer'));
    socket.once('connect', () => end(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}
