import { makeCases } from './make-cases.js';

/*
 * The numbered failure cases of purchases in real money, with the events of the provider: those about events, and every
 * other one.
 */

makeCases('on');
