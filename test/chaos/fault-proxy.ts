import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A connection through the proxy, by its two ends. */
interface Through {
  near: Socket;
  far: Socket;
}

/** How a connection whose client has just sent COMMIT is cut. */
export type CommitCut = 'before the answer' | 'with the answer in flight';

/** A way to PostgreSQL that can fail as networks do. */
export class FaultProxy {
  private readonly open = new Set<Through>();
  private cuts: CommitCut[] = [];
  /** How many connections were cut at a COMMIT. */
  cutAtCommit = 0;

  private constructor(
    private readonly server: Server,
    private readonly target: { host: string; port: number },
  ) {}

  static async listen(target: { host: string; port: number }): Promise<FaultProxy> {
    const server = createServer({ noDelay: true });
    const proxy = new FaultProxy(server, target);
    server.on('connection', (near) => proxy.join(near));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends every connection at once, whatever is under way on it. */
  reset(): number {
    const count = this.open.size;
    for (const { near, far } of this.open) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
    return count;
  }

  /** Lets nothing through in either direction for a while; nothing is lost by it. */
  async stall(milliseconds: number): Promise<void> {
    const stalled = [...this.open].flatMap(({ near, far }) => [near, far]);
    for (const socket of stalled) socket.pause();
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    for (const socket of stalled) socket.resume();
  }

  /** Cuts the next connections on which a COMMIT is sent, one for each. */
  cutNextCommits(cuts: readonly CommitCut[]): void {
    this.cuts.push(...cuts);
  }

  close(): void {
    this.server.close();
    this.reset();
  }

  private join(near: Socket): void {
    const far = connect({ ...this.target, noDelay: true });
    const through = { near, far };
    this.open.add(through);
    let swallow = false;
    near.on('data', (chunk: Buffer) => {
      far.write(chunk);
      if (this.cuts.length === 0 || !chunk.includes('COMMIT\0')) return;
      this.cutAtCommit += 1;
      if (this.cuts.shift() === 'before the answer') swallow = true;
      else near.resetAndDestroy();
    });
    far.on('data', (chunk: Buffer) => {
      // The answer says that the COMMIT took effect, and nobody is told.
      if (swallow) near.resetAndDestroy();
      else if (!near.destroyed) near.write(chunk);
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => {
        this.open.delete(through);
        // What the client has sent is still delivered.
        other.end();
      });
    }
  }
}
