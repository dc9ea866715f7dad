import { catalogMigrations } from './catalog/catalog.migrations.js';
import { inventoryMigrations } from './inventory/inventory.migrations.js';
import { ledgerMigrations } from './ledger/ledger.migrations.js';
import { paymentsMigrations } from './payments/payments.migrations.js';
import type { BoundaryMigrations } from './postgres/migrations.js';
import { purchasesMigrations } from './purchases/purchases.migrations.js';
import { reconciliationMigrations } from './reconciliation/reconciliation.migrations.js';
import { refundsMigrations } from './refunds/refunds.migrations.js';
import { sagasMigrations } from './sagas/sagas.migrations.js';
import { titlesMigrations } from './titles/titles.migrations.js';
import { tradesMigrations } from './trades/trades.migrations.js';

/**
 * Every boundary that owns a schema, one line each. Each schema has an outbox. Migrations and the metrics of outboxes
 * go by this table.
 */
export const boundaries: readonly BoundaryMigrations[] = [
  titlesMigrations,
  ledgerMigrations,
  inventoryMigrations,
  catalogMigrations,
  tradesMigrations,
  purchasesMigrations,
  refundsMigrations,
  paymentsMigrations,
  sagasMigrations,
  reconciliationMigrations,
];
