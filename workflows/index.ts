/** The workflows that the worker offers. Temporal finds each by the name it is exported under. */
export { exchangeSaga } from './settle-exchanges.js';
export { sweep } from './sweep.js';
