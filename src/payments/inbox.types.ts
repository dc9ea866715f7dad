import type { AccountKey } from './accounts.statements.js';
import type { OutsideName } from './outside-port.types.js';
import type { ProviderEvent } from './provider.types.js';

/**
 * How an event is kept. An event with effect is `stored`. An event is `wrong-mode` where it is of test mode and its
 * account of live mode, or the other way round: it is kept, and has no effect.
 */
export type InboxState = 'stored' | 'wrong-mode';

/** A verified event, with its body as it came. */
export interface ReceivedEvent {
  account: AccountKey;
  event: ProviderEvent;
  body: Buffer;
  state: InboxState;
}

/** The key of an event. Its id is unique in its account. */
export type EventKey = AccountKey & { eventId: string };

/** What a stored event names. It is kept until it was acted on. */
export type EventHint = EventKey & {
  /** The provider's id of the intent. */
  reference: string | null;
  /** The provider's id of the refund. */
  refund: string | null;
  /** What Veltrix has said of the intent when it was made. */
  purchase: string | null;
  outside: OutsideName | null;
};

/**
 * What became of an event. A new event is kept, and its outcome is its state. `duplicate` was kept before, so nothing
 * was written. `foreign` is a stored event that names a payment or refund which is not ours; the service finds that out
 * later.
 */
export type EventOutcome = InboxState | 'duplicate' | 'foreign';

/** A refund that an event names, by the provider's id of it, for example `re_…`. */
export type NamedRefund = AccountKey & { refund: string };

/** A payment that an event names. Its reference is the provider's id of the intent, for example `pi_…`. */
export type NamedPayment = AccountKey & { reference: string };
