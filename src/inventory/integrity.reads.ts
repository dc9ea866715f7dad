import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { INVENTORY_DATABASE } from '../postgres/data-sources.js';
import { runTransaction } from '../postgres/transaction.js';
import type { TitleCounts } from './integrity.types.js';

/** What the inventory says about itself. It reads instances that are there and kept tallies, and no movement. */
@Injectable()
export class InventoryIntegrity {
  constructor(@Inject(INVENTORY_DATABASE) private readonly dataSource: DataSource) {}

  /** @param item this item alone */
  counts(title: string, item: string | undefined): Promise<TitleCounts> {
    return runTransaction(
      this.dataSource,
      async (tx) => {
        await tx.query('set transaction read only');
        const [{ at }] = await tx.query<[{ at: Date }]>('select clock_timestamp() as at');
        type Row = Record<'item' | 'sequence' | 'minted' | 'burned' | 'owned' | 'held', string>;
        const rows = await tx.query<Row[]>(
          `with tallied as (
          select item, sum(minted) as minted, sum(burned) as burned from inventory.tallies
          where title = $1 and ($2::text is null or item = $2) group by item),
        there as (
          select item, count(*) filter (where state = 'owned') as owned, count(*) filter (where state = 'held') as held
          from inventory.instances
          where title = $1 and burned_at is null and ($2::text is null or item = $2) group by item)
        select i.code as item, i.sequence, coalesce(t.minted, 0) as minted, coalesce(t.burned, 0) as burned,
          coalesce(h.owned, 0) as owned, coalesce(h.held, 0) as held
        from inventory.items i
        left join tallied t on t.item = i.code
        left join there h on h.item = i.code
        where i.title = $1 and ($2::text is null or i.code = $2)
        order by i.sequence desc`,
          [title, item],
        );
        const items = rows.map(({ item: code, sequence, minted, burned, owned, held }) => ({
          item: code,
          sequence,
          minted: BigInt(minted),
          burned: BigInt(burned),
          owned: BigInt(owned),
          held: BigInt(held),
        }));
        return { at, items };
      },
      'REPEATABLE READ',
    );
  }
}
