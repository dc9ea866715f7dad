/* What has moved at the provider without our asking: what its own books say of it, and what is kept and booked. */

/** A movement on the balance of an account at the provider. What has left is negative; the fee is beside it. */
export interface ProviderMovementRow {
  title: string;
  reference: string;
  type: string;
  /** The charge, the refund or the dispute that it is about. */
  source: string;
  intent: string;
  amount: string;
  fee: string;
  currency: string;
}

/** What the provider's own books say of a dispute. */
export interface ProviderDisputeRow {
  title: string;
  reference: string;
  intent: string;
  status: string;
}

/** What is kept of a movement. */
export interface OutsideRow {
  title: string;
  kind: string;
  reference: string;
  /** The id of its purchase. */
  payment: string;
  /** Whether it is said to be booked. */
  booked: boolean;
}

/** What is kept of a dispute. */
export interface DisputeRow {
  title: string;
  reference: string;
  payment: string;
  state: string;
}

export const outsideMovements = `
  select title, kind, reference, payment, booking_due_at is null as booked from payments.outside_movements`;

export const disputes = 'select title, reference, payment, state from payments.disputes';
