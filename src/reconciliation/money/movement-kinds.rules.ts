/** The kinds of movement on a balance that are of a charge, a refund or a dispute. */
const ofRecords = [
  'charge',
  'payment',
  'refund',
  'payment_refund',
  'refund_failure',
  'payment_failure_refund',
  'payment_reversal',
  'adjustment',
];

/** Those that are between the account and its provider or its bank. They are of no payment. */
const ofAccount = [
  'payout',
  'payout_cancel',
  'payout_failure',
  'payout_minimum_balance_hold',
  'payout_minimum_balance_release',
  'stripe_fee',
  'stripe_fx_fee',
  'tax_fee',
  'reserve_transaction',
  'reserved_funds',
  'reserve_hold',
  'reserve_release',
  'risk_reserved_funds',
];

/** Those that nothing of ours ever makes. */
const ofOthers = [
  'advance',
  'advance_funding',
  'anticipation_repayment',
  'application_fee',
  'application_fee_refund',
  'climate_order_purchase',
  'climate_order_refund',
  'connect_collection_transfer',
  'contribution',
  'inbound_transfer',
  'inbound_transfer_reversal',
  'payment_unreconciled',
  'topup',
  'topup_reversal',
  'transfer',
  'transfer_cancel',
  'transfer_failure',
  'transfer_refund',
];
const ofOthersBegin = ['issuing_', 'obligation_', 'payment_network_reserve_'];

/** Whose a kind of movement is, or undefined where nobody knows the kind. */
export function kindOf(type: string): 'record' | 'account' | 'other' | undefined {
  if (ofRecords.includes(type)) return 'record';
  if (ofAccount.includes(type)) return 'account';
  const isOther = ofOthers.includes(type) || ofOthersBegin.some((begin) => type.startsWith(begin));
  return isOther ? 'other' : undefined;
}
