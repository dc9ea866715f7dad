import { connect, createServer, type AddressInfo } from 'node:net';

/** @returns a port of 127.0.0.1 that nobody uses at this moment */
export async function freePort(): Promise<number> {
  const port = await tryListening(0, '127.0.0.1');
  if (port === undefined) throw new Error('The system has no free port on 127.0.0.1.');
  return port;
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
