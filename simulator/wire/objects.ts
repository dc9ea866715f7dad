import type { Books } from '../books/books.js';
import type { Charge, Dispute, Endpoint, FraudWarning, Intent, Payout, Refund, Transaction } from '../books/records.js';
import { paymentMethod } from '../money/methods.rules.js';

/** An object in Stripe's form. */
export interface Wire {
  id: string;
  object: string;
  [field: string]: unknown;
}

/** @returns whether a secret key is one of live money */
export function isLive(key: string): boolean {
  return key.startsWith('sk_live_') || key.startsWith('rk_live_');
}

/** @returns an intent, with `latest_charge` and without the charges that went before */
export function wireIntent(intent: Intent): Wire {
  const { id, account, status } = intent;
  return {
    id,
    object: 'payment_intent',
    amount: Number(intent.amount),
    amount_capturable: Number(intent.capturable),
    amount_details: { tip: {} },
    amount_received: Number(intent.received),
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: intent.canceledAt,
    cancellation_reason: intent.cancellationReason,
    capture_method: intent.captureMethod,
    client_secret: intent.clientSecret,
    confirmation_method: 'automatic',
    created: intent.created,
    currency: intent.currency,
    customer: null,
    description: intent.description,
    last_payment_error: intent.failure && { ...intent.failure, charge: intent.latestCharge ?? undefined },
    latest_charge: intent.latestCharge,
    livemode: isLive(account),
    metadata: intent.metadata,
    next_action: status === 'requires_action' ? nextAction(intent) : null,
    on_behalf_of: null,
    payment_method: intent.paymentMethod,
    payment_method_options: {},
    payment_method_types: [paymentMethod(intent.paymentMethod ?? '')?.type ?? 'card'],
    processing: status === 'processing' ? { type: paymentMethod(intent.paymentMethod ?? '')?.type ?? 'card' } : null,
    receipt_email: null,
    setup_future_usage: null,
    shipping: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status,
    transfer_data: null,
    transfer_group: null,
  };
}

function nextAction({ id, clientSecret }: Intent): unknown {
  return {
    type: 'use_stripe_sdk',
    use_stripe_sdk: { type: 'three_d_secure_redirect', source: id, client_secret: clientSecret },
  };
}

/** @returns a charge; its amounts are numbers of minor units, as on all objects */
export function wireCharge(charge: Charge): Wire {
  const method = paymentMethod(charge.paymentMethod);
  const details =
    method?.type === 'card'
      ? { card: { brand: method.brand, last4: method.last4, capture_before: charge.captureBefore ?? undefined } }
      : { [method?.type ?? 'card']: {} };
  return {
    id: charge.id,
    object: 'charge',
    amount: Number(charge.amount),
    amount_captured: Number(charge.captured),
    amount_refunded: Number(charge.refunded),
    balance_transaction: charge.transaction,
    captured: charge.captured > 0n,
    created: charge.created,
    currency: charge.currency,
    disputed: charge.disputed,
    failure_balance_transaction: null,
    failure_code: charge.failure?.code ?? null,
    failure_message: charge.failure?.message ?? null,
    livemode: isLive(charge.account),
    metadata: charge.metadata,
    outcome: {
      network_status: charge.failure === null ? 'approved_by_network' : 'declined_by_network',
      reason: charge.failure?.decline_code ?? null,
      type: charge.failure === null ? 'authorized' : 'issuer_declined',
    },
    paid: charge.status === 'succeeded',
    payment_intent: charge.intent,
    payment_method: charge.paymentMethod,
    payment_method_details: { type: method?.type ?? 'card', ...details },
    refunded: charge.captured > 0n && charge.refunded === charge.captured,
    status: charge.status,
  };
}

/** @returns a refund; one that waits says why */
export function wireRefund(refund: Refund): Wire {
  return {
    id: refund.id,
    object: 'refund',
    amount: Number(refund.amount),
    balance_transaction: refund.transaction,
    charge: refund.charge,
    created: refund.created,
    currency: refund.currency,
    ...(refund.failureReason !== null && { failure_reason: refund.failureReason }),
    metadata: refund.metadata,
    payment_intent: refund.intent,
    ...(refund.status === 'pending' && { pending_reason: 'processing' }),
    reason: refund.reason,
    receipt_number: null,
    status: refund.status,
  };
}

/** @returns a dispute with the movements that it has made */
export function wireDispute(books: Books, dispute: Dispute): Wire {
  const transactions = dispute.transactions.map((id) => wireTransaction(books.must('transaction', id)));
  return {
    id: dispute.id,
    object: 'dispute',
    amount: Number(dispute.amount),
    balance_transactions: transactions,
    charge: dispute.charge,
    created: dispute.created,
    currency: dispute.currency,
    evidence: {},
    evidence_details: { due_by: dispute.created + 14 * 86_400, has_evidence: false, past_due: false },
    is_charge_refundable: dispute.status.startsWith('warning_'),
    livemode: isLive(dispute.account),
    metadata: {},
    payment_intent: dispute.intent,
    reason: 'fraudulent',
    status: dispute.status,
  };
}

/** @returns an early fraud warning */
export function wireWarning(warning: FraudWarning): Wire {
  return {
    id: warning.id,
    object: 'radar.early_fraud_warning',
    actionable: true,
    charge: warning.charge,
    created: warning.created,
    fraud_type: 'made_with_stolen_card',
    livemode: isLive(warning.account),
    payment_intent: warning.intent,
  };
}

/** @returns a movement of the balance; `net` is what is left of it without the fee */
export function wireTransaction(transaction: Transaction): Wire {
  const { id, type, amount, fee, currency, source, created } = transaction;
  const fees =
    fee === 0n ? [] : [{ amount: Number(fee), currency, description: 'Processing fees', type: 'stripe_fee' }];
  return {
    id,
    object: 'balance_transaction',
    amount: Number(amount),
    available_on: created,
    created,
    currency,
    description: null,
    exchange_rate: null,
    fee: Number(fee),
    fee_details: fees,
    net: Number(amount - fee),
    reporting_category: type === 'adjustment' ? 'dispute' : type,
    source,
    status: 'available',
    type,
  };
}

/** @returns a payout */
export function wirePayout(payout: Payout): Wire {
  return {
    id: payout.id,
    object: 'payout',
    amount: Number(payout.amount),
    arrival_date: payout.created,
    automatic: true,
    balance_transaction: payout.transaction,
    created: payout.created,
    currency: payout.currency,
    livemode: isLive(payout.account),
    metadata: {},
    method: 'standard',
    status: 'paid',
    type: 'bank_account',
  };
}

/** @param withSecret only the answer that makes it says the secret */
export function wireEndpoint(endpoint: Endpoint, withSecret: boolean): Wire {
  return {
    id: endpoint.id,
    object: 'webhook_endpoint',
    api_version: null,
    application: null,
    created: endpoint.created,
    description: endpoint.description,
    enabled_events: endpoint.enabledEvents,
    livemode: isLive(endpoint.account),
    metadata: endpoint.metadata,
    ...(withSecret && { secret: endpoint.secret }),
    status: 'enabled',
    url: endpoint.url,
  };
}
