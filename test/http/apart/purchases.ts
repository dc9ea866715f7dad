import { newId } from '../../../src/ids.js';
import { DEAL_BOOKS, type Deal, type DealBook } from '../../../src/exchanges/deals.js';
import { tell } from './seed.js';
import type { World } from './world.js';

interface Purchase {
  title: string;
  player: string;
  deal: Deal;
}

/**
 * A second kind of deal, kept in memory, so that the list of sagas has more than one kind to choose from. It answers as
 * `DealBook` says.
 */
export class Purchases {
  readonly kind = 'purchase';
  readonly prefix = 'pur';
  readonly path = '/v1/purchases';
  private readonly all: Purchase[] = [];

  /** Puts the kind beside those that the API knows. */
  static addTo(world: World): Purchases {
    const purchases = new Purchases();
    world.api.app.get<DealBook[]>(DEAL_BOOKS, { strict: false }).push(purchases as unknown as DealBook);
    return purchases;
  }

  /** Gives a title an open purchase, one that is stuck, and one that is closed and was told of. */
  async seed(world: World): Promise<void> {
    for (const [state, notes, saga] of [
      ['accepted', [], 'running'],
      ['stuck', [{}], 'stuck'],
      ['settled', [{ state: 'ended', stuckAt: null }], 'ended'],
    ] as const) {
      const id = newId(this.prefix);
      const legs = [{ from: 'system:store', to: 'player:ann', asset: 'gold', amount: '1' }];
      const exchange = { id, title: world.title, kind: this.kind, legs, moves: [] } as unknown as Deal['exchange'];
      const closedAt = state === 'settled' ? new Date() : null;
      this.all.push({
        title: world.title,
        player: 'ann',
        deal: { exchange, state, reason: null, workflowId: null, acceptedAt: new Date(), closedAt },
      });
      await tell(world, { id, players: ['ann', 'ann'] }, this.kind, [...notes]);
      world.sagas.push({ id, kind: this.kind, state: saga, dealState: state, players: ['ann'] });
    }
  }

  find(title: string, ids: readonly string[]): Promise<Deal[]> {
    return Promise.resolve(
      this.all.filter((one) => one.title === title && ids.includes(one.deal.exchange.id)).map(({ deal }) => deal),
    );
  }

  openDeals(title: string, player: string | undefined, limit: number, before: string | undefined): Promise<Deal[]> {
    const open = this.all.filter(
      (one) => one.title === title && (player === undefined || one.player === player) && one.deal.closedAt === null,
    );
    const places = open
      .map(({ deal }) => ({ deal, place: deal.exchange.id.slice(4) }))
      .filter(({ place }) => before === undefined || place < before);
    return Promise.resolve(
      places
        .sort((a, b) => (a.place < b.place ? 1 : -1))
        .slice(0, limit)
        .map(({ deal }) => deal),
    );
  }
}
