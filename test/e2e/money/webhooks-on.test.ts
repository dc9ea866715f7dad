import { makeCases } from './make-cases.js';

/* The numbered failure cases of purchases in real money, with the events of the provider. */

makeCases('on');
