import type { DataSource, EntityManager } from 'typeorm';
import { Parameters } from '../postgres/parameters.js';
import { hintOf } from './inbox.rules.js';
import type { EventKey, NamedPayment, ReceivedEvent } from './inbox.types.js';

/**
 * Writes events that are not there yet, in the order of their keys, so that two calls wait for each other in one
 * direction alone. Of two events with the same key the first in the list is written. What an event of the state
 * `stored` names is written beside it, and nobody else acts on it for ten seconds.
 * @returns the keys of the events that were written now
 */
export async function insertEvents(tx: EntityManager, received: readonly ReceivedEvent[]): Promise<EventKey[]> {
  const hints = received.map(hintOf);
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
    refund: ['text', hints.map(({ refund }) => refund)],
    purchase: ['text', hints.map(({ purchase }) => purchase)],
    outside_kind: ['text', hints.map(({ outside }) => outside?.kind ?? null)],
    outside_about: ['text', hints.map(({ outside }) => outside?.id ?? null)],
  });
  const columns = names.replace(/, place.*$/, '');
  const named = 'reference, refund, purchase, outside_kind, outside_about';
  return tx.query<EventKey[]>(
    `with given as (
       select distinct on (title collate "C", provider collate "C", event collate "C") * from ${rows}
       order by title collate "C", provider collate "C", event collate "C", place
     ), stored as (
       insert into payments.inbox (${columns})
       select ${columns} from given order by title collate "C", provider collate "C", event collate "C"
       on conflict do nothing returning title, provider, event
     ), hinted as (
       insert into payments.hints (title, provider, event, ${named})
       select title, provider, event, ${named} from stored join given using (title, provider, event)
       where state = 'stored' and coalesce(reference, refund, outside_about) is not null
     )
     select title, provider, event as "eventId" from stored`,
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
