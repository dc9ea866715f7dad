/** The steps that the saga of a deal may make by itself. */
export type Step =
  | 'inventoryHold'
  | 'ledgerTransfer'
  | 'inventoryMove'
  | 'closeTrades'
  | 'closePurchases'
  | 'ledgerCancel'
  | 'inventoryRelease';

/** The names of the steps that a test can make fail. */
export type StepName =
  | Step
  | 'ledgerKept'
  | 'inventoryKept'
  | 'inventoryEndByHand'
  | 'noteSaga'
  | 'markTrades'
  | 'markPurchases'
  | 'startAlone'
  | 'sweepExchanges';
