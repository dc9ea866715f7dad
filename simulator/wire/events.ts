import type { EventRecord } from '../books/records.js';
import { isLive, type Wire } from './objects.js';

/** The version of the API that answers and events are of. */
export const apiVersion = '2026-10-28.endive';

const pathOfObject: Record<string, string> = {
  payment_intent: 'payment_intents',
  charge: 'charges',
  refund: 'refunds',
  dispute: 'disputes',
  payout: 'payouts',
  'radar.early_fraud_warning': 'radar/early_fraud_warnings',
};

/** @returns an event with the object as it was */
export function wireEvent(event: EventRecord, pendingWebhooks = 0): Wire {
  return {
    id: event.id,
    object: 'event',
    api_version: apiVersion,
    created: event.created,
    data: { object: event.object },
    livemode: isLive(event.account),
    pending_webhooks: pendingWebhooks,
    request: { id: event.request, idempotency_key: event.key },
    type: event.type,
  };
}

/** @returns the same event in its thin form, which names the object only */
export function wireThinEvent(event: EventRecord): Wire {
  const { id, object } = event.object;
  return {
    id: event.id,
    object: 'v2.core.event',
    context: null,
    created: new Date(event.created * 1000).toISOString(),
    livemode: isLive(event.account),
    reason: event.request && {
      type: 'request',
      request: { id: event.request, idempotency_key: event.key ?? '' },
    },
    related_object: { id, type: object, url: `/v1/${pathOfObject[object] ?? object}/${id}` },
    type: `v1.${event.type}`,
  };
}
