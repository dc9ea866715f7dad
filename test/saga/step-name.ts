/** The names of the steps that a test can make fail. */
export type StepName =
  | 'inventoryHold'
  | 'ledgerTransfer'
  | 'inventoryMove'
  | 'closeTrades'
  | 'closePurchases'
  | 'ledgerCancel'
  | 'inventoryRelease'
  | 'ledgerKept'
  | 'inventoryKept'
  | 'inventoryEndByHand'
  | 'noteSaga'
  | 'markTrades'
  | 'markPurchases'
  | 'startAlone'
  | 'sweepExchanges';
