/** The workflows that the worker offers. Temporal finds each by the name it is exported under. */
export { bookFees, seeToOrphans, seeToOutside } from './book-movements.js';
export { exchangeSaga } from './exchange-saga.js';
export { reconcile } from './reconcile.js';
export { sweep } from './sweep.js';
