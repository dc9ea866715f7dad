import { makeCases } from './make-cases.js';

/*
 * The numbered failure cases of purchases in real money, with no event of the provider: case 42. A run makes those that
 * it does not make with events.
 */

makeCases('off');
