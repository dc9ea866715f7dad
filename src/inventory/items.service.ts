import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { VeltrixError } from '../errors.js';
import { outboxInsert, outboxParameter } from '../events/outbox.js';
import { INVENTORY_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import { itemFact } from './facts.rules.js';
import { itemColumns, itemOf, type ItemRow } from './inventory.rows.js';
import type { Item, PutItemOutcome } from './inventory.types.js';

/** What PUT of an item asks for. `expectedVersion` is that of If-Match. */
export interface PutItemRequest {
  title: string;
  code: string;
  name: string;
  tradeable: boolean;
  expectedVersion?: number;
}

/** The definitions of unique items. An item is never deleted, because its instances refer to it. */
@Injectable()
export class ItemsService {
  constructor(@Inject(INVENTORY_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * Defines an item, or defines it anew with the next version. Asking for what is already so changes nothing.
   * What a hold was decided by stays decided: instances held before the item ceased to be tradeable are moved.
   * @throws VeltrixError `precondition-failed` if the item is not at the expected version
   */
  put(request: PutItemRequest): Promise<PutItemOutcome> {
    return runCommand(this.dataSource, async (tx) => {
      const created = request.expectedVersion === undefined ? await insertItem(tx, request) : undefined;
      if (created !== undefined) return { outcome: 'created', item: created };
      const item = await lockItem(tx, request);
      if (request.expectedVersion !== undefined && item?.version !== request.expectedVersion) {
        throw new VeltrixError(
          'precondition-failed',
          `The item ${request.code} is not at version ${request.expectedVersion}.`,
        );
      }
      if (item === undefined) throw new Error(`The item ${request.code} was neither created nor found.`);
      if (item.name === request.name && item.tradeable === request.tradeable) return { outcome: 'unchanged', item };
      return { outcome: 'updated', item: await updateItem(tx, request) };
    });
  }
}

async function insertItem(
  tx: EntityManager,
  { title, code, name, tradeable }: PutItemRequest,
): Promise<Item | undefined> {
  const [row] = await tx.query<ItemRow[]>(
    `insert into inventory.items (title, code, name, tradeable) values ($1, $2, $3, $4)
     on conflict do nothing returning ${itemColumns}`,
    [title, code, name, tradeable],
  );
  if (row === undefined) return undefined;
  await tell(tx, title, 'item.created', itemOf(row));
  return itemOf(row);
}

async function lockItem(tx: EntityManager, { title, code }: PutItemRequest): Promise<Item | undefined> {
  const [row] = await tx.query<ItemRow[]>(
    `select ${itemColumns} from inventory.items where title = $1 and code = $2 for no key update`,
    [title, code],
  );
  return row && itemOf(row);
}

async function updateItem(tx: EntityManager, { title, code, name, tradeable }: PutItemRequest): Promise<Item> {
  const [row] = await tx.query<[ItemRow]>(
    `with updated as (
      update inventory.items set name = $3, tradeable = $4, version = version + 1, updated_at = now()
      where title = $1 and code = $2 returning ${itemColumns})
    select * from updated`,
    [title, code, name, tradeable],
  );
  const item = itemOf(row);
  await tell(tx, title, 'item.updated', item);
  return item;
}

async function tell(
  tx: EntityManager,
  title: string,
  type: 'item.created' | 'item.updated',
  item: Item,
): Promise<void> {
  await tx.query(outboxInsert('inventory', 1), [outboxParameter([itemFact(title, type, item)])]);
}
