import { inventoryMigrations } from './inventory/inventory.migrations.js';
import { ledgerMigrations } from './ledger/ledger.migrations.js';
import type { BoundaryMigrations } from './postgres/migrations.js';
import { sagasMigrations } from './sagas/sagas.migrations.js';
import { tradesMigrations } from './trades/trades.migrations.js';
import { titlesMigrations } from './titles/titles.migrations.js';

/** Every boundary that owns a schema. Each adds itself here, and no other file knows them all. */
export const boundaries: readonly BoundaryMigrations[] = [titlesMigrations, ledgerMigrations, inventoryMigrations, tradesMigrations, sagasMigrations];
