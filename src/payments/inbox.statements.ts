import type { DataSource, EntityManager } from 'typeorm';
import { Parameters } from '../postgres/parameters.js';
import type { EventKey, NamedPayment, ReceivedEvent } from './inbox.types.js';

/**
 * Writes events that are not there yet, in the order of their keys, so that two calls wait for each other in one
 * direction alone. Of two events with the same key the first in the list is written.
 * @returns the keys of the events that were written now
 */
export async function insertEvents(tx: EntityManager, received: readonly ReceivedEvent[]): Promise<EventKey[]> {
  const parameters = new Parameters();
  const { names, rows } = parameters.columns({
    title: ['text', received.map(({ account }) => account.title)],
    provider: ['text', received.map(({ account }) => account.provider)],
    event: ['text', received.map(({ event }) => event.id)],
    type: ['text', received.map(({ event }) => event.type)],
    reference: ['text', received.map(({ event }) => event.reference)],
    mode: ['text', received.map(({ event }) => event.mode)],
    created_at: ['timestamptz', received.map(({ event }) => event.createdAt.toISOString())],
    body: ['bytea', received.map(({ body }) => body)],
    state: ['text', received.map(({ state }) => state)],
    place: ['int', received.map((_, place) => place)],
  });
  const columns = names.replace(/, place$/, '');
  return tx.query<EventKey[]>(
    `insert into payments.inbox (${columns})
     select ${columns} from ${rows} order by title collate "C", provider collate "C", event collate "C", place
     on conflict do nothing returning title, provider, event as "eventId"`,
    parameters.values,
  );
}

/** Those of the named payments that are ours, each once, with the id of its purchase. */
export async function readNamedPayments(
  dataSource: DataSource,
  named: readonly NamedPayment[],
): Promise<(NamedPayment & { id: string })[]> {
  const parameters = new Parameters();
  const { rows } = parameters.columns({
    title: ['text', named.map(({ title }) => title)],
    provider: ['text', named.map(({ provider }) => provider)],
    reference: ['text', named.map(({ reference }) => reference)],
  });
  return dataSource.query<(NamedPayment & { id: string })[]>(
    `select distinct p.id, p.title, p.provider, p.reference
     from ${rows} join payments.payments p using (title, provider, reference)`,
    parameters.values,
  );
}
