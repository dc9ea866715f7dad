import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../stack/ports.js';

export const adminKey = 'the-admin-key-of-the-tests';

/** An answer of the API. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** A process of Veltrix, as `npm start` would run it. */
export interface Running {
  url: string;
  child: ChildProcess;
  /** Everything it has written, for the message of a test that fails. */
  output: () => string;
  /** Ends it with SIGTERM and answers its exit code. */
  stop(): Promise<number | null>;
}

/** Starts the API or the worker, and waits until it answers. @param dist the folder of another build */
export async function startProcess(
  name: 'main' | 'worker',
  env: Record<string, string>,
  dist?: string,
): Promise<Running> {
  const running = await spawnProcess(name, env, dist);
  await until(`${name} answers`, async () => {
    if (running.child.exitCode !== null)
      throw new Error(`${name} ended with ${running.child.exitCode}: ${running.output()}`);
    try {
      return (await fetch(`${running.url}/health/live`)).ok;
    } catch {
      return false;
    }
  });
  return running;
}

/**
 * Starts the API or the worker, and does not wait for it.
 * @param dist the folder of the build
 * @param stdout where its log goes; where it is a file, `output` has what it writes beside its log alone
 */
export async function spawnProcess(
  name: 'main' | 'worker',
  env: Record<string, string>,
  dist = fileURLToPath(new URL('../../dist', import.meta.url)),
  stdout: 'pipe' | number = 'pipe',
): Promise<Running> {
  const port = env['PORT'] ?? String(await freePort());
  const file = `${dist}/src/${name}.js`;
  const child = spawn(process.execPath, [file], {
    env: {
      PATH: process.env['PATH'],
      VELTRIX_ADMIN_KEY: adminKey,
      DATABASE_POOL_SIZE: '6',
      LOG_LEVEL: 'warn',
      SWEEP_EVERY_SECONDS: '1',
      SWEEP_AFTER_SECONDS: '1',
      PORT: port,
      WORKER_PORT: port,
      ...env,
    },
    stdio: ['ignore', stdout, 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return {
    url: `http://127.0.0.1:${port}`,
    child,
    output: () => output,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      }
      return child.exitCode;
    },
  };
}

/** Waits until something holds, and fails aloud if it does not within the bound. */
export async function until(what: string, holds: () => Promise<boolean>, boundMs = 90_000): Promise<void> {
  for (const end = Date.now() + boundMs; !(await holds());) {
    if (Date.now() > end) throw new Error(`${what}: not within ${boundMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A title's client of the API. */
export class Api {
  constructor(
    readonly url: string,
    readonly key: string,
  ) {}

  /** Makes a title and answers a client with its first key. */
  static async forNewTitle(url: string, id: string): Promise<Api> {
    const { status, body } = await new Api(url, adminKey).send('POST', '/v1/titles', { id, name: id });
    if (status !== 201) throw new Error(`The title was not made: ${JSON.stringify(body)}`);
    return new Api(url, body['key'] as string);
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, unknown>,
    };
  }

  post(path: string, key: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('POST', path, body, { 'idempotency-key': key, ...headers });
  }

  /** Sends what must succeed. */
  async must(status: number, answer: Promise<Answer>): Promise<Record<string, unknown>> {
    const got = await answer;
    if (got.status !== status) throw new Error(`Expected ${status}, got ${got.status}: ${JSON.stringify(got.body)}`);
    return got.body;
  }

  async defineGoldAndSword(): Promise<void> {
    await this.must(201, this.send('PUT', '/v1/assets/gold', { name: 'Gold', kind: 'currency' }));
    await this.must(201, this.send('PUT', '/v1/items/sword', { name: 'Sword' }));
  }

  grant(player: string, amount: string): Promise<Record<string, unknown>> {
    const legs = [{ from: 'system:mint', to: `player:${player}`, asset: 'gold', amount }];
    return this.must(201, this.post('/v1/transfers', `grant-${player}`, { legs, reason: 'grant' }));
  }

  async mint(player: string, key = `mint-${player}`): Promise<string> {
    const body = await this.must(
      201,
      this.post('/v1/item-instances', key, { item: 'sword', owner: `player:${player}`, reason: 'test' }),
    );
    return body['id'] as string;
  }

  async posted(player: string): Promise<string> {
    const { data } = (await this.must(200, this.send('GET', `/v1/players/${player}/balances`))) as {
      data: { asset: string; posted: string }[];
    };
    return data.find(({ asset }) => asset === 'gold')?.posted ?? '0';
  }

  /** Waits for the end of a trade and answers it. */
  async closed(id: string): Promise<Record<string, unknown>> {
    let trade: Record<string, unknown> = {};
    await until(`${id} is closed`, async () => {
      trade = await this.must(200, this.send('GET', `/v1/trades/${id}`));
      return trade['closedAt'] !== undefined;
    });
    return trade;
  }
}

/** The body of a trade of gold for items. */
export function tradeBody(
  buyer: string,
  amount: string | undefined,
  seller: string,
  items: string[] = [],
  back?: string,
): unknown {
  const amounts = (value: string | undefined): unknown =>
    value === undefined ? {} : { amounts: [{ asset: 'gold', amount: value }] };
  return {
    parties: [
      { player: buyer, gives: amounts(amount) },
      { player: seller, gives: { ...(amounts(back) as object), ...(items.length > 0 && { items }) } },
    ],
  };
}
