import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { now, type Scene } from './faults.js';
import type { Asked } from './recorder.js';
import { adminKey } from './system.js';

const players = 40;
/** Players that take part in more operations than others. More of it, and all would only wait for them. */
const hot = 2;
const clients = { quick: 30, trading: 60 };
const title = 'chaos';

/** One operation as the seed has drawn it. */
interface Drawn {
  operation: Exclude<Asked['operation'], 'compensate'>;
  from: string;
  to: string;
  amount: number;
  /** Which of the known instances, newest first. */
  item: number;
  wait: boolean;
  /** How many send it at once, with one key. */
  copies: number;
  /** What a trade is about. */
  gives: 'legs' | 'items' | 'both';
}

const player = fc.oneof({ weight: 19, arbitrary: fc.nat(players - 1) }, { weight: 1, arbitrary: fc.nat(hot - 1) }).map((n) => `player-${n}`);
const copies = fc.oneof({ weight: 120, arbitrary: fc.constant(1) }, { weight: 4, arbitrary: fc.constant(3) }, { weight: 1, arbitrary: fc.constant(50) });
const drawn = (operation: fc.Arbitrary<Drawn['operation']>): fc.Arbitrary<Drawn> =>
  fc.record({ operation, from: player, to: player, amount: fc.integer({ min: 1, max: 120 }), item: fc.nat(200), wait: fc.boolean(), copies, gives: fc.constantFrom('legs', 'items', 'both') });
const quick = drawn(fc.constantFrom('grant', 'pay', 'pay', 'pay', 'pay', 'pay', 'mint', 'mint', 'mint', 'burn'));
const trading = drawn(fc.constant('trade'));

/** What a client knows of an instance; it may be wrong by now, and is refused then. */
interface Known {
  id: string;
  owner: string;
}

/** A load of clients that each send one operation after the other, until a definite answer. */
export class Load {
  private stopping = false;
  private readonly known: Known[] = [];
  private running: Promise<unknown> = Promise.resolve();
  private key = '';
  /** Operations that have got a definite answer. */
  operations = 0;
  /** Those of them that were the acceptance of a trade. */
  trades = 0;
  /** Answers that may not be given to anybody. */
  readonly forbidden: string[] = [];

  constructor(
    private readonly scene: Scene,
    private readonly seed: number,
  ) {}

  /** Makes the title and what is traded in it, and sets the clients going. */
  async start(): Promise<void> {
    const made = await this.send('POST', '/v1/titles', { id: title, name: title }, { authorization: `Bearer ${adminKey}` }, 0);
    this.key = String(made?.body['key']);
    await this.send('PUT', '/v1/assets/gold', { name: 'Gold', kind: 'currency' }, {}, 0);
    await this.send('PUT', '/v1/items/sword', { name: 'Sword' }, {}, 0);
    const kinds = [...Array<fc.Arbitrary<Drawn>>(clients.quick).fill(quick), ...Array<fc.Arbitrary<Drawn>>(clients.trading).fill(trading)];
    this.running = Promise.all(kinds.map((kind, index) => this.client(index, kind)));
  }

  /** No client begins anything any more. Resolves once each has its last answer. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  private async client(index: number, kind: fc.Arbitrary<Drawn>): Promise<void> {
    for (let block = 0; ; block++) {
      for (const [n, operation] of fc.sample(kind, { seed: this.seed + index * 1_000 + block, numRuns: 200 }).entries()) {
        if (this.stopping) return;
        await this.perform(`c${index}-${block}-${n}`, operation);
      }
    }
  }

  private async perform(key: string, { operation, from, to, amount, item, wait, copies: many, gives }: Drawn): Promise<void> {
    const instance = this.known.at(-1 - (item % Math.max(this.known.length, 1)));
    const leg = { from: operation === 'grant' ? 'system:mint' : `player:${from}`, to: `player:${to}`, asset: 'gold', amount: String(amount) };
    const reason = key;
    if (operation === 'grant' || operation === 'pay') {
      if (from === to) return;
      await this.ask(key, operation, '/v1/transfers', { legs: [leg], reason, reference: key }, many);
    } else if (operation === 'mint') {
      const body = await this.ask(key, operation, '/v1/item-instances', { item: 'sword', owner: `player:${to}`, reason }, many);
      if (typeof body?.['id'] === 'string') this.known.push({ id: body['id'], owner: to });
    } else if (operation === 'burn') {
      // Few are burned, so that there are always some to trade.
      if (instance === undefined || amount > 20) return;
      await this.ask(key, operation, `/v1/item-instances/${instance.id}/burn`, { reason }, many, { instance: instance.id });
    } else {
      await this.trade(key, { from, to, amount, wait, many, gives }, instance);
    }
  }

  private async trade(key: string, { from, to, amount, wait, many, gives }: { from: string; to: string; amount: number; wait: boolean; many: number; gives: Drawn['gives'] }, instance: Known | undefined): Promise<void> {
    const seller = gives === 'legs' ? to : (instance?.owner ?? to);
    if (from === seller) return;
    const items = gives === 'legs' || instance === undefined ? [] : [instance.id];
    const amounts = gives === 'items' && items.length > 0 ? [] : [{ asset: 'gold', amount: String(amount) }];
    const parties = [{ player: from, gives: { amounts } }, { player: seller, gives: { items } }];
    const body = await this.ask(key, 'trade', '/v1/trades', { parties, reference: key }, many, {}, wait ? { prefer: 'wait=8' } : {});
    if (body !== undefined) this.trades += 1;
    if (body?.['state'] === 'settled' && instance !== undefined && items.length > 0) instance.owner = from;
  }

  /** Records and sends an operation, as many times at once as it says, each until a definite answer. */
  private async ask(key: string, operation: Asked['operation'], path: string, body: Record<string, unknown>, many: number, also: object = {}, headers: Record<string, string> = {}): Promise<Record<string, unknown> | undefined> {
    const { recorder } = this.scene;
    await recorder.write({ entry: 'asked', at: now(), key, operation, body: { ...body, ...also } });
    const from = this.operations;
    const answers = await Promise.all(
      Array.from({ length: many }, async (_, copy) => {
        const answer = await this.send('POST', path, body, { 'idempotency-key': key, ...headers }, from + copy);
        await recorder.write({ entry: 'answered', at: now(), key, ...answer });
        return answer;
      }),
    );
    this.operations += 1;
    const [first] = answers;
    return first !== undefined && first.status < 300 ? first.body : undefined;
  }

  /** Sends until there is an answer that says what became of it, to one API after the other, beginning with the first. */
  private async send(method: string, path: string, body: unknown, headers: Record<string, string>, first: number): Promise<{ status: number; body: Record<string, unknown> }> {
    const { apis } = this.scene.system;
    for (let attempt = 0; ; attempt++) {
      const { url } = apis[(first + attempt) % apis.length] as { url: string };
      try {
        const response = await fetch(`${url}${path}`, {
          method,
          headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json', ...headers },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(20_000),
        });
        const answer = { status: response.status, body: (await response.json()) as Record<string, unknown> };
        if (answer.status >= 500 && !(answer.status === 503 && response.headers.has('retry-after'))) this.forbidden.push(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
        if (![408, 429].includes(answer.status) && answer.status < 500) return answer;
      } catch {
        // The connection was lost, or nobody listens: what became of the request is found out by its key.
      }
      await sleep(50 + Math.min(attempt * 20, 500));
    }
  }
}
