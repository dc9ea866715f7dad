import type { AccountKey } from './accounts.statements.js';
import type { ProviderEvent } from './provider.types.js';

/** What is believed of an event: one of another mode than its account is kept, and has no effect. */
export type InboxState = 'stored' | 'wrong-mode';

/** A verified event, with its body as it came. */
export interface ReceivedEvent {
  account: AccountKey;
  event: ProviderEvent;
  body: Buffer;
  state: InboxState;
}

/** By what an event is known: no other one of the account has the id. */
export type EventKey = AccountKey & { event: string };

/** What became of an event. `foreign` is one that was stored and names a payment that is not ours. */
export type EventOutcome = 'stored' | 'duplicate' | 'foreign' | 'wrong-mode';

/** A payment that an event names. */
export type NamedPayment = AccountKey & { reference: string };
