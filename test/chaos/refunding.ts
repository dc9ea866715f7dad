import type { Buyers } from './buyers.js';
import { closedStates, refundedStates } from './deals.rules.js';
import { one, refund, trade, transfer, type Done, type Drawn, type Request } from './requests.js';
import type { Answer, Sender } from './sender.js';
import { headersOf, type Side } from './stage.js';

type Ask = (side: Side, key: string, request: Request, copies: number) => Promise<Answer | undefined>;

/** How refunds are asked for, by what is done before or with them. Some come up more often. */
const kinds = ['whole', 'part', 'parts', 'twice', 'spent', 'traded on', 'spent', 'traded on', 'whole'] as const;
type Kind = (typeof kinds)[number];

/** How many of the newest purchases are refunded; some of them more than once. */
const newest = 60;

/** How many purchases a client looks at for one that is completed. */
const maxTries = 6;

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

  constructor(
    private readonly ask: Ask,
    private readonly sender: Sender,
    private readonly buyers: Buyers,
  ) {}

  /** Refunds a purchase that is known, if it is completed by now. */
  async perform(side: Side, key: string, drawn: Drawn, reference: string): Promise<void> {
    const { amount, pick, copies } = drawn;
    const kind = kinds[amount % kinds.length] as Kind;
    const bought = await this.completed(side, kind, pick);
    if (bought === undefined) return;
    if (kind === 'spent') await this.spend(side, key, bought, reference);
    if (kind === 'traded on') await this.tradeOn(side, key, bought, drawn, reference);
    const part = kind === 'part' ? bought.paid / 2n : kind === 'parts' ? bought.paid / 3n : 0n;
    const order = { purchase: bought.id, kind, ...termsOf(drawn, bought), wait: drawn.wait, reason: key };
    const request = refund({ ...order, ...(part > 0n && { amount: String(part) }) });
    if (kind !== 'parts') return this.refund(side, key, request, kind === 'twice' ? 3 : copies);
    await Promise.all([1, 2, 3].map((n) => this.refund(side, `${key}-${n}`, request, 1)));
    await this.refund(side, `${key}-rest`, refund(order), 1);
  }

  /** One of the newest purchases that are completed by now. */
  private async completed(side: Side, kind: Kind, pick: number): Promise<Bought | undefined> {
    for (let tries = 0; tries < maxTries; tries++) {
      const some = side.known.purchases
        .map(boughtOf)
        .filter((bought) => !this.unsold.has(bought.id) && fits(bought, kind, pick));
      const chosen = one(some, (Math.floor(pick / 2) % newest) + tries);
      if (chosen === undefined) return undefined;
      const path = `/v1/purchases/${chosen.id}`;
      const { body } = await this.sender.send('GET', path, undefined, headersOf(side), pick);
      const state = String(body['state']);
      if (['completed', ...refundedStates].includes(state)) return chosen;
      if (closedStates.includes(state)) this.unsold.add(chosen.id);
    }
    return undefined;
  }

  /** The bank of a buyer may take its time. It pays, or sends the money back. */
  private async refund(side: Side, key: string, request: Request, copies: number): Promise<void> {
    const answer = await this.ask(side, key, request, copies);
    if (answer === undefined || answer.status >= 300 || answer.body['closedAt'] !== undefined) return;
    const path = `/v1/refunds/${String(answer.body['id'])}`;
    this.buyers.begin(side, path, key.length % 3 === 0 ? 'expire' : 'settle');
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

function boughtOf({ answer }: Done): Bought {
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

/** Whether a purchase can be refunded in a way: half of them are in real money. */
function fits({ paid, inMoney, points, instances }: Bought, kind: Kind, pick: number): boolean {
  if (paid === 0n || inMoney !== (pick % 2 === 0)) return false;
  return kind === 'spent' ? points !== undefined : kind !== 'traded on' || instances.length > 0;
}

/**
 * What becomes of what is spent, and of the stock. Nobody's gold is frozen, of which others want something: what is
 * owed for items that were bought with gold is a debt, or is absorbed.
 */
function termsOf({ pick }: Drawn, { inMoney, instances }: Bought): { spentGoods?: string; restock?: boolean } {
  const spentGoods = [undefined, 'debt', 'freeze', 'absorb'][Math.floor(pick / 7) % 4];
  const isFreezing = spentGoods === 'freeze' && !inMoney && instances.length > 0;
  return {
    ...(spentGoods !== undefined && { spentGoods: isFreezing ? 'debt' : spentGoods }),
    ...(pick % 5 !== 0 && { restock: pick % 5 !== 1 }),
  };
}
