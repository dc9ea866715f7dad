import type { EventHint, EventKey, EventOutcome, ReceivedEvent } from './inbox.types.js';
import type { ProviderEvent } from './provider.types.js';

/** Printable ASCII, as ids of providers are, and no longer than the columns of `payments.inbox`. */
const idForm = /^[\x21-\x7e]{1,255}$/;

/** Moments that a timestamptz and a Date both have, in milliseconds since 1970. No provider was there before 2000. */
const earliest = Date.UTC(2000);
const latest = Date.UTC(9999);

/** Whether the inbox can store an event. A right signature does not say so, because a title can sign anything. */
export function isStorable({ id, type, reference, refund, createdAt }: ProviderEvent): boolean {
  const time = createdAt.getTime();
  const texts = [id, type, reference, refund].filter((text) => text !== null);
  return texts.every((text) => idForm.test(text)) && time >= earliest && time < latest;
}

/** What a storable event names. What has another form than the ids of ours and of providers names nothing. */
export function hintOf({ account, event }: ReceivedEvent): EventHint {
  const { id: eventId, reference, refund, purchase, outside } = event;
  return {
    ...account,
    eventId,
    reference,
    refund,
    purchase: purchase !== null && idForm.test(purchase) ? purchase : null,
    outside: outside !== null && idForm.test(outside.id) ? outside : null,
  };
}

/**
 * What became of each event of a list: its state where it was written now, else `duplicate`. Where several events of
 * the list have one key, the first of them is the one that was written.
 * @param written the keys of the events that were written now
 */
export function outcomesOf(received: readonly ReceivedEvent[], written: readonly EventKey[]): EventOutcome[] {
  const notYetMatched = new Set(written.map(keyText));
  return received.map(({ account, event, state }) =>
    // `delete` is true once for each key, so a later event with the same key is a duplicate.
    notYetMatched.delete(keyText({ ...account, eventId: event.id })) ? state : 'duplicate',
  );
}

function keyText({ title, provider, eventId }: EventKey): string {
  return JSON.stringify([title, provider, eventId]);
}
