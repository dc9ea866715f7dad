import type { Books } from '../books/books.js';
import { newId } from '../books/ids.js';
import type { WebhookSetting } from '../books/records.js';
import type { Wire } from '../wire/objects.js';

/** Who does something to the books of an account, and when. */
export interface Actor {
  books: Books;
  /** The secret key of the account. */
  account: string;
  /** Of a call of the API; null for a buyer, the dashboard or the bank. */
  request: string | null;
  key: string | null;
  now: number;
}

/** @returns how events of an account go out */
export function webhookSetting(books: Books, account: string): WebhookSetting {
  return books.get('webhooks', account) ?? books.get('webhooks', '*') ?? { id: '*', mode: 'on', kind: 'snapshot' };
}

/** Records an event, and what has to be delivered of it. */
export function tell({ books, account, request, key, now }: Actor, type: string, object: Wire): void {
  const event = books.put('event', { id: newId('evt'), account, created: now, type, object, request, key });
  const { mode, kind, ms } = webhookSetting(books, account);
  if (mode === 'off') return;
  const listening = books
    .all('endpoint')
    .filter((endpoint) => endpoint.account === account)
    .filter(({ enabledEvents }) => enabledEvents.includes('*') || enabledEvents.includes(type));
  const at = Date.now();
  for (const { id: endpoint } of listening) {
    books.put('delivery', {
      id: newId('del'),
      event: event.id,
      endpoint,
      mode,
      kind,
      ms: ms ?? (mode === 'delay' ? 2000 : 300),
      attempts: 0,
      firstAt: at,
      nextAt: mode === 'delay' ? at + (ms ?? 2000) : at,
    });
  }
}
