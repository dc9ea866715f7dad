/** A trade as the benchmark knows it: player A gives 100 gold, player B one item that they own at this moment. */
export interface DrawnTrade {
  /** The idempotency key, or what stands for it. */
  key: string;
  a: string;
  b: string;
  /** `ins_…` */
  item: string;
}

/** Who owns an item, as the database says before a run. */
export interface Holding {
  player: string;
  /** `ins_…` */
  item: string;
}

/** What player A gives, in minor units. */
export const price = 100;

/** How often the hot player is one of the two, in the hot variant. */
const hotShare = 0.2;

/** The nth player. The first is the hot one, who is a player like any other in uniform runs. */
export function playerName(n: number): string {
  return `p${n}`;
}

/** Where the deals of a run come from. */
export interface Source {
  draw(): DrawnTrade;
  /** The player has the item now. */
  give(player: string, item: string): void;
}

/** Draws buyers, who are uniform. */
export class Buyers implements Source {
  private drawn = 0;

  constructor(
    private readonly players: number,
    private readonly keyPrefix: string,
  ) {}

  draw(): DrawnTrade {
    const a = playerName(Math.floor(Math.random() * this.players));
    return { key: `${this.keyPrefix}-${this.drawn++}`, a, b: '', item: '' };
  }

  give(): void {
    // A buyer gives no item, so nobody waits for one.
  }
}

/**
 * Draws pairs of players and an item of the second. An item that is under way is drawn by nobody else, so no trade is
 * refused; it belongs to its new owner as soon as that is known, so items never run out.
 */
export class Deck implements Source {
  private readonly items = new Map<string, string[]>();
  private drawn = 0;

  constructor(
    private readonly players: number,
    private readonly hot: boolean,
    private readonly keyPrefix: string,
    holdings: readonly Holding[],
  ) {
    for (const { player, item } of holdings) this.give(player, item);
  }

  /** Both players are uniform, of those who have an item in the case of the second. */
  draw(): DrawnTrade {
    const hotTakes = this.hot && Math.random() < hotShare;
    const hotGives = hotTakes && Math.random() < 0.5 && this.owned(playerName(0)).length > 0;
    const b = hotGives ? playerName(0) : this.giver(hotTakes);
    let a = hotTakes && !hotGives ? playerName(0) : this.anybody();
    while (a === b) a = this.anybody();
    const item = this.owned(b).pop() as string;
    return { key: `${this.keyPrefix}-${this.drawn++}`, a, b, item };
  }

  /** The player has the item now, and may give it away. */
  give(player: string, item: string): void {
    this.owned(player).push(item);
  }

  private giver(notHot: boolean): string {
    for (;;) {
      const player = this.anybody();
      if (this.owned(player).length > 0 && !(notHot && player === playerName(0))) return player;
    }
  }

  private anybody(): string {
    return playerName(Math.floor(Math.random() * this.players));
  }

  private owned(player: string): string[] {
    let items = this.items.get(player);
    if (items === undefined) this.items.set(player, (items = []));
    return items;
  }
}
