import type { DataSource } from 'typeorm';
import { newId } from '../../src/ids.js';
import type { InventoryService } from '../../src/inventory/inventory.service.js';
import type { LedgerService } from '../../src/ledger/ledger.service.js';
import type { TransferElement } from '../../src/ledger/ledger.types.js';
import type { Deal } from './interleaving-deals.js';
import { title } from './interleaving-snapshot.js';

/** What there is of a refund when all is quiet. */
export interface Left {
  gold: number;
  gems: number;
  /** How many items it has taken. */
  taken: number;
  /** How many are held yet, or are the store's by nobody's move, or the other way round. */
  astray: number;
}

/** What refunds take back. */
export class RefundedGoods {
  constructor(
    private readonly ledger: LedgerService,
    private readonly inventory: InventoryService,
    private readonly source: DataSource,
  ) {}

  /** Gives players what refunds take back, as far as they are to have it. */
  async sell(refunded: readonly Deal[]): Promise<void> {
    const grant = (to: string, asset: string, amount: bigint): TransferElement => ({
      title,
      key: `sold/${asset}/${to}`,
      kind: 'transfer',
      legs: [{ from: 'system:mint', to, asset, amount }],
      reason: 'grant',
    });
    await this.ledger.transfer([
      ...refunded.map(({ payer }) => grant(`player:${payer}`, 'gem', 5n)),
      grant('system:store', 'gold', 1_000_000n),
    ]);
    const sold = refunded.flatMap(({ swords, payer, plan }) =>
      swords.map((id, place) => ({ id, owner: place < (plan.gives?.owned ?? 2) ? payer : 'somebody-else' })),
    );
    await this.inventory.mint(
      sold.map(({ id, owner }) => ({
        title,
        key: `mint/${id}`,
        fingerprint: '',
        id,
        item: 'sword',
        owner: `player:${owner}`,
        reason: 'test',
      })),
    );
  }

  /** Has a player give an instance away, where they have it and nothing holds it. */
  async giveAway(instance: string, player: string): Promise<void> {
    const exchange = newId('trd');
    await this.inventory.hold([
      { exchange, title, moves: [{ instance, from: `player:${player}`, to: 'player:somebody-else' }] },
    ]);
    await this.inventory.move([{ exchange, title }]);
  }

  /** What refunds have moved: the hands that their swords are in, and what their player has. */
  async leftOf({ exchange, payer, swords }: Deal): Promise<Left> {
    const [left] = await this.source.query<[Left]>(
      `select
         (select coalesce(sum(credits_posted - debits_posted), 0)::int from ledger.accounts
           where title = $1 and owner = $2 and asset = 'gold') as gold,
         (select coalesce(sum(credits_posted - debits_posted), 0)::int from ledger.accounts
           where title = $1 and owner = $2 and asset = 'gem') as gems,
         (select count(*)::int from inventory.movements where cause = $3 and kind = 'move') as taken,
         (select count(*)::int from inventory.instances
           where id = any($4::uuid[]) and (state <> 'owned' or (owner = 'system:store') <> exists (
             select from inventory.movements m where m.instance = instances.id and m.cause = $3 and m.kind = 'move')))
           as astray`,
      [title, `player:${payer}`, exchange.id, swords.map((id) => id.slice(4))],
    );
    return left;
  }
}
