/** The steps that the saga of a deal may make by itself. */
export type Step =
  | 'inventoryHold'
  | 'ledgerTransfer'
  | 'inventoryMove'
  | 'closeTrades'
  | 'closePurchases'
  | 'closeRefunds'
  | 'ledgerCancel'
  | 'inventoryRelease';

/** The steps of a deal that is paid in real money, or gives some back. */
export type PaidStep =
  | 'paymentAuthorize'
  | 'paymentCapture'
  | 'paymentVoid'
  | 'paymentRefund'
  | 'paymentRefundCancel'
  | 'waitPurchases'
  | 'waitRefunds';

/** The names of the steps that a test can make fail. */
export type StepName =
  | Step
  | PaidStep
  | 'paymentKept'
  | 'refundKept'
  | 'ledgerKept'
  | 'inventoryKept'
  | 'inventoryEndByHand'
  | 'noteSaga'
  | 'markTrades'
  | 'markPurchases'
  | 'startAlone'
  | 'sweepExchanges';
