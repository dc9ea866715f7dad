import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { Backlog } from './backlog.js';
import { Buyers } from './buyers.js';
import { now, type Scene } from './faults.js';
import { ways, type Way, type WayName } from './money.js';
import { wanted, type Product } from './products.js';
import { OutsideActs } from './outside-acts.js';
import { drawRead, readPath } from './reads.js';
import type { Asked } from './recorder.js';
import { Refunding } from './refunding.js';
import { refused } from './refusals.js';
import {
  burn,
  buying,
  cancel,
  one,
  purchase,
  quick,
  refunding,
  reverse,
  trade,
  trading,
  transfer,
  type Done,
  type Drawn,
  type Request,
} from './requests.js';
import { Sender, type Answer } from './sender.js';
import { headersOf, setStage, type Side } from './stage.js';

/** Each client acts for both titles at once. */
const clients = { quick: 13, trading: 23, buying: 42, refunding: 16 };

/**
 * How long a client pauses after each operation, in milliseconds. A client that finds nothing to act on sends nothing,
 * and without a pause nobody else would ever come to act.
 */
const pauseMs = 5;

/** A load of clients that each send one operation after the other, until a definite answer. */
export class Load {
  private stopping = false;
  private sides: Side[] = [];
  private running: Promise<unknown> = Promise.resolve();
  /** Operations that have got a definite answer, reads not counted. */
  operations = 0;
  /** Those of them that were the acceptance of a trade. */
  trades = 0;
  reads = 0;
  replays = 0;
  private readonly sender: Sender;
  private readonly buyers: Buyers;
  private readonly refunding: Refunding;
  private readonly outside: OutsideActs;
  private readonly backlog: Backlog;

  constructor(
    private readonly scene: Scene,
    private readonly seed: number,
  ) {
    this.sender = new Sender(scene.system);
    this.buyers = new Buyers(this.sender, scene.system.provider);
    this.refunding = new Refunding(this.ask.bind(this), this.sender, this.buyers);
    this.outside = new OutsideActs(this.sender, scene.system.provider);
    this.backlog = new Backlog(scene.system.databaseUrl);
  }

  /** Answers that may not be given to anybody. */
  get forbidden(): readonly string[] {
    return this.sender.forbidden;
  }

  /** Makes the titles and what is traded in them, and sets the clients going. */
  async start(): Promise<void> {
    this.sides = await setStage(this.sender, this.scene.system);
    for (const side of this.sides) {
      const body = { item: 'crown', owner: 'player:king', reason: 'crown' };
      await this.ask(side, 'crown', { operation: 'mint', path: '/v1/item-instances', body }, 1);
      // What the title bears of refunds that absorb what is spent. It does not last for ever.
      for (const asset of ['gold', 'points']) {
        const leg = { from: 'system:mint', to: 'system:fees', asset, amount: '150' };
        await this.ask(side, `fees-${asset}`, transfer('grant', leg, 'fees', 'fees'), 1);
      }
    }
    const drawn = { quick, trading, buying, refunding };
    const kinds = (Object.keys(drawn) as (keyof typeof drawn)[]).flatMap((name) =>
      Array<fc.Arbitrary<Drawn>>(clients[name]).fill(drawn[name]),
    );
    const all = kinds.map((kind, index) => this.client(index, kind));
    this.running = Promise.all([...all, this.backlog.watch()]);
  }

  /**
   * No client begins anything any more, and nothing is struck. Resolves once each has its last answer.
   * @throws Error if one of them has none for long
   */
  async stop(): Promise<void> {
    this.stopping = true;
    this.sender.noMoreFaults();
    this.backlog.end();
    await this.running;
    await this.outside.end();
    await this.buyers.end();
  }

  private async client(index: number, kind: fc.Arbitrary<Drawn>): Promise<void> {
    for (let block = 0; ; block++) {
      for (const [n, operation] of fc
        .sample(kind, { seed: this.seed + index * 1_000 + block, numRuns: 200 })
        .entries()) {
        await this.backlog.room(operation);
        if (this.stopping) return;
        const reference = `c${index}-${block}-r${Math.floor(n / 8)}`;
        // Every other time the titles ask for the same under one key, and every other time for something else.
        await Promise.all(
          this.sides.map((side, place) =>
            this.perform(
              side,
              `c${index}-${block}-${n}`,
              { ...operation, amount: operation.amount + (operation.amount % 2) * place },
              reference,
            ),
          ),
        );
        await sleep(pauseMs);
      }
    }
  }

  private async perform(side: Side, key: string, drawn: Drawn, reference: string): Promise<void> {
    const { known, other } = side;
    const { operation, from, to, amount, pick, wait, copies, gives, way } = drawn;
    const instance = one(known.items, pick % 200);
    if (operation === 'read') return this.read(side, key, drawn);
    if (operation === 'replay') return this.replay(side, key, one(known.done, pick));
    if (operation === 'refund') return this.refunding.perform(side, key, drawn, reference);
    if (operation === 'outside') return this.outside.perform(side, drawn);
    if (operation.startsWith('refused')) {
      const request = refused({ known, other, drawn, key, reference });
      if (request !== undefined) await this.ask(side, key, request, 1);
    } else if (operation === 'grant' || operation === 'pay') {
      if (from === to) return;
      const leg = {
        from: operation === 'grant' ? 'system:mint' : `player:${from}`,
        to: `player:${to}`,
        asset: 'gold',
        amount: String(operation === 'grant' ? amount * 20 : amount),
      };
      await this.ask(side, key, transfer(operation, leg, key, reference), copies);
    } else if (operation === 'reverse') {
      const original = one(known.transfers, pick);
      if (original !== undefined) await this.ask(side, key, reverse(String(original.answer['id']), key), copies);
    } else if (operation === 'mint') {
      await this.ask(
        side,
        key,
        { operation, path: '/v1/item-instances', body: { item: 'sword', owner: `player:${to}`, reason: key } },
        copies,
      );
    } else if (operation === 'burn') {
      // Few are burned, so that there are always some to trade.
      if (instance !== undefined && amount <= 40) await this.ask(side, key, burn(instance.id, key), copies);
    } else if (operation === 'purchase') {
      const product = one(wanted, pick) as Product;
      const order = { player: from, product, quantity: 1 + (amount % 3), reference, wait, way };
      await this.buy(side, key, purchase(order), copies);
    } else if (operation === 'contest') {
      if (instance === undefined) return;
      // Several want the same thing at the same moment: all but one find it held, or gone.
      const wanting = [1, 2, 3].map((n) => `buyer-${n}`).filter((buyer) => buyer !== instance.owner);
      const buyers = wanting.map((from) => trade({ from, to: instance.owner, item: instance.id, reference, wait }));
      await Promise.all(buyers.map((request, n) => this.ask(side, `${key}-${n}`, request, 1)));
    } else {
      const item = gives === 'legs' ? undefined : instance?.id;
      const seller = item === undefined ? to : (instance?.owner ?? to);
      if (from === seller) return;
      await this.ask(
        side,
        key,
        trade({
          from,
          to: seller,
          ...((gives !== 'items' || item === undefined) && { amount: String(amount) }),
          ...(item !== undefined && { item }),
          reference,
          wait,
        }),
        copies,
      );
    }
  }

  /** Asks for a purchase, and has done what comes after it where it is in real money. */
  private async buy(side: Side, key: string, request: Request, copies: number): Promise<void> {
    const answer = await this.ask(side, key, request, copies);
    const way: Way | undefined = ways[request.also?.['way'] as WayName];
    if (way === undefined || answer === undefined || answer.status >= 300) return;
    const id = String(answer.body['id']);
    if (way.act !== undefined) this.buyers.begin(side, `/v1/purchases/${id}`, way.act);
    if (way.cancelled === true) await this.ask(side, `${key}-cancelled`, cancel(id), 1);
  }

  /** Records and sends an operation, as many times at once as it says, each until a definite answer. */
  private async ask(side: Side, key: string, request: Request, copies: number): Promise<Answer | undefined> {
    const { recorder } = this.scene;
    const { operation, path, body, also, refusal } = request;
    const id = `${side.title} ${key}`;
    const sentKey = request.key ?? key;
    await recorder.write({
      entry: 'asked',
      at: now(),
      id,
      title: side.title,
      key: sentKey,
      operation,
      body: { ...body, ...also },
      ...(refusal && { refusal }),
    });
    const headers = {
      ...headersOf(side),
      ...request.headers,
      ...(operation !== 'cancel' && { 'idempotency-key': sentKey }),
      ...(request.readOnly === true && { authorization: `Bearer ${side.readOnly}` }),
    };
    const from = this.operations;
    const answers = await Promise.all(
      Array.from({ length: copies }, async (_, copy) => {
        const sent = operation === 'cancel' ? undefined : body;
        const answer = await this.sender.send('POST', path, sent, headers, from + copy);
        await recorder.write({ entry: 'answered', at: now(), id, ...answer });
        return answer;
      }),
    );
    this.operations += 1;
    const [first] = answers;
    if (operation === 'cancel') return first;
    if (operation === 'trade' && first !== undefined && first.status < 300) this.trades += 1;
    if (first !== undefined && first.status < 300) side.known.learn({ id, key: sentKey, request, answer: first.body });
    return first;
  }

  /** Sends again what was answered before; the answer must be the one that was given. */
  private async replay(side: Side, key: string, done: Done | undefined): Promise<void> {
    if (done === undefined) return;
    const { recorder } = this.scene;
    const { operation: _, path, body } = done.request;
    const id = `${side.title} ${key}`;
    await recorder.write({
      entry: 'asked',
      at: now(),
      id,
      title: side.title,
      key: done.key,
      operation: 'replay',
      body: {},
      again: done.id,
    });
    const answer = await this.sender.send(
      'POST',
      path,
      body,
      { ...headersOf(side), 'idempotency-key': done.key },
      this.replays,
    );
    await recorder.write({ entry: 'answered', at: now(), id, ...answer });
    this.replays += 1;
  }

  private async read(side: Side, key: string, drawn: Drawn): Promise<void> {
    const chosen = drawRead(side.known, side.other, drawn);
    if (chosen === undefined) return;
    const { recorder } = this.scene;
    const { read, foreign } = chosen;
    const id = `${side.title} ${key}`;
    const refusal = { kind: "a read of what is another title's", codes: ['not-found'] };
    const asked: Asked = {
      entry: 'asked',
      at: now(),
      id,
      title: side.title,
      key: null,
      operation: 'read',
      body: {},
      read,
      ...(foreign && { refusal }),
    };
    await recorder.write(asked);
    const limit = drawn.wait ? 7 : 50;
    const answer = await this.sender.walk(readPath(read), { ...read.filter }, limit, headersOf(side), this.reads);
    side.known.see(answer.body);
    await recorder.write({ entry: 'answered', at: now(), id, ...answer });
    this.reads += 1;
  }
}
