import type { EntityManager } from 'typeorm';
import { Parameters } from '../postgres/parameters.js';
import type { EventHint, EventKey } from './inbox.types.js';
import type { OutsideName } from './outside-port.types.js';

/* What stored events name and nobody has acted on yet. */

/** Takes what was not acted on in time. Nobody else does for ten seconds. */
export function takeHintsDue(manager: EntityManager, limit: number): Promise<EventHint[]> {
  return taken(manager, 'payments.hints h where h.due_at <= clock_timestamp() order by h.due_at limit $1', [limit]);
}

/** Takes what these events name, where it was not acted on in time. */
export function takeHintsOf(manager: EntityManager, events: readonly EventKey[]): Promise<EventHint[]> {
  const parameters = new Parameters();
  const from = `payments.hints h join ${keysIn(parameters, events)} using (title, provider, event)
    where h.due_at <= clock_timestamp()`;
  return taken(manager, from, parameters.values);
}

async function taken(manager: EntityManager, from: string, values: unknown[]): Promise<EventHint[]> {
  const rows = await manager.query<
    (Omit<EventHint, 'outside'> & { kind: OutsideName['kind'] | null; about: string })[]
  >(
    `with due as (
       select h.title, h.provider, h.event from ${from} for no key update of h skip locked
     ), taken as (
       update payments.hints h set due_at = clock_timestamp() + interval '10 seconds' from due
       where h.title = due.title and h.provider = due.provider and h.event = due.event
       returning h.title, h.provider, h.event, h.reference, h.refund, h.purchase, h.outside_kind, h.outside_about
     )
     select title, provider, event as "eventId", reference, refund, purchase, outside_kind as kind,
       outside_about as about
     from taken`,
    values,
  );
  return rows.map(({ kind, about, ...row }) => ({ ...row, outside: kind === null ? null : { kind, id: about } }));
}

/** Forgets what was acted on. What somebody takes just now is acted on once more. */
export async function endHints(manager: EntityManager, events: readonly EventKey[]): Promise<void> {
  if (events.length === 0) return;
  const parameters = new Parameters();
  await manager.query(
    `with over as (
       select h.title, h.provider, h.event
       from payments.hints h join ${keysIn(parameters, events)} using (title, provider, event)
       for update of h skip locked
     )
     delete from payments.hints h using over
     where h.title = over.title and h.provider = over.provider and h.event = over.event`,
    parameters.values,
  );
}

function keysIn(parameters: Parameters, events: readonly EventKey[]): string {
  return parameters.columns({
    title: ['text', events.map(({ title }) => title)],
    provider: ['text', events.map(({ provider }) => provider)],
    event: ['text', events.map(({ eventId }) => eventId)],
  }).rows;
}
