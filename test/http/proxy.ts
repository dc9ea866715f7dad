import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that a test can cut, as a network does. */
export interface Proxy {
  /** The URL of the server through the proxy. */
  url: string;
  /** Ends every connection and refuses new ones. */
  cut(): Promise<void>;
  /** Lets connections through again, on the same port. */
  mend(): Promise<void>;
  /**
   * Holds back whatever is sent in either direction, new connections included, or lets it on again. Nothing is lost by
   * it.
   */
  stall(held: boolean): void;
  /**
   * Has the network swallow whatever is sent on the open connections, for ever, and tell neither side; and on new ones
   * until it is called with false.
   */
  swallow(on: boolean): void;
  /** Has whatever is sent from now on arrive so many milliseconds later, in either direction. */
  delay(ms: number): void;
}

/** Opens a proxy to the server of a URL. */
export async function openProxy(target: string): Promise<Proxy> {
  const to = new URL(target);
  const sockets = new Set<Socket>();
  let stalled = false;
  let swallows = false;
  let delayMs = 0;
  const swallowed = new WeakSet<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(to.port), to.hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      if (swallows) swallowed.add(one);
      one.on('data', (chunk: Buffer) => {
        const send = (): void => {
          if (!swallowed.has(one) && !other.destroyed) other.write(chunk);
        };
        if (delayMs === 0) send();
        else setTimeout(send, delayMs);
      });
      one.on('end', () => {
        if (swallowed.has(one)) return;
        if (delayMs === 0) other.end();
        else setTimeout(() => other.end(), delayMs);
      });
      if (stalled) one.pause();
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        if (!swallowed.has(one)) other.destroy();
      });
    }
  });
  const listen = (port: number): Promise<void> => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = new URL(target);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    cut: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
    mend: () => listen(port),
    stall: (held) => {
      stalled = held;
      for (const socket of sockets)
        if (held) socket.pause();
        else socket.resume();
    },
    swallow: (on) => {
      swallows = on;
      if (on) for (const socket of sockets) swallowed.add(socket);
    },
    delay: (ms) => {
      delayMs = ms;
    },
  };
}
