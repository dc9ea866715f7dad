import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { VeltrixError, notAsExpected } from '../errors.js';
import { outboxInsert, outboxParameter } from '../events/outbox.js';
import { LEDGER_DATABASE } from '../postgres/data-sources.js';
import { RowTurns } from '../postgres/row-turns.js';
import { runCommand } from '../postgres/run-command.js';
import { assetFact } from './facts.rules.js';
import { assetColumns, assetOf, type AssetRow } from './asset.rows.js';
import type { Asset, AssetKind, PutAssetOutcome } from './ledger.types.js';

/** What PUT of an asset asks for. */
export interface PutAssetRequest {
  title: string;
  code: string;
  name: string;
  kind: AssetKind;
  /** 0 to 18. */
  scale: number;
  /** The most that an account may have, in minor units; missing for no limit. */
  maxBalance?: bigint;
  tradeable: boolean;
  /** The version in If-Match, or 0 where there must be none yet; missing where the caller expects nothing. */
  expectedVersion?: bigint;
}

/** The definitions of what the ledger counts. An asset is never deleted, because its accounts refer to it. */
@Injectable()
export class AssetsService {
  private readonly turns = new RowTurns();

  constructor(@Inject(LEDGER_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * Defines an asset, or defines it anew with the next version. A request that changes nothing writes nothing. With an
   * expected version an asset is never created, and with version 0 never changed. Whoever holds more than a new limit
   * keeps it, and can gain nothing until they have given enough away.
   * @throws VeltrixError `precondition-failed` if the asset is not at the expected version, or if there is no such
   *   asset and a version is expected
   * @throws VeltrixError `asset-kind-fixed` if its kind or its scale would change
   * @throws what PostgreSQL throws
   */
  put(request: PutAssetRequest): Promise<PutAssetOutcome> {
    return this.turns.take(`${request.title} ${request.code}`, () =>
      runCommand(this.dataSource, async (tx) => {
        const created = (request.expectedVersion ?? 0n) === 0n ? await insertAsset(tx, request) : undefined;
        if (created !== undefined) return { outcome: 'created', asset: created };
        const asset = await lockAsset(tx, request);
        if (request.expectedVersion !== undefined && asset?.version !== request.expectedVersion) {
          throw notAsExpected(`The asset ${request.code}`, request.expectedVersion);
        }
        if (asset === undefined) throw new Error(`The asset ${request.code} was neither created nor found.`);
        assertSameKind(asset, request);
        if (isSame(asset, request)) return { outcome: 'unchanged', asset };
        return { outcome: 'updated', asset: await updateAsset(tx, request) };
      }),
    );
  }
}

function assertSameKind(asset: Asset, { kind, scale }: PutAssetRequest): void {
  const errors = [
    ...(asset.kind === kind
      ? []
      : [{ pointer: '/kind', code: 'asset-kind-fixed', detail: `The asset is a ${asset.kind}.` }]),
    ...(asset.scale === scale
      ? []
      : [{ pointer: '/scale', code: 'asset-kind-fixed', detail: `The asset has the scale ${asset.scale}.` }]),
  ];
  if (errors.length > 0)
    throw new VeltrixError(
      'asset-kind-fixed',
      `The asset ${asset.code} is a ${asset.kind} with the scale ${asset.scale}.`,
      errors,
    );
}

function isSame(asset: Asset, { name, maxBalance, tradeable }: PutAssetRequest): boolean {
  return asset.name === name && asset.maxBalance === maxBalance && asset.tradeable === tradeable;
}

async function insertAsset(
  tx: EntityManager,
  { title, code, name, kind, scale, maxBalance, tradeable }: PutAssetRequest,
): Promise<Asset | undefined> {
  const [row] = await tx.query<AssetRow[]>(
    `insert into ledger.assets (title, code, name, kind, scale, max_balance, tradeable)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict do nothing returning ${assetColumns}`,
    [title, code, name, kind, scale, maxBalance?.toString() ?? null, tradeable],
  );
  if (row === undefined) return undefined;
  await writeFact(tx, title, 'asset.created', assetOf(row));
  return assetOf(row);
}

async function lockAsset(tx: EntityManager, { title, code }: PutAssetRequest): Promise<Asset | undefined> {
  const [row] = await tx.query<AssetRow[]>(
    `select ${assetColumns} from ledger.assets where title = $1 and code = $2 for no key update`,
    [title, code],
  );
  return row && assetOf(row);
}

async function updateAsset(
  tx: EntityManager,
  { title, code, name, maxBalance, tradeable }: PutAssetRequest,
): Promise<Asset> {
  // TypeORM answers an `update … returning` as rows and a count, and a `select` as the rows alone.
  const [row] = await tx.query<[AssetRow]>(
    `with updated as (
      update ledger.assets set name = $3, max_balance = $4, tradeable = $5, version = version + 1, updated_at = now()
      where title = $1 and code = $2 returning ${assetColumns})
    select * from updated`,
    [title, code, name, maxBalance?.toString() ?? null, tradeable],
  );
  const asset = assetOf(row);
  await writeFact(tx, title, 'asset.updated', asset);
  return asset;
}

/** Writes the fact of a change into the outbox, in the transaction that makes the change. */
async function writeFact(
  tx: EntityManager,
  title: string,
  type: 'asset.created' | 'asset.updated',
  asset: Asset,
): Promise<void> {
  await tx.query(outboxInsert('ledger', 1), [outboxParameter([assetFact(title, type, asset)])]);
}
