/* The injection tokens of the purchases' instances of the classes that all kinds of deals share. */

/** The `DealsService` of the purchases. */
export const PURCHASES_SERVICE = Symbol('the service of purchases');

/** The `StoredDeals` of the purchases, which are their deal book. */
export const STORED_PURCHASES = Symbol('the stored purchases');

/** The `PurchaseIntake`. */
export const PURCHASES_INTAKE = Symbol('the intake of purchases');

/** The `DealWait` of the purchases. */
export const PURCHASES_WAIT = Symbol('the wait for purchases');

/** The `RefundSums`, which the module of all routes provides. */
export const REFUND_SUMS = Symbol('what is refunded of purchases');
