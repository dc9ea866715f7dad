import { inventoryMigrations } from './inventory/inventory.migrations.js';
import { ledgerMigrations } from './ledger/ledger.migrations.js';
import type { BoundaryMigrations } from './postgres/migrations.js';
import { sagasMigrations } from './sagas/sagas.migrations.js';
import { titlesMigrations } from './titles/titles.migrations.js';
import { tradesMigrations } from './trades/trades.migrations.js';

/** A boundary that owns a schema. */
export interface Boundary extends BoundaryMigrations {
  /** Whether the schema has an outbox, whose depth is then a metric. */
  hasOutbox: boolean;
}

/** Every boundary that owns a schema, one line each. Migrations and the metrics of outboxes go by this table. */
export const boundaries: readonly Boundary[] = [
  { ...titlesMigrations, hasOutbox: true },
  { ...ledgerMigrations, hasOutbox: true },
  { ...inventoryMigrations, hasOutbox: true },
  { ...tradesMigrations, hasOutbox: true },
  { ...sagasMigrations, hasOutbox: true },
];
