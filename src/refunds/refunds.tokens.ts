/* The injection tokens of the refunds' instances of the classes that all kinds of deals share. */

/** The `DealsService` of the refunds. */
export const REFUNDS_SERVICE = Symbol('the service of refunds');

/** The `StoredDeals` of the refunds, which are their deal book. */
export const STORED_REFUNDS = Symbol('the stored refunds');

/** The `RefundIntake`. */
export const REFUNDS_INTAKE = Symbol('the intake of refunds');

/** The `DealWait` of the refunds. */
export const REFUNDS_WAIT = Symbol('the wait for refunds');
