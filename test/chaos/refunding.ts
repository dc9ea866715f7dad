import { setTimeout as sleep } from 'node:timers/promises';
import type { Buyers } from './buyers.js';
import { closedStates, refundedStates } from './deals.rules.js';
import { one, refund, trade, transfer, type Done, type Drawn, type Request } from './requests.js';
import type { Answer, Sender } from './sender.js';
import { headersOf, type Side } from './stage.js';

type Ask = (side: Side, key: string, request: Request, copies: number) => Promise<Answer | undefined>;

/** How refunds are asked for, by what is done before or with them, in turns. Some come up more often. */
const kinds = ['whole', 'part', 'parts', 'twice', 'spent', 'traded on', 'spent', 'traded on', 'whole'] as const;
type Kind = (typeof kinds)[number];

/** What becomes of what is spent, in turns too. There are not as many as kinds, so that each comes with each. */
const policies = [undefined, 'absorb', 'debt', 'freeze', 'absorb'] as const;

/** What is to be refunded, and how. */
interface Wish {
  kind: Kind;
  /** Every other time it is what was paid in real money. */
  inMoney: boolean;
  spentGoods: (typeof policies)[number];
}

/** How many of the newest purchases are looked at first; some are refunded more than once. */
const newest = 60;

/** The states in which a purchase is shown of which nothing is left to be refunded, or nothing can be. */
const ended = ['refunding', 'refunded', 'disputed', 'charged_back'];

/** How many purchases a client looks at for one that is completed. */
const maxTries = 6;

/** How long a client waits that has found no purchase to refund, in milliseconds. */
const idleMs = 300;

/** What a completed purchase says that is refunded. */
interface Bought {
  id: string;
  player: string;
  paid: bigint;
  inMoney: boolean;
  points: string | undefined;
  instances: string[];
}

/** The clients that refund what others of their title have bought. */
export class Refunding {
  /** Purchases that have ended otherwise. */
  private readonly unsold = new Set<string>();
  /** Purchases of which all was asked back, or is about to be. */
  private readonly given = new Set<string>();
  /** How many banks were asked to pay back. */
  private begun = 0;
  /** How often something was to be refunded, by title. */
  private readonly turns = new Map<string, number>();

  constructor(
    private readonly ask: Ask,
    private readonly sender: Sender,
    private readonly buyers: Buyers,
  ) {}

  /** Refunds a purchase that is known, if it is completed by now. */
  async perform(side: Side, key: string, drawn: Drawn, reference: string): Promise<void> {
    const { pick, copies } = drawn;
    const wish = this.nextWish(side);
    const { kind } = wish;
    const bought = await this.completed(side, wish, pick);
    if (bought === undefined) return void (await sleep(idleMs));
    if (kind === 'spent') await this.spend(side, key, bought, reference);
    if (kind === 'traded on') await this.tradeOn(side, key, bought, drawn, reference);
    const part = kind === 'part' ? bought.paid / 2n : kind === 'parts' ? bought.paid / 3n : 0n;
    const order = { purchase: bought.id, kind, ...termsOf(wish, drawn, bought), wait: drawn.wait, reason: key };
    const request = refund({ ...order, ...(part > 0n && { amount: String(part) }) });
    if (kind !== 'parts') await this.refund(side, key, request, kind === 'twice' ? 3 : copies);
    if (kind === 'part') this.given.delete(bought.id);
    if (kind !== 'parts') return;
    await Promise.all([1, 2, 3].map((n) => this.refund(side, `${key}-${n}`, request, 1)));
    await this.refund(side, `${key}-rest`, refund(order), 1);
  }

  private nextWish({ title }: Side): Wish {
    const turn = this.turns.get(title) ?? 0;
    this.turns.set(title, turn + 1);
    const pair = Math.floor(turn / 2);
    return {
      kind: kinds[pair % kinds.length] as Kind,
      inMoney: turn % 2 === 0,
      spentGoods: policies[pair % policies.length],
    };
  }

  /** One of the newest purchases that are completed by now. */
  private async completed(side: Side, wish: Wish, pick: number): Promise<Bought | undefined> {
    // Most of what is given back already is left to those who ask for it by chance.
    const isLeft = Math.floor(pick / 16) % 16 > 0;
    for (let tries = 0; tries < maxTries; tries++) {
      const some = side.known.purchases
        .map(boughtOf)
        .filter(({ id }) => !this.unsold.has(id) && !(isLeft && this.given.has(id)))
        .filter((bought) => fits(bought, wish));
      // Where the newest are still open, older ones are not.
      const chosen = one(some, (Math.floor(pick / 2) % newest) + tries * newest);
      if (chosen === undefined) return undefined;
      const path = `/v1/purchases/${chosen.id}`;
      // Nobody else is to come to it meanwhile.
      this.given.add(chosen.id);
      const { body } = await this.sender.send('GET', path, undefined, headersOf(side), pick);
      side.known.see(body);
      const state = String(body['state']);
      if (isLeft && ended.includes(state)) continue;
      if (['completed', ...refundedStates].includes(state)) return chosen;
      this.given.delete(chosen.id);
      if (closedStates.includes(state)) this.unsold.add(chosen.id);
    }
    return undefined;
  }

  /** The bank of a buyer may take its time. It pays, or sends the money back. */
  private async refund(side: Side, key: string, request: Request, copies: number): Promise<void> {
    const answer = await this.ask(side, key, request, copies);
    if (answer === undefined || answer.status >= 300 || answer.body['closedAt'] !== undefined) return;
    const path = `/v1/refunds/${String(answer.body['id'])}`;
    this.begun += 1;
    this.buyers.begin(side, path, this.begun % 3 === 0 ? 'expire' : 'settle');
  }

  /** The buyer spends what they got, so that it cannot be taken back. */
  private async spend(side: Side, key: string, { player, points }: Bought, reference: string): Promise<void> {
    const leg = { from: `player:${player}`, to: 'system:store', asset: 'points', amount: String(points) };
    await this.ask(side, `${key}-spent`, transfer('pay', leg, key, reference), 1);
  }

  /** The buyer gives away what they got, so that it is missing, unless somebody else wants it just now. */
  private async tradeOn(side: Side, key: string, bought: Bought, { from }: Drawn, reference: string): Promise<void> {
    const buyer = from === bought.player ? `${from}-2` : from;
    const trades = bought.instances
      .slice(0, 2)
      .map((item) => trade({ from: buyer, to: bought.player, item, reference, wait: true }));
    await Promise.all(trades.map((request, n) => this.ask(side, `${key}-on-${n}`, request, 1)));
  }
}

/** What the answer to a purchase says of it. */
export function boughtOf({ answer }: Done): Bought {
  const { pay, content } = answer as {
    pay: { amount: string; currency?: string };
    content: { amounts: { amount: string }[]; items: { instances: string[] }[] };
  };
  return {
    id: String(answer['id']),
    player: String(answer['player']),
    paid: BigInt(pay.amount),
    inMoney: pay.currency !== undefined,
    points: content.amounts[0]?.amount,
    instances: content.items.flatMap(({ instances }) => instances),
  };
}

/** Whether a purchase can be refunded as it is wished. */
function fits({ paid, inMoney, points, instances }: Bought, { kind, ...wish }: Wish): boolean {
  if (paid === 0n || inMoney !== wish.inMoney) return false;
  return kind === 'spent' ? points !== undefined : kind !== 'traded on' || instances.length > 0;
}

/**
 * What becomes of what is spent, and of the stock. Nobody's gold is frozen, of which others want something: what is
 * owed for items that were bought with gold is a debt, or is absorbed.
 */
function termsOf(
  { spentGoods }: Wish,
  { pick }: Drawn,
  { inMoney, instances }: Bought,
): { spentGoods?: string; restock?: boolean } {
  const isFreezing = spentGoods === 'freeze' && !inMoney && instances.length > 0;
  return {
    ...(spentGoods !== undefined && { spentGoods: isFreezing ? 'debt' : spentGoods }),
    ...(pick % 5 !== 0 && { restock: pick % 5 !== 1 }),
  };
}
