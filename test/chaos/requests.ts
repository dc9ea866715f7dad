import fc from 'fast-check';
import { ways, type WayName } from './money.js';
import { priceOf, type Price, type Product } from './products.js';
import type { Asked } from './recorder.js';

const players = 40;
/** Players that take part in more operations than others. More of it, and all would only wait for them. */
const hot = 2;

/** One operation as the seed has drawn it. */
export interface Drawn {
  operation:
    | 'grant'
    | 'pay'
    | 'reverse'
    | 'mint'
    | 'burn'
    | 'trade'
    | 'contest'
    | 'purchase'
    | 'refund'
    | 'outside'
    | 'replay'
    | 'refused'
    | 'refused trade'
    | 'refused purchase'
    | 'refused refund'
    | 'read';
  from: string;
  to: string;
  amount: number;
  /** Which of several known things; taken modulo how many there are. */
  pick: number;
  wait: boolean;
  /** How many send it at once, with one key. */
  copies: number;
  /** What a trade is about. */
  gives: 'legs' | 'items' | 'both';
  /** How a purchase is paid, where it is in real money. */
  way: WayName | null;
}

const player = fc
  .oneof({ weight: 19, arbitrary: fc.nat(players - 1) }, { weight: 1, arbitrary: fc.nat(hot - 1) })
  .map((n) => `player-${n}`);
const copies = fc.oneof(
  { weight: 120, arbitrary: fc.constant(1) },
  { weight: 4, arbitrary: fc.constant(3) },
  { weight: 1, arbitrary: fc.constant(25) },
);
/** A third of the purchases are in real money, and most of those with a card that is good. */
const way = fc.oneof(
  { weight: 16, arbitrary: fc.constant(null) },
  { weight: 5, arbitrary: fc.constant<WayName>('card') },
  { weight: 5, arbitrary: fc.constantFrom(...(Object.keys(ways) as WayName[])) },
);
const drawn = (weights: Partial<Record<Drawn['operation'], number>>): fc.Arbitrary<Drawn> =>
  fc.record({
    operation: fc.constantFrom(
      ...Object.entries(weights).flatMap(([name, weight]) =>
        Array<Drawn['operation']>(weight).fill(name as Drawn['operation']),
      ),
    ),
    from: player,
    to: player,
    amount: fc.integer({ min: 1, max: 120 }),
    pick: fc.nat(100_000),
    wait: fc.boolean(),
    copies,
    gives: fc.constantFrom('legs', 'items', 'both'),
    way,
  });
export const quick = drawn({ grant: 3, pay: 8, reverse: 1, mint: 4, burn: 1, replay: 2, refused: 6, read: 6 });
export const trading = drawn({ trade: 9, contest: 1, 'refused trade': 3, replay: 1, read: 2 });
export const refunding = drawn({ refund: 8, 'refused refund': 2, outside: 2 });
export const buying = drawn({ purchase: 12, 'refused purchase': 3, replay: 1, read: 2 });

/** What a client knows of an instance; it may be wrong by now, and is refused then. */
export interface KnownItem {
  id: string;
  owner: string;
}

/** A request that was answered with success, and what is needed to send it again. */
export interface Done {
  id: string;
  key: string;
  request: Request;
  answer: Record<string, unknown>;
}

/** What the clients of one title know, from answers alone. */
export class Known {
  readonly items: KnownItem[] = [];
  readonly crowns: KnownItem[] = [];
  readonly burned: string[] = [];
  readonly transfers: Done[] = [];
  readonly reversed: string[] = [];
  readonly reversals: string[] = [];
  readonly trades: Done[] = [];
  readonly purchases: Done[] = [];
  /** The state of purchases when somebody last looked, by their ids. */
  private readonly shown = new Map<string, string>();
  readonly refunds: Done[] = [];
  readonly done: Done[] = [];

  /** Learns from an answer of success. */
  learn(done: Done): void {
    const { request, answer } = done;
    const id = String(answer['id']);
    this.done.push(done);
    if (request.operation === 'grant' || request.operation === 'pay') this.transfers.push(done);
    else if (request.operation === 'reverse') {
      this.reversals.push(id);
      this.reversed.push(String(request.also?.['transfer']));
    } else if (request.operation === 'mint')
      (answer['item'] === 'crown' ? this.crowns : this.items).push({
        id,
        owner: String(answer['owner']).slice('player:'.length),
      });
    else if (request.operation === 'burn') this.burned.push(id);
    else if (request.operation === 'purchase') this.bought(done);
    else if (request.operation === 'refund') this.refunds.push(done);
    else {
      this.trades.push(done);
      const [buyer, seller] = request.body['parties'] as { player: string; gives: { items?: string[] } }[];
      const bought = this.items.find((item) => item.id === seller?.gives.items?.[0]);
      if (answer['state'] === 'settled' && bought !== undefined && buyer !== undefined) bought.owner = buyer.player;
    }
  }

  /** Learns from what is read, a thing or a list, how purchases are. */
  see({ data, ...thing }: Record<string, unknown>): void {
    const rows = (Array.isArray(data) ? data : [thing]) as Record<string, unknown>[];
    for (const { id, state } of rows) if (String(id).startsWith('pur_')) this.shown.set(String(id), String(state));
  }

  /** The last known state of a purchase. */
  stateOf({ answer }: Done): string {
    return this.shown.get(String(answer['id'])) ?? String(answer['state']);
  }

  /** What a completed purchase has minted is traded and burned like everything else. */
  private bought(done: Done): void {
    this.purchases.push(done);
    const { state, player, content } = done.answer;
    if (state !== 'completed') return;
    const { items } = content as { items: { instances: string[] }[] };
    const minted = items.flatMap(({ instances }) => instances);
    this.items.push(...minted.map((instance) => ({ id: instance, owner: String(player) })));
  }
}

/** A request to one route, before it is known under which key and by whom it is sent. */
export interface Request {
  operation: Exclude<Asked['operation'], 'replay' | 'compensate' | 'read'>;
  path: string;
  body: Record<string, unknown>;
  /** What the record says beside the body. */
  also?: Record<string, unknown>;
  headers?: Record<string, string>;
  refusal?: { kind: string; codes: string[] };
  /** Another key than the operation's own. */
  key?: string;
  /** Whether it is sent with a key that may only read. */
  readOnly?: boolean;
}

/** One of a list, or undefined where it is empty. */
export const one = <T>(list: readonly T[], pick: number): T | undefined =>
  list[list.length === 0 ? 0 : list.length - 1 - (pick % list.length)];

export function transfer(
  operation: 'grant' | 'pay',
  leg: { from: string; to: string; asset: string; amount: string },
  reason: string,
  reference: string,
): Request {
  return { operation, path: '/v1/transfers', body: { legs: [leg], reason, reference } };
}

/** @param item what the seller gives; where there is none, the seller gets the amount for nothing */
export function trade({
  from,
  to,
  asset,
  amount,
  item,
  reference,
  wait,
}: {
  from: string;
  to: string;
  asset?: string;
  amount?: string;
  item?: string;
  reference: string;
  wait: boolean;
}): Request {
  const amounts = amount === undefined ? [] : [{ asset: asset ?? 'gold', amount }];
  const parties = [
    { player: from, gives: { amounts } },
    { player: to, gives: { items: item === undefined ? [] : [item] } },
  ];
  return {
    operation: 'trade',
    path: '/v1/trades',
    body: { parties, reference },
    ...(wait && { headers: { prefer: 'wait=8' } }),
  };
}

/**
 * @param pay what the buyer has seen; the price where nothing is given
 * @param way how they pay; what has no price in real money is paid in gold all the same
 */
export function purchase({
  player,
  product,
  quantity,
  pay,
  way,
  reference,
  wait,
}: {
  player: string;
  product: Product;
  quantity: number;
  pay?: Price;
  way?: WayName | null;
  reference: string;
  wait: boolean;
}): Request {
  const paid = way && product.money !== undefined ? { name: way, ...ways[way] } : undefined;
  const price = priceOf(product, quantity, paid !== undefined);
  return {
    operation: 'purchase',
    path: '/v1/purchases',
    body: {
      player,
      product: product.code,
      ...(quantity !== 1 && { quantity }),
      pay: pay ?? { ...price, ...(paid !== undefined && 'method' in paid && { method: paid.method }) },
      reference,
    },
    ...(paid !== undefined && { also: { way: paid.name } }),
    ...(wait && { headers: { prefer: 'wait=8' } }),
  };
}

/** It needs no key: done again, it answers the same. */
export function cancel(id: string): Request {
  return { operation: 'cancel', path: `/v1/purchases/${id}/cancel`, body: {}, also: { purchase: id } };
}

/** @param kind by what it is told from others in the record */
export function refund({
  purchase,
  kind,
  amount,
  spentGoods,
  restock,
  reason,
  wait,
}: {
  purchase: string;
  kind: string;
  amount?: string;
  spentGoods?: string;
  restock?: boolean;
  reason: string;
  wait: boolean;
}): Request {
  return {
    operation: 'refund',
    path: `/v1/purchases/${purchase}/refunds`,
    body: {
      reason,
      ...(amount !== undefined && { amount }),
      ...(spentGoods !== undefined && { spentGoods }),
      ...(restock !== undefined && { restock }),
    },
    also: { purchase, kind },
    ...(wait && { headers: { prefer: 'wait=8' } }),
  };
}

export function burn(instance: string, reason: string): Request {
  return { operation: 'burn', path: `/v1/item-instances/${instance}/burn`, body: { reason }, also: { instance } };
}

export function reverse(id: string, reason: string): Request {
  return { operation: 'reverse', path: `/v1/transfers/${id}/reversal`, body: { reason }, also: { transfer: id } };
}
