/** The currency of every price in real money. */
export const currency = 'EUR';

/** How long a buyer may take, in seconds: short, so that buyers who do not pay are waited for in a short run. */
export const deadlineSeconds = 15;

/** How the buyer of a purchase in real money pays: by what, and what they do then. */
export interface Way {
  /** What the provider knows it by; missing where the buyer pays in a page of their own. */
  method?: string;
  /** What the buyer, or their bank, does once the payment waits for them. */
  act?: 'buyer-confirms' | 'buyer-fails';
  /** Whether the title cancels the purchase. */
  cancelled?: true;
  /** The ends of it that must come up in a run. */
  seen: string;
}

/** The ways to pay by their names. A name is kept in the record beside the order. */
export const ways = {
  card: { method: 'pm_card_visa', seen: 'completed' },
  'declined card': { method: 'pm_card_chargeDeclined', seen: 'declined' },
  'card that asks': { method: 'pm_card_authenticationRequired', act: 'buyer-confirms', seen: 'completed' },
  'own page': { act: 'buyer-confirms', seen: 'completed' },
  'own page that nobody sees': { seen: 'expired' },
  'own page of a cancelled purchase': { cancelled: true, seen: 'cancelled' },
  'card of a cancelled purchase': { method: 'pm_card_visa', cancelled: true, seen: 'cancelled' },
  bank: { method: 'pm_sepa_debit', act: 'buyer-confirms', seen: 'completed' },
  'bank that fails': { method: 'pm_sepa_debit', act: 'buyer-fails', seen: 'declined' },
} as const satisfies Record<string, Way>;
export type WayName = keyof typeof ways;

/** The way of an order in the record, or undefined where it is paid in virtual currency. */
export function wayOf(body: Record<string, unknown>): Way | undefined {
  return ways[body['way'] as WayName];
}

/** Whether a purchase that is paid like this can be declined. */
export function canBeDeclined({ method, act }: Way): boolean {
  return method === ways['declined card'].method || act === 'buyer-fails';
}

/** Whether anybody ever pays what is paid like this. */
export function isPaid(way: Way): boolean {
  return !canBeDeclined(way) && (way.method !== undefined || way.act !== undefined);
}

/** The key of the account of a title. */
export function secretKeyOf(title: string): string {
  return `sk_test_${title.replaceAll('-', '_')}`;
}
