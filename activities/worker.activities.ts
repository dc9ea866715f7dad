import type { DealActivities, StepActivities, WorkerActivities } from '../contracts/activities.js';
import type { ExchangeStarter } from '../src/exchanges/exchange-starter.service.js';
import type { RedriveService } from '../src/exchanges/redrive.service.js';
import type { SweepService } from '../src/exchanges/sweep.service.js';
import type { InventoryService } from '../src/inventory/inventory.service.js';
import type { LedgerService } from '../src/ledger/ledger.service.js';
import type { FeesService } from '../src/payments/fees.service.js';
import type { LooksAgain } from '../src/payments/looks-again.service.js';
import type { OrphansService } from '../src/payments/orphans.service.js';
import type { PaymentsOutside } from '../src/payments/outside.service.js';
import type { PeriodsService } from '../src/reconciliation/periods.service.js';
import type { ReconciliationService } from '../src/reconciliation/reconciliation.service.js';
import type { RefundLooks } from '../src/payments/refund-looks.service.js';
import type { OutsideGoods } from '../src/refunds/outside-goods.service.js';
import type { SagasService } from '../src/sagas/sagas.service.js';
import { closeOfKnownDeals, forKnownDeals, forKnownDealsOnce, type Known } from './known-deals.js';
import { forwardActivities } from './forward.activities.js';
import { inventoryActivities } from './inventory.activities.js';
import { leaveActivities } from './leave.activities.js';
import { ledgerActivities } from './ledger.activities.js';
import { goodsActivities, movementActivities } from './movement.activities.js';
import { paymentActivities, type PaymentCommands, type RefundCommands } from './payment.activities.js';
import { reconciliationActivities, repairActivities } from './reconciliation.activities.js';
import { sagaActivities } from './saga.activities.js';
import { sweepActivities } from './sweep.activities.js';

type CloseActivity = StepActivities[`close${string}`];

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
  outsideGoods: Pick<OutsideGoods, 'follow'>;
  sagas: SagasService;
  known: Known;
  starter: ExchangeStarter;
  sweep: Pick<SweepService, 'run'>;
  reconciliation: Pick<
    ReconciliationService,
    'begin' | 'lookOn' | 'progress' | 'skip' | 'note' | 'finish' | 'planned' | 'repaired'
  >;
  redrive: Pick<RedriveService, 'start'>;
  looksAgain: Pick<LooksAgain, 'note'>;
  periods: Pick<PeriodsService, 'accept'>;
  /** The activities of every kind of deal. */
  deals: DealActivities;
}

/**
 * Every activity of the worker.
 * @param around is put around each activity, also where the local attempt calls it as a step
 */
export function workerActivities(services: Services, around: <T extends object>(activities: T) => T): WorkerActivities {
  const { ledger, inventory, payments, refunds, sagas, starter, sweep, known } = services;
  const ofInventory = inventoryActivities(inventory);
  const ofLedger = ledgerActivities(ledger);
  const ofPayments = paymentActivities(payments, refunds);
  const steps = around({
    ...ofLedger.steps,
    inventoryHold: forKnownDealsOnce(known, ofInventory.steps.inventoryHold),
    ledgerTransfer: forKnownDealsOnce(known, ofLedger.steps.ledgerTransfer),
    inventoryMove: forKnownDealsOnce(known, ofInventory.steps.inventoryMove),
    ...closing(services),
    ...leaveActivities(starter),
    ...sagaActivities(sagas),
    ...sweepActivities(sweep),
    ...goodsActivities(services.outsideGoods),
    ...reconciliationActivities(services.reconciliation, services.periods),
    ...repairActivities(services.redrive, services.looksAgain),
  });
  return {
    steps: { ...steps, ...forwardActivities(steps, known) },
    undo: around({
      ...ofInventory.undo,
      ...ofLedger.undo,
      ...ofPayments.undo,
      ledgerCancel: forKnownDeals(known, ofLedger.undo.ledgerCancel),
      inventoryRelease: forKnownDeals(known, ofInventory.undo.inventoryRelease),
    }),
    payments: around({
      ...ofPayments.payments,
      paymentAuthorize: forKnownDeals(known, ofPayments.payments.paymentAuthorize),
      paymentCapture: forKnownDeals(known, ofPayments.payments.paymentCapture),
      paymentVoid: forKnownDeals(known, ofPayments.payments.paymentVoid),
      paymentRefund: forKnownDeals(known, ofPayments.payments.paymentRefund),
      paymentRefundCancel: forKnownDeals(known, ofPayments.payments.paymentRefundCancel),
      ...movementActivities(services),
    }),
  };
}

/** The activities of every kind of deal, of which those that close end the run of a deal that is not there. */
function closing({ deals, known }: Services): DealActivities {
  return Object.fromEntries(
    Object.entries(deals).map(([name, activity]) => [
      name,
      name.startsWith('close') ? closeOfKnownDeals(known, activity as CloseActivity) : activity,
    ]),
  ) as DealActivities;
}
