/* The injection tokens of the trades' instances of the classes that all kinds of deals share. */

/** The `DealsService` of the trades. */
export const TRADES_SERVICE = Symbol('the service of trades');

/** The `StoredDeals` of the trades, which are their deal book. */
export const STORED_TRADES = Symbol('the stored trades');

/** The `DealIntake` of the trades. */
export const TRADES_INTAKE = Symbol('the intake of trades');

/** The `DealWait` of the trades. */
export const TRADES_WAIT = Symbol('the wait for trades');
