import type { EventKey, EventOutcome, ReceivedEvent } from './inbox.types.js';
import type { ProviderEvent } from './provider.types.js';

const word = /^[\x21-\x7e]{1,255}$/;
const earliest = Date.UTC(2000);
const latest = Date.UTC(9999);

/** Whether the inbox can hold it. A title can sign whatever it likes, so a signature says nothing of that. */
export function isStorable({ id, type, reference, createdAt }: ProviderEvent): boolean {
  const time = createdAt.getTime();
  return [id, type, reference ?? 'none'].every((text) => word.test(text)) && time >= earliest && time < latest;
}

/**
 * What became of each event of a list.
 * @param stored the keys of those that were stored now; where several of the list have one key, the first was
 */
export function outcomesOf(received: readonly ReceivedEvent[], stored: readonly EventKey[]): EventOutcome[] {
  const left = new Set(stored.map(nameOf));
  return received.map(({ account, event, state }) =>
    left.delete(nameOf({ ...account, event: event.id })) ? state : 'duplicate',
  );
}

function nameOf({ title, provider, event }: EventKey): string {
  return JSON.stringify([title, provider, event]);
}
