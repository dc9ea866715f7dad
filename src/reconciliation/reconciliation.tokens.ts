/** The injection token of the checks, in the order in which a run makes them. */
export const CHECKS = Symbol('checks of reconciliation');
