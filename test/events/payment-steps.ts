import { expect } from '@jest/globals';
import type { PaymentsService } from '../../src/payments/payments.service.js';
import { alone } from '../payments/payments-world.js';
import { fact, type Told } from './fact-types.js';

/** Has one payment captured and another one cancelled, each asked for twice. @returns what is to be told then */
export async function payAndCancel(service: PaymentsService): Promise<Told[]> {
  const terms = { title: 'arena', provider: 'stripe', currency: 'EUR', amount: 499n, method: 'pm_card_visa' } as const;
  const paid = { ...terms, id: 'pur_paid' };
  const cancelled = { ...terms, id: 'pur_cancelled' };
  const cause = { code: 'purchase-cancelled', detail: 'It was not wanted.' };
  await service.authorize([paid], alone);
  for (let times = 0; times < 2; times++) await service.capture([paid], alone);
  for (let times = 0; times < 2; times++) await service.void([{ ...cancelled, cause }], alone);
  const data = { provider: 'stripe', currency: 'EUR', amount: '499' };
  return [
    fact('payment.captured', paid.id, { ...data, reference: expect.stringMatching(/^pi_/) }),
    fact('payment.cancelled', cancelled.id, { ...data, reference: null, reason: cause }),
  ];
}
