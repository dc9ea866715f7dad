/** The workflows that the worker offers. Temporal finds each by the name it is exported under. */
export { bookFees } from './book-fees.js';
export { exchangeSaga } from './exchange-saga.js';
export { sweep } from './sweep.js';
