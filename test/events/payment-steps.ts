import { expect } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { OrphansService } from '../../src/payments/orphans.service.js';
import { PaymentsService } from '../../src/payments/payments.service.js';
import { RefundsService } from '../../src/payments/refunds.service.js';
import { alone } from '../payments/payments-world.js';
import type { Provider } from '../simulator/provider.js';
import { fact, type Told } from './fact-types.js';

/** Does all that payments tell of. @returns what is to be told then */
export async function payCancelAndGiveBack(app: INestApplicationContext, provider: Provider): Promise<Told[]> {
  const payments = app.get(PaymentsService, { strict: false });
  const orphans = app.get(OrphansService, { strict: false });
  const refunds = app.get(RefundsService, { strict: false });
  return [
    ...(await payAndCancel(payments)),
    ...(await giveBack(payments, orphans, provider)),
    await refundTwice(refunds),
  ];
}

/** Has one payment captured and another one cancelled, each asked for twice. @returns what is to be told then */
async function payAndCancel(service: PaymentsService): Promise<Told[]> {
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

/** Has a part of the payment that is captured given back, asked for twice. @returns what is to be told then */
async function refundTwice(service: RefundsService): Promise<Told> {
  const refund = { id: 'rfd_1', title: 'arena', provider: 'stripe', purchase: 'pur_paid', currency: 'EUR' } as const;
  for (let times = 0; times < 2; times++) await service.refund([{ ...refund, amount: 200n }], alone);
  return fact('payment.returned', refund.purchase, {
    refund: refund.id,
    provider: 'stripe',
    reference: expect.stringMatching(/^re_/),
    currency: 'EUR',
    amount: '200',
  });
}

/** Has another amount captured than was agreed to, and all of it given back. @returns what is to be told then */
async function giveBack(service: PaymentsService, orphans: OrphansService, provider: Provider): Promise<Told[]> {
  const terms = { title: 'arena', provider: 'stripe', currency: 'EUR', amount: 499n, method: 'pm_card_visa' } as const;
  const wrong = { ...terms, id: 'pur_wrong' };
  const cause = { code: 'purchase-cancelled', detail: 'It was not wanted.' };
  await service.authorize([wrong], alone);
  await provider.fault({ on: { path: '/v1/payment_intents/*/capture' }, fault: 'wrong-amount', times: 1 });
  await service.capture([wrong], alone);
  await service.void([{ ...wrong, cause }], alone);
  await orphans.see(10);
  const data = { provider: 'stripe', reference: expect.stringMatching(/^pi_/), currency: 'EUR' };
  return [
    fact('payment.cancelled', wrong.id, { ...data, amount: '499', reason: cause }),
    fact('orphan.captured', wrong.id, { ...data, amount: '498' }),
    fact('orphan.returned', wrong.id, { ...data, amount: '498' }),
  ];
}
