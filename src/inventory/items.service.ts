import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { VeltrixError, notAsExpected } from '../errors.js';
import { outboxInsert, outboxParameter } from '../events/outbox.js';
import { INVENTORY_DATABASE } from '../postgres/data-sources.js';
import { RowTurns } from '../postgres/row-turns.js';
import { runCommand } from '../postgres/run-command.js';
import { canHaveLimit } from './editions.rules.js';
import { itemFact } from './facts.rules.js';
import { itemColumns, itemOf, type ItemRow } from './inventory.rows.js';
import type { Item, PutItemOutcome } from './inventory.types.js';

/** What PUT of an item asks for. */
export interface PutItemRequest {
  title: string;
  code: string;
  name: string;
  tradeable: boolean;
  /** How many instances may ever be minted; null for any number. */
  limit: number | null;
  /** Whether no more instances are minted. */
  retired: boolean;
  /** The version in If-Match, or 0 where there must be none yet; missing where the caller expects nothing. */
  expectedVersion?: number;
}

/** The definitions of unique items. An item is never deleted, because its instances refer to it. */
@Injectable()
export class ItemsService {
  private readonly turns = new RowTurns();

  constructor(@Inject(INVENTORY_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * Defines an item, or defines it anew with the next version. A request that changes nothing writes nothing. With an
   * expected version an item is never created, and with version 0 never changed. A change does not touch open holds:
   * instances that were held before the item ceased to be tradeable are still moved, and instances that were reserved
   * before it was retired are still minted.
   * @throws VeltrixError `precondition-failed` if the item is not at the expected version, or if there is no such item
   *   and a version is expected
   * @throws VeltrixError `item-limit-fixed` for a limit that the item cannot have any more
   * @throws what PostgreSQL throws
   */
  put(request: PutItemRequest): Promise<PutItemOutcome> {
    return this.turns.take(`${request.title} ${request.code}`, () =>
      runCommand(this.dataSource, async (tx) => {
        const created = (request.expectedVersion ?? 0) === 0 ? await insertItem(tx, request) : undefined;
        if (created !== undefined) return { outcome: 'created', item: created };
        const stored = await lockItem(tx, request);
        if (request.expectedVersion !== undefined && stored?.item.version !== request.expectedVersion) {
          throw notAsExpected(`The item ${request.code}`, request.expectedVersion);
        }
        if (stored === undefined) throw new Error(`The item ${request.code} was neither created nor found.`);
        const { item, taken } = stored;
        const { name, tradeable, limit, retired } = request;
        if (!canHaveLimit(item.limit, taken, limit))
          throw new VeltrixError('item-limit-fixed', limitDetail(item, taken));
        const isUnchanged =
          item.name === name && item.tradeable === tradeable && item.limit === limit && item.retired === retired;
        return isUnchanged
          ? { outcome: 'unchanged', item }
          : { outcome: 'updated', item: await updateItem(tx, request) };
      }),
    );
  }
}

function limitDetail({ code, limit }: Item, taken: number): string {
  return limit === null
    ? `The item ${code} was defined without a limit, and stays so.`
    : `The limit of the item ${code} is ${limit}. It can only be lowered, to ${taken} or more.`;
}

async function insertItem(tx: EntityManager, request: PutItemRequest): Promise<Item | undefined> {
  const { title, code, name, tradeable, limit, retired } = request;
  const [row] = await tx.query<ItemRow[]>(
    `insert into inventory.items (title, code, name, tradeable, minting_limit, retired)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning ${itemColumns}`,
    [title, code, name, tradeable, limit, retired],
  );
  if (row === undefined) return undefined;
  await writeFact(tx, title, 'item.created', itemOf(row));
  return itemOf(row);
}

/** @returns the item, and how many instances of it count against its limit; undefined where there is no such item */
async function lockItem(
  tx: EntityManager,
  { title, code }: PutItemRequest,
): Promise<{ item: Item; taken: number } | undefined> {
  const [row] = await tx.query<(ItemRow & { taken: number })[]>(
    `select ${itemColumns}, issued + reserved as taken from inventory.items
     where title = $1 and code = $2 for no key update`,
    [title, code],
  );
  return row && { item: itemOf(row), taken: row.taken };
}

async function updateItem(tx: EntityManager, request: PutItemRequest): Promise<Item> {
  const { title, code, name, tradeable, limit, retired } = request;
  // TypeORM answers an `update … returning` as rows and a count, and a `select` as the rows alone.
  const [row] = await tx.query<[ItemRow]>(
    `with updated as (
      update inventory.items
      set name = $3, tradeable = $4, minting_limit = $5, retired = $6, version = version + 1, updated_at = now()
      where title = $1 and code = $2 returning ${itemColumns})
    select * from updated`,
    [title, code, name, tradeable, limit, retired],
  );
  const item = itemOf(row);
  await writeFact(tx, title, 'item.updated', item);
  return item;
}

/** Writes the fact of a change into the outbox, in the transaction that makes the change. */
async function writeFact(
  tx: EntityManager,
  title: string,
  type: 'item.created' | 'item.updated',
  item: Item,
): Promise<void> {
  await tx.query(outboxInsert('inventory', 1), [outboxParameter([itemFact(title, type, item)])]);
}
