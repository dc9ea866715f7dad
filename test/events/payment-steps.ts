import { expect } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { OrphansService } from '../../src/payments/orphans.service.js';
import { PaymentsOutside } from '../../src/payments/outside.service.js';
import { PaymentsService } from '../../src/payments/payments.service.js';
import { RefundsService } from '../../src/payments/refunds.service.js';
import { PAYMENTS_DATABASE } from '../../src/postgres/data-sources.js';
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
    ...(await moveOutside(app, payments, provider)),
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

/** Has money move at the provider without our asking, in every way. @returns what is to be told then */
async function moveOutside(
  app: INestApplicationContext,
  service: PaymentsService,
  provider: Provider,
): Promise<Told[]> {
  const outside = app.get(PaymentsOutside, { strict: false });
  const source = app.get<DataSource>(PAYMENTS_DATABASE, { strict: false });
  const id = 'pur_moved';
  const act = async (name: string, reference: string, amount?: string): Promise<string> => {
    const changed = await provider.act<{ id: string }>(name, reference, amount);
    await source.query('update payments.outside_walks set due_at = now()');
    // An appeal moves no money, so an event alone has it looked at.
    await source.query(
      `insert into payments.outside_looks (title, provider, kind, about)
       select title, provider, 'intent', reference from payments.payments where id = $1
       on conflict (title, provider, kind, about) do update set due_at = now()`,
      [id],
    );
    for (let round = 0; round < 10; round++) if ((await outside.see(20)).looked === 0) break;
    return changed.id;
  };
  const terms = { title: 'arena', provider: 'stripe', currency: 'EUR', amount: 499n, method: 'pm_card_visa' } as const;
  await service.authorize([{ ...terms, id }], alone);
  await service.capture([{ ...terms, id }], alone);
  const refund = await act('dashboard-refund', id, '3');
  await act('buyer-fails', refund);
  const warning = await act('fraud-warning', id);
  const inquiry = await act('dispute-inquiry', id, '10');
  await act('dispute-lost', inquiry);
  const lost = await act('dispute-open', id, '20');
  for (const next of ['dispute-lost', 'dispute-appeal']) await act(next, lost);
  await act('dispute-won', lost);
  const prevented = await act('dispute-prevented', id, '30');
  const of = { provider: 'stripe', currency: 'EUR' };
  const state = (type: string, subject: string, amount: string): Told =>
    fact(`dispute.${type}`, subject, { ...of, purchase: id, amount, reason: 'fraudulent' });
  const moved = (type: string, subject: string, amount: string): Told =>
    fact(`dispute.${type}`, subject, { ...of, purchase: id, amount, reference: expect.stringMatching(/^txn_/) });
  return [
    fact('payment.captured', id, { ...of, amount: '499', reference: expect.stringMatching(/^pi_/) }),
    fact('payment.refunded-outside', id, { ...of, amount: '3', reference: refund }),
    fact('payment.outside-refund-failed', id, { ...of, amount: '3', reference: refund }),
    fact('payment.fraud-warned', id, {
      provider: 'stripe',
      reference: warning,
      fraud: 'made_with_stolen_card',
      actionable: true,
    }),
    state('inquired', inquiry, '10'),
    state('closed', inquiry, '10'),
    state('opened', lost, '20'),
    moved('withdrawn', lost, '20'),
    state('lost', lost, '20'),
    state('appealed', lost, '20'),
    state('won', lost, '20'),
    moved('reinstated', lost, '20'),
    state('opened', prevented, '30'),
    state('prevented', prevented, '30'),
    moved('withdrawn', prevented, '30'),
  ];
}
