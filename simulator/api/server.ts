import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Books } from '../books/books.js';
import { newId } from '../books/ids.js';
import { ApiError } from '../wire/api-error.js';
import { apiVersion } from '../wire/events.js';
import { parseForm } from '../wire/form.js';
import { eventRoutes } from './events.routes.js';
import { intentRoutes } from './intents.routes.js';
import { moneyRoutes } from './money.routes.js';
import { Pipeline, type Outgoing } from './pipeline.js';
import type { Route } from './route.js';

const secretKey = /^(?:sk|rk)_(?:test|live)_[A-Za-z0-9_-]{1,240}$/;

/** The API that Veltrix calls in the place of Stripe's. */
export function makeApi(books: Books): FastifyInstance {
  const server = fastify({ forceCloseConnections: true, routerOptions: { ignoreTrailingSlash: true } });
  const pipeline = new Pipeline(books);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  server.setErrorHandler((error, request, reply) => send(request, reply, asOutgoing(error), newId('req')));
  server.setNotFoundHandler((request) => {
    accountOf(request);
    const url = request.url.split('?')[0] ?? '';
    throw new ApiError(404, {
      type: 'invalid_request_error',
      message: `Unrecognized request URL (${request.method}: ${url}).`,
    });
  });
  for (const route of [...intentRoutes, ...moneyRoutes, ...eventRoutes]) {
    server.route({
      method: route.method,
      url: route.path,
      exposeHeadRoute: false,
      handler: (request, reply) => handle(pipeline, route, request, reply),
    });
  }
  return server;
}

async function handle(
  pipeline: Pipeline,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const account = accountOf(request);
  pipeline.admit(account);
  const requestId = newId('req');
  const [path = '', query = ''] = request.url.split('?', 2);
  const form = typeof request.body === 'string' ? request.body : '';
  const { id = '' } = request.params as { id?: string };
  try {
    const tree = parseForm(route.method === 'GET' ? query : form);
    const call = { requestId, method: route.method, path, account, key: keyOf(request), id, tree };
    const { outgoing, release } = await pipeline.answer(route, call);
    try {
      if (outgoing.fault?.fault === 'delay') await sleep(outgoing.fault.ms ?? 1000);
      return await send(request, reply, outgoing, requestId);
    } finally {
      release();
    }
  } catch (error) {
    return send(request, reply, asOutgoing(error), requestId);
  }
}

/** A key is sent as Bearer, or as the user of Basic, as `curl -u` does. */
function sentKey(header: string): string {
  const [, scheme = '', sent = ''] = /^(Bearer|Basic) (\S+)$/i.exec(header) ?? [];
  return scheme.toLowerCase() === 'basic' ? (Buffer.from(sent, 'base64').toString().split(':')[0] ?? '') : sent;
}

/** @throws ApiError 401 for what is no secret key */
function accountOf(request: FastifyRequest): string {
  const key = sentKey(request.headers.authorization ?? '');
  if (secretKey.test(key)) return key;
  const message =
    request.headers.authorization === undefined
      ? 'You did not provide an API key. Provide it in the Authorization header, as Bearer.'
      : 'Invalid API Key provided.';
  throw new ApiError(401, { type: 'invalid_request_error', message });
}

/** @throws ApiError 400 for a key that is too long */
function keyOf(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || key === '') return undefined;
  if (key.length > 255) throw ApiError.parameter('Idempotency keys have at most 255 characters.', 'idempotency_key');
  return key;
}

function asOutgoing(error: unknown): Outgoing {
  const plain = { isReplay: false, original: undefined, fault: undefined };
  if (error instanceof ApiError) {
    return { ...plain, status: error.status, body: JSON.stringify({ error: error.fields }) };
  }
  const { statusCode = 500, message } = error as { statusCode?: number; message: string };
  if (statusCode < 500) {
    return {
      ...plain,
      status: statusCode,
      body: JSON.stringify({ error: { type: 'invalid_request_error', message } }),
    };
  }
  console.error(error);
  const fields = { type: 'api_error', message: 'The simulator has a defect; see its output.' };
  return { ...plain, status: 500, body: JSON.stringify({ error: fields }) };
}

async function send(
  request: FastifyRequest,
  reply: FastifyReply,
  { status, body, isReplay, original, fault }: Outgoing,
  requestId: string,
): Promise<FastifyReply> {
  const key = request.headers['idempotency-key'];
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'request-id': requestId,
    'stripe-version': String(request.headers['stripe-version'] ?? apiVersion),
    ...(typeof key === 'string' && { 'idempotency-key': key }),
    ...(isReplay && { 'idempotent-replayed': 'true', 'original-request': original ?? requestId }),
    ...((status === 429 || status === 503) && { 'retry-after': String(Math.ceil((fault?.ms ?? 1000) / 1000)) }),
  };
  switch (fault?.fault) {
    case 'hang':
      return reply.hijack();
    case 'drop-before':
    case 'drop-after':
      reply.hijack();
      request.raw.socket.destroy();
      return reply;
    case 'truncate':
      reply.hijack();
      await sendHalf(reply, status, headers, body);
      return reply;
    case 'garbage':
      return reply.code(200).headers(headers).send('<html><body>Bad things happen to good answers.</body></html>');
    default:
      return reply.code(status).headers(headers).send(body);
  }
}

/** Promises the whole body, sends half of it, and cuts the connection. */
function sendHalf(reply: FastifyReply, status: number, headers: Record<string, string>, body: string): Promise<void> {
  const bytes = Buffer.from(body);
  reply.raw.writeHead(status, { ...headers, 'content-length': String(bytes.length) });
  return new Promise((resolve) => {
    reply.raw.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => {
      reply.raw.destroy();
      resolve();
    });
  });
}
