import { Injectable } from '@nestjs/common';
import type { Cause, Payment } from '../../contracts/nouns.js';

/** A payment as a step is asked about it. */
export interface PaymentElement {
  /** The id of the purchase. */
  id: string;
  title: string;
  payment: Payment;
}

/** The commands on payments: each asks the provider where that is needed, and answers what is kept. */
@Injectable()
export class PaymentsService {
  /**
   * Decides that a payment is turned back, where it is not too late. What was decided first stays. The run of the
   * purchase then has the provider cancel it.
   * @returns `processing` where the buyer's bank is at it, so that nobody can say now whether it will be paid
   */
  turnBack(element: PaymentElement, cause: Cause): Promise<'turned-back' | 'captured' | 'processing'> {
    throw new Error(`${element.id} ${cause.code}`);
  }
}
