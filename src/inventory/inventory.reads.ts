import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Owner } from '../../contracts/nouns.js';
import { VeltrixError } from '../errors.js';
import type { PageRow, Place } from '../http/page.js';
import { idPrefixes, playerOwner } from '../forms.js';
import { idOf, uuidOf } from '../ids.js';
import { INVENTORY_DATABASE } from '../postgres/data-sources.js';
import {
  instanceColumns,
  instanceOf,
  itemColumns,
  itemOf,
  movementColumns,
  movementOf,
  type InstanceRow,
  type ItemRow,
  type MovementRow,
} from './inventory.rows.js';
import type { Instance, Item, Movement, MovementKind } from './inventory.types.js';

/** A movement that an exchange has made. */
export interface ExchangeMovement {
  /** `ins_…` */
  instance: string;
  kind: MovementKind;
  /** Null for a mint. */
  from: Owner | null;
  to: Owner;
  createdAt: Date;
}

type Positioned<T> = T & { transaction_id: string; sequence: string };

const before = '($3::xid8 is null or (transaction_id, sequence) < ($3::xid8, $4::bigint))';

/** Reads of the inventory. They are strongly consistent. Lists answer up to `limit` + 1 rows, newest first. */
@Injectable()
export class InventoryReads {
  constructor(@Inject(INVENTORY_DATABASE) private readonly dataSource: DataSource) {}

  /** @throws VeltrixError `not-found`, also for the item of another title */
  async item(title: string, code: string): Promise<Item> {
    const [row] = await this.dataSource.query<ItemRow[]>(
      `select ${itemColumns} from inventory.items where title = $1 and code = $2`,
      [title, code],
    );
    if (row === undefined) throw new VeltrixError('not-found', `There is no item ${code}.`);
    return itemOf(row);
  }

  async items(title: string, limit: number, from: Place | undefined): Promise<PageRow<Item>[]> {
    const rows = await this.dataSource.query<Positioned<ItemRow>[]>(
      `select ${itemColumns}, transaction_id, sequence from inventory.items where title = $1 and ${before}
       order by transaction_id desc, sequence desc limit $2`,
      [title, limit + 1, from?.major, from?.minor],
    );
    return rows.map((row) => ({ major: row.transaction_id, minor: row.sequence, body: itemOf(row) }));
  }

  /** Which of these codes are those of no item of the title. */
  async undefinedItems(title: string, codes: readonly string[]): Promise<string[]> {
    const rows = await this.dataSource.query<{ code: string }[]>(
      `select code from unnest($2::text[]) as asked(code)
       where not exists (select from inventory.items i where i.title = $1 and i.code = asked.code)`,
      [title, codes],
    );
    return rows.map(({ code }) => code);
  }

  /** @throws VeltrixError `not-found`, also for the instance of another title */
  async instance(title: string, id: string): Promise<Instance> {
    const [row] = await this.dataSource.query<InstanceRow[]>(
      `select ${instanceColumns} from inventory.instances where title = $1 and id = $2`,
      [title, uuidOf(idPrefixes.instance, id)],
    );
    if (row === undefined) throw new VeltrixError('not-found', `There is no item instance ${id}.`);
    return instanceOf(row);
  }

  /** What a player owns. Burned instances are nobody's any more. */
  async instancesOf(
    title: string,
    player: string,
    limit: number,
    from: Place | undefined,
  ): Promise<PageRow<Instance>[]> {
    const rows = await this.dataSource.query<Positioned<InstanceRow>[]>(
      `select ${instanceColumns}, transaction_id, sequence from inventory.instances
       where title = $1 and owner = $5 and burned_at is null and ${before}
       order by transaction_id desc, sequence desc limit $2`,
      [title, limit + 1, from?.major, from?.minor, playerOwner(player)],
    );
    return rows.map((row) => ({ major: row.transaction_id, minor: row.sequence, body: instanceOf(row) }));
  }

  /**
   * The history of an instance. A version is made by one transaction after the other, so it serves as the sequence.
   * @throws VeltrixError `not-found`, also for the instance of another title
   */
  async movements(title: string, id: string, limit: number, from: Place | undefined): Promise<PageRow<Movement>[]> {
    await this.instance(title, id);
    const rows = await this.dataSource.query<(MovementRow & { transaction_id: string })[]>(
      `select ${movementColumns}, transaction_id from inventory.movements
       where instance = $1 and ($3::bigint is null or version < $3) order by version desc limit $2`,
      [uuidOf(idPrefixes.instance, id), limit + 1, from?.minor],
    );
    return rows.map((row) => ({ major: row.transaction_id, minor: row.version, body: movementOf(row) }));
  }

  /**
   * What the saga of an exchange has done to the instances that it names. What caused a mint or a burn of the others is
   * a text of the caller, whatever it says.
   * @param moved the instances that the exchange moves
   * @param minted those that it makes
   */
  async movementsOfExchange(
    exchange: string,
    moved: readonly string[],
    minted: readonly string[],
  ): Promise<ExchangeMovement[]> {
    const rows = await this.dataSource.query<
      { instance: string; kind: MovementKind; from_owner: Owner | null; to_owner: Owner; created_at: Date }[]
    >(
      `select instance, kind, from_owner, to_owner, created_at from inventory.movements
       where cause = $3 and (
         (instance = any($1::uuid[]) and kind in ('hold', 'move', 'release'))
         or (instance = any($2::uuid[]) and kind = 'mint'))
       order by created_at, instance, version`,
      [uuidsOf(moved), uuidsOf(minted), exchange],
    );
    return rows.map(({ instance, kind, from_owner: from, to_owner: to, created_at: createdAt }) => ({
      instance: idOf(idPrefixes.instance, instance),
      kind,
      from,
      to,
      createdAt,
    }));
  }
}

function uuidsOf(instances: readonly string[]): string[] {
  return instances.flatMap((id) => uuidOf(idPrefixes.instance, id) ?? []);
}
