import type { RefundsService } from '../src/payments/refunds.service.js';
import type { RefundCommands } from './payment.activities.js';

/** The commands on refunds in the words of the contracts. Amounts become bigint here. */
export function refundCommands(refunds: RefundsService): RefundCommands {
  return {
    refund: () => refunds.refund(),
    cancel: () => refunds.refund(),
    kept: () => refunds.refund(),
  };
}
