import { newId, randomText } from '../books/ids.js';
import type { Books } from '../books/books.js';
import type { EventRecord } from '../books/records.js';
import { ApiError } from '../wire/api-error.js';
import { wireEvent, wireThinEvent } from '../wire/events.js';
import { wireEndpoint } from '../wire/objects.js';
import { findOwned, listOwned, type Answer, type Asked, type Route } from './route.js';

/** Events, those who listen to them, and the account itself. */
export const eventRoutes: Route[] = [
  { method: 'GET', path: '/v1/events/:id', answer: retrieveEvent },
  { method: 'GET', path: '/v1/events', answer: listEvents },
  { method: 'GET', path: '/v2/core/events/:id', answer: retrieveThinEvent },
  { method: 'POST', path: '/v1/webhook_endpoints', answer: createEndpoint },
  { method: 'GET', path: '/v1/webhook_endpoints/:id', answer: retrieveEndpoint },
  { method: 'GET', path: '/v1/webhook_endpoints', answer: listEndpoints },
  { method: 'DELETE', path: '/v1/webhook_endpoints/:id', answer: deleteEndpoint },
  { method: 'GET', path: '/v1/account', answer: retrieveAccount },
];

function retrieveEvent({ actor, params, id }: Asked): Answer {
  const event = findOwned(actor, 'event', id, { object: 'event' });
  params.finish();
  return { body: wireEvent(event, pendingOf(actor.books, event)) };
}

function listEvents(asked: Asked): Answer {
  const { params, actor } = asked;
  const type = params.text('type');
  const types = params.list('types');
  const wanted = type === undefined ? types : [type];
  params.ignore('delivery_success');
  return listOwned(asked, 'event', '/v1/events', {
    wire: (event) => wireEvent(event, pendingOf(actor.books, event)),
    isWanted: (event) => wanted.length === 0 || wanted.some((one) => isOfType(event.type, one)),
  });
}

/** `charge.*` is every type that begins so. */
function isOfType(type: string, wanted: string): boolean {
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
}

function pendingOf(books: Books, event: EventRecord): number {
  return books.all('delivery').filter((delivery) => delivery.event === event.id).length;
}

function retrieveThinEvent({ actor, params, id }: Asked): Answer {
  const event = findOwned(actor, 'event', id, { object: 'event' });
  params.finish();
  return { body: wireThinEvent(event) };
}

function createEndpoint({ actor, params }: Asked): Answer {
  const url = params.needText('url');
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw ApiError.parameter('Invalid URL: An explicit scheme (such as https) must be provided.', 'url', 'url_invalid');
  }
  const enabledEvents = params.list('enabled_events');
  if (enabledEvents.length === 0) {
    throw ApiError.parameter('Missing required param: enabled_events.', 'enabled_events', 'parameter_missing');
  }
  const description = params.text('description') ?? null;
  const metadata = params.metadata();
  params.ignore('api_version', 'connect');
  params.finish();
  const endpoint = actor.books.put('endpoint', {
    id: newId('we'),
    account: actor.account,
    created: actor.now,
    url,
    secret: `whsec_${randomText(32)}`,
    enabledEvents,
    description,
    metadata,
  });
  return { body: wireEndpoint(endpoint, true), effect: 'created' };
}

function retrieveEndpoint({ actor, params, id }: Asked): Answer {
  const endpoint = findOwned(actor, 'endpoint', id, { object: 'webhook endpoint' });
  params.finish();
  return { body: wireEndpoint(endpoint, false) };
}

function listEndpoints(asked: Asked): Answer {
  return listOwned(asked, 'endpoint', '/v1/webhook_endpoints', { wire: (endpoint) => wireEndpoint(endpoint, false) });
}

function deleteEndpoint({ actor, params, id }: Asked): Answer {
  findOwned(actor, 'endpoint', id, { object: 'webhook endpoint' });
  params.finish();
  actor.books.remove('endpoint', id);
  for (const delivery of actor.books.all('delivery')) {
    if (delivery.endpoint === id) actor.books.remove('delivery', delivery.id);
  }
  return { body: { id, object: 'webhook_endpoint', deleted: true }, effect: 'deleted' };
}

function retrieveAccount({ actor, params }: Asked): Answer {
  params.finish();
  const { name: id, created } = actor.books.must('account', actor.account);
  return {
    body: {
      id,
      object: 'account',
      charges_enabled: true,
      country: 'DE',
      created,
      default_currency: 'eur',
      details_submitted: true,
      metadata: {},
      payouts_enabled: true,
      type: 'standard',
    },
  };
}
