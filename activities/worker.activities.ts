import type { DealActivities, WorkerActivities } from '../contracts/activities.js';
import type { ExchangeStarter } from '../src/exchanges/exchange-starter.service.js';
import type { SweepService } from '../src/exchanges/sweep.service.js';
import type { InventoryService } from '../src/inventory/inventory.service.js';
import type { LedgerService } from '../src/ledger/ledger.service.js';
import type { FeesService } from '../src/payments/fees.service.js';
import type { OrphansService } from '../src/payments/orphans.service.js';
import type { PaymentsOutside } from '../src/payments/outside.service.js';
import type { RefundLooks } from '../src/payments/refund-looks.service.js';
import type { SagasService } from '../src/sagas/sagas.service.js';
import { forwardActivities } from './forward.activities.js';
import { inventoryActivities } from './inventory.activities.js';
import { leaveActivities } from './leave.activities.js';
import { ledgerActivities } from './ledger.activities.js';
import { movementActivities } from './movement.activities.js';
import { paymentActivities, type PaymentCommands, type RefundCommands } from './payment.activities.js';
import { sagaActivities } from './saga.activities.js';
import { sweepActivities } from './sweep.activities.js';

/** What the activities call. */
export interface Services {
  ledger: LedgerService;
  inventory: InventoryService;
  payments: PaymentCommands;
  refunds: RefundCommands;
  fees: Pick<FeesService, 'find' | 'booked'>;
  orphans: Pick<OrphansService, 'see' | 'booked'>;
  refundLooks: Pick<RefundLooks, 'see'>;
  outside: Pick<PaymentsOutside, 'see' | 'booked'>;
  sagas: SagasService;
  starter: ExchangeStarter;
  sweep: Pick<SweepService, 'run'>;
  /** The activities of every kind of deal. */
  deals: DealActivities;
}

/**
 * Every activity of the worker.
 * @param around is put around each activity, also where the local attempt calls it as a step
 */
export function workerActivities(
  { ledger, inventory, payments, refunds, fees, orphans, refundLooks, outside, sagas, starter, sweep, deals }: Services,
  around: <T extends object>(activities: T) => T,
): WorkerActivities {
  const ofInventory = inventoryActivities(inventory);
  const ofLedger = ledgerActivities(ledger);
  const ofPayments = paymentActivities(payments, refunds);
  const steps = around({
    ...ofInventory.steps,
    ...ofLedger.steps,
    ...deals,
    ...leaveActivities(starter),
    ...sagaActivities(sagas),
    ...sweepActivities(sweep),
  });
  return {
    steps: { ...steps, ...forwardActivities(steps) },
    undo: around({ ...ofInventory.undo, ...ofLedger.undo, ...ofPayments.undo }),
    payments: around({ ...ofPayments.payments, ...movementActivities(fees, orphans, refundLooks, outside) }),
  };
}
